// The network as the source of the page's frames: what a server does for `panogen view`, done on the reader's own
// graphics processor.

import { Engine } from "./engine.js";
import { Refused, opened } from "./model.js";
import { Scene } from "./scene.js";

const SHRUNK = 4; // times fewer pixels a side in a coarse picture
const REST_MS = 400; // without a newer look, after which every pixel is computed
const LONG_MS = 2 ** 30; // what timers can hold
const SMOOTH_MS = 30; // that a foveated frame should take
const SLOW_MS = 120; // and beyond which a coarse one comes first
const COARSEST = 3; // times as far apart as the eye can tell may samples lie to keep up
const SLICE_MS = 25; // of a whole picture between two looks around
const FEWEST = 4096; // points in a slice
const MOST = 2 ** 17;
const LARGEST_SAVED = 2 ** 24; // pixels
const AGAIN_MS = 500; // after the graphics processor is gone, until the first try, and twice as long until each next
const LAST_MS = 32_000;

export class Source {
  constructor(on) {
    Object.assign(this, { on, engine: null, newest: null, number: 0, wake: null, saving: null });
    this.pointsAMs = 20; // computed; learnt from every frame
    this.coarser = 1;
    this.begin();
  }

  get ready() {
    return this.engine !== null;
  }

  // Ask for a look, and return its number.
  ask(look) {
    this.newest = { ...look, number: ++this.number, at: performance.now() };
    this.wake?.();
    return this.number;
  }

  say(kind, what = {}) {
    if (kind === "save" && this.ready) this.saving = { ...what, cancelled: false };
    if (kind === "cancel" && this.saving) this.saving.cancelled = true;
    this.wake?.();
  }

  async begin() {
    try {
      if (!isSecureContext) throw new Refused("Browsers compute this picture for pages from https or localhost alone.");
      Object.assign(this, await opened(new URL("../", import.meta.url)));
      await this.open();
    } catch (error) {
      this.fail(error);
    }
  }

  async open() {
    const engine = await Engine.create(this.model);
    engine.device.lost.then(() => this.lost(engine));
    engine.device.onuncapturederror = ({ error }) =>
      this.on.error({ message: `The graphics processor reports: ${error.message}` });
    this.engine = engine;
    this.on.state(true);
    if (this.newest) this.newest.number = ++this.number;
    this.on.hello(this.about.hello);
    await this.run(engine);
  }

  fail(error) {
    console.info(error);
    const sentence = error instanceof Refused ? error.message : `The picture cannot be computed here: ${error.message}`;
    this.on.state(false, sentence);
    if (!this.number) showStill(sentence); // nothing was ever shown
  }

  // A device goes when its driver is updated, or a laptop changes graphics processors. Another one may come.
  lost(engine) {
    if (engine !== this.engine) return;
    this.engine = null;
    this.wake?.();
    this.on.state(false, "The graphics processor is gone; the picture goes on when it is back.");
    this.comeBack(AGAIN_MS);
  }

  comeBack(pause) {
    const again = (error) => {
      console.info(error);
      if (pause < LAST_MS) this.comeBack(2 * pause);
      else this.on.state(false, "The graphics processor has not come back; load the page again.");
    };
    setTimeout(() => this.open().catch(again), pause);
  }

  // --- Frames ---

  // Paint the newest look better and better, until it is whole.
  async run(engine) {
    let done = { number: 0, level: -1 };
    while (engine === this.engine) {
      const look = this.newest;
      try {
        done = await this.better(engine, look, done);
      } catch (error) {
        if (engine !== this.engine) return;
        this.on.error({ message: error.message });
        done = { number: look?.number, level: 2 };
      }
    }
  }

  // The next picture of a look, after what is `done`; or a file, or a rest.
  async better(engine, look, done) {
    const painted = look?.number === done.number;
    if (this.saving) await this.save(engine);
    else if (!look || (painted && done.level === 2)) await this.rest();
    else if (painted && done.level === 1) return this.whole(engine, look, done);
    else return this.first(engine, look);
    return done;
  }

  rest(milliseconds = LONG_MS) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // The first picture of a look: foveated, or coarse where that would take long.
  async first(engine, look) {
    await engine.settle(look);
    const scene = new Scene(this.model.chart, look);
    if (look.foveated) {
      const expected = (this.samples ?? 0.1 * scene.pixels) / this.pointsAMs;
      if (expected > SLOW_MS && look !== this.coarse) {
        this.coarse = look;
        await this.shrunk(engine, look, "coarse");
        if (look !== this.newest) return { number: look.number, level: 0 };
      }
      return this.foveated(engine, look, scene);
    }
    await this.shrunk(engine, look, "even");
    return { number: look.number, level: 1 };
  }

  async shrunk(engine, look, name) {
    const side = (pixels) => Math.max(2, 2 * Math.round(pixels / SHRUNK / 2));
    const scene = new Scene(this.model.chart, { ...look, width: side(look.width), height: side(look.height) });
    const start = performance.now();
    for (let at = 0; at < scene.pixels; at += MOST) engine.computePixels(scene, at, Math.min(MOST, scene.pixels - at));
    const bitmap = await engine.bitmap(scene);
    const milliseconds = this.took(start, scene.pixels);
    const pixels = new Scene(this.model.chart, look).pixels;
    this.on.frame(
      { number: look.number, level: name === "even" ? 1 : 0, name, samples: scene.pixels, pixels, milliseconds },
      bitmap,
    );
  }

  async foveated(engine, look, scene) {
    const start = performance.now();
    const seen = scene.lookedAt(look.gaze_x, look.gaze_y, this.coarser);
    const [samples, bitmap] = await Promise.all([engine.computeFoveated(scene, seen, look.heat), engine.bitmap(scene)]);
    const milliseconds = this.took(start, samples);
    this.samples = samples;
    this.coarser = Math.max(1, Math.min(COARSEST, this.coarser * (milliseconds / SMOOTH_MS) ** 0.3));
    this.on.frame(
      { number: look.number, level: 1, name: "foveated", samples, pixels: scene.pixels, milliseconds },
      bitmap,
    );
    return { number: look.number, level: look.heat ? 2 : 1 }; // a heat map shows what is sampled, and stays
  }

  // Every pixel, in slices between which a newer look is seen to; the picture comes when it is whole.
  async whole(engine, look, done) {
    const rested = look.at + REST_MS - performance.now();
    if (rested > 0) {
      await this.rest(rested);
      return done;
    }
    const scene = new Scene(this.model.chart, look);
    const start = performance.now();
    const newer = () => look !== this.newest || this.saving;
    if (!(await this.inSlices(engine, scene, newer))) return done;
    const bitmap = await engine.bitmap(scene);
    const header = { number: look.number, level: 2, name: "full", samples: scene.pixels, pixels: scene.pixels };
    this.on.frame({ ...header, milliseconds: performance.now() - start }, bitmap);
    return { number: look.number, level: 2 };
  }

  // Compute a scene as long as `stop` does not say so; returns whether it is whole.
  async inSlices(engine, scene, stop, told = () => {}) {
    for (let at = 0; at < scene.pixels;) {
      const count = Math.min(
        scene.pixels - at,
        Math.max(FEWEST, Math.min(MOST, Math.round(this.pointsAMs * SLICE_MS))),
      );
      const start = performance.now();
      engine.computePixels(scene, at, count);
      await engine.device.queue.onSubmittedWorkDone();
      this.took(start, count);
      at += count;
      told(at / scene.pixels);
      if (engine !== this.engine || stop()) return false;
    }
    return true;
  }

  took(start, points) {
    const milliseconds = Math.max(0.1, performance.now() - start);
    this.pointsAMs += 0.3 * (points / milliseconds - this.pointsAMs);
    return milliseconds;
  }

  // --- Saving ---

  async save(engine) {
    const { saving } = this;
    try {
      const scene = new Scene(this.model.chart, checked(saving));
      engine.checkSides(scene);
      if (scene.pixels > LARGEST_SAVED) {
        throw new Refused(
          `a picture here may have at most ${LARGEST_SAVED} pixels, got ${scene.columns} x ${scene.rows}; panogen render makes larger ones`,
        );
      }
      await engine.settle(saving);
      const told = (share) => this.on.saving({ share });
      const pixels = await engine.withMemory(async () => {
        const whole = await this.inSlices(engine, scene, () => saving.cancelled, told);
        return whole ? engine.pixels(scene) : null;
      });
      if (!pixels) return this.on.saved({});
      const canvas = new OffscreenCanvas(scene.columns, scene.rows);
      canvas.getContext("2d").putImageData(new ImageData(pixels, scene.columns), 0, 0);
      const type = saving.suffix === ".png" ? "image/png" : "image/jpeg";
      const blob = await canvas.convertToBlob({ type, quality: 0.95 });
      this.on.file({ suffix: saving.suffix }, new Uint8Array(await blob.arrayBuffer()));
    } catch (error) {
      this.on.saved({ message: error.message });
    } finally {
      this.saving = null;
    }
  }
}

// A view to be saved, if it has a size. Raises Refused.
function checked(saving) {
  const { projection, width, height } = saving;
  const sides = projection === "perspective" ? { width, height } : { width };
  for (const [name, side] of Object.entries(sides)) {
    if (!Number.isInteger(side) || side < 1) throw new Refused(`${name} must be a whole number, at least 1, got ${side}`);
  }
  if (projection === "equirectangular" && width % 2)
    throw new Refused(`width must be even for an equirectangular picture, got ${width}`);
  return saving;
}
