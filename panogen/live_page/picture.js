// The picture on the canvas, where the gaze is, and the meter of what it was made of.

const GROUND = "#0a0c0f"; // around a panorama
const RATE_MS = 500;

export class Picture {
  // `$` finds an element by its id. What is shown is told in the data of the canvas, too.
  constructor($) {
    this.$ = $;
    this.canvas = $("picture");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.bitmap = null;
    this.isLens = true;
    this.drawn = []; // times of the frames of the last second
    setInterval(() => this.showRate(), RATE_MS);
  }

  // The newest look, and whether it is a lens view.
  expect(number, isLens) {
    this.canvas.dataset.asked = number;
    this.isLens = isLens;
  }

  mark(x, y) {
    this.$("gaze").style.transform = `translate(${x}px, ${y}px)`;
  }

  // Where the frame is in the window: a lens view fills it, a panorama lies in it.
  place() {
    const { width, height } = this.bitmap ?? { width: innerWidth, height: innerHeight };
    const scale = (this.isLens ? Math.max : Math.min)(innerWidth / width, innerHeight / height);
    const [wide, high] = [width * scale, height * scale];
    return { x: (innerWidth - wide) / 2, y: (innerHeight - high) / 2, width: wide, height: high };
  }

  draw() {
    const [width, height] = [innerWidth, innerHeight].map((side) => Math.round(side * devicePixelRatio));
    const { canvas, context } = this;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.imageSmoothingQuality = "high";
    context.fillStyle = GROUND;
    context.fillRect(0, 0, innerWidth, innerHeight);
    if (!this.bitmap) return;
    const { x, y, width: wide, height: high } = this.place();
    context.drawImage(this.bitmap, x, y, wide, high);
  }

  show(header, bitmap) {
    this.bitmap?.close();
    this.bitmap = bitmap;
    this.draw();
    this.drawn.push(performance.now());
    const { number, level, name, samples, pixels, milliseconds } = header;
    Object.assign(this.canvas.dataset, { number, level, name });
    this.$("samples").textContent = samples.toLocaleString("en");
    this.$("share-sampled").textContent = `${((100 * samples) / pixels).toPrecision(3)} %`;
    this.$("milliseconds").textContent = Math.round(milliseconds);
    this.$("quality").textContent = name;
    this.$("gaze").classList.toggle("on", name === "foveated");
    this.showRate();
  }

  showRate() {
    const now = performance.now();
    while (this.drawn.length && this.drawn[0] < now - 1000) this.drawn.shift();
    this.$("rate").textContent = this.drawn.length;
  }
}
