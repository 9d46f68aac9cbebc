// The network on the reader's graphics processor: from places and scenes to pictures.

import { Refused } from "./model.js";
import { COLUMNS, PLACES, ROWS, SOFTNESS, STEPS, meanShare, pace, placeOf } from "./place.js";
import { Scene } from "./scene.js";
import { pointsTogether, shadersOf } from "./shaders.js";

const MOST_POINTS = 2 ** 18; // in a slice of a picture; of a foveated one as many as it has
const MOST_GROUPS = 65_535; // that are dispatched in one go
const POINT_FLOATS = 8;
const FORMAT = "rgba8unorm";

export class Engine {
  // Raises Refused where there is no WebGPU, or no graphics processor for it.
  static async create(model) {
    if (!navigator.gpu)
      throw new Refused(
        "This browser has no WebGPU, which the live picture needs: Chrome, Edge, Safari 26 and Firefox on Windows have it.",
      );
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) throw new Refused("This browser's WebGPU, which the live picture needs, finds no graphics processor.");
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits; // of pictures
    const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
    const engine = new Engine(model, device);
    await engine.prepare();
    return engine;
  }

  constructor(model, device) {
    Object.assign(this, { model, device, place: null, colours: null, key: null });
    this.points = pointsTogether(model);
  }

  async prepare() {
    const { device, model } = this;
    const shaders = await shadersOf(model, this.points);
    const [points, network, show] = await Promise.all(
      [shaders.points, shaders.network, shaders.show].map((code) => this.module(code)),
    );
    const compute = (module, entryPoint) =>
      device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint } });
    const [pixels, fovea, rings, fit, network_, show_] = await Promise.all([
      ...["pixels", "fovea", "rings", "fit"].map((name) => compute(points, name)),
      compute(network, "compute"),
      device.createRenderPipelineAsync({
        layout: "auto",
        vertex: { module: show, entryPoint: "corner" },
        fragment: { module: show, entryPoint: "colour", targets: [{ format: FORMAT }] },
      }),
    ]);
    this.pipelines = { pixels, fovea, rings, fit, network: network_, show: show_ };
    const { STORAGE, COPY_DST, COPY_SRC, UNIFORM, INDIRECT } = GPUBufferUsage;
    this.buffers = {
      view: this.buffer(208, UNIFORM | COPY_DST),
      points: this.buffer(MOST_POINTS * POINT_FLOATS * 4, STORAGE | COPY_DST),
      found: this.buffer(16, STORAGE | INDIRECT | COPY_DST | COPY_SRC),
      paces: this.buffer(2 * PLACES * 4, STORAGE | COPY_DST),
      learned: this.filled(model.learned),
      weights: this.filled(model.weights),
      styles: this.buffer(8 * model.stylesCount, STORAGE | COPY_DST),
      outputs: this.buffer(16 * model.outputsCount, STORAGE | COPY_DST),
    };
  }

  // A shader that compiles; raises Error, which says why, where it does not.
  async module(code) {
    const module = this.device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    const wrong = messages.find(({ type }) => type === "error");
    if (wrong) throw new Error(`${wrong.message}, in ${code.split("\n")[wrong.lineNum - 1]}`);
    return module;
  }

  buffer(size, usage) {
    return this.device.createBuffer({ size, usage });
  }

  filled(values) {
    const buffer = this.buffer(values.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  // Room for the colours of a picture and of rings around it. Raises Refused where that is more than the device takes.
  makeRoom(count) {
    if (this.colours && this.colours.size >= 16 * count) return;
    const most = Math.floor(
      Math.min(this.device.limits.maxStorageBufferBindingSize, this.device.limits.maxBufferSize) / 16,
    );
    if (count > most)
      throw new Refused(`this graphics processor takes at most ${most} pixels, got ${count}; make the picture smaller`);
    this.colours?.destroy();
    this.colours = this.buffer(16 * count, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
  }

  // And for the points that it is computed at.
  makePoints(count) {
    const size = Math.min(count, MOST_GROUPS * this.points) * POINT_FLOATS * 4;
    if (this.buffers.points.size >= size) return;
    this.buffers.points.destroy();
    this.buffers.points = this.buffer(size, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  }

  // What some work gives. Raises Refused where memory was wanting: a device says that to those alone who ask.
  async withMemory(work) {
    this.device.pushErrorScope("out-of-memory");
    let wanting;
    let given;
    try {
      given = await work();
    } finally {
      wanting = await this.device.popErrorScope();
    }
    if (wanting) throw new Refused("this graphics processor has too little memory; make the picture smaller");
    return given;
  }

  // Raises Refused for sides that no texture has.
  checkSides({ columns, rows }) {
    const most = this.device.limits.maxTextureDimension2D;
    if (Math.max(columns, rows) > most)
      throw new Refused(`this graphics processor takes at most ${most} pixels a side, got ${columns} x ${rows}`);
  }

  // Show the place of a look from now on.
  async settle(look) {
    const { seed, other, layout, share, truncation, blend } = look;
    const key = JSON.stringify([seed, other, layout ?? null, share, truncation, blend ?? null]);
    if (key === this.key) return;
    const place = placeOf(this.model, look);
    const { styles, outputs } = this.model.folded(place.first, place.second);
    this.device.queue.writeBuffer(this.buffers.styles, 0, styles);
    this.device.queue.writeBuffer(this.buffers.outputs, 0, outputs);
    if (place.around) await this.findPaces(place);
    Object.assign(this, { place, key });
  }

  // --- What is dispatched ---

  bind(pipeline, buffers) {
    const entries = Object.entries(buffers).map(([binding, buffer]) => ({
      binding: Number(binding),
      resource: { buffer },
    }));
    return this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }

  dispatch(pass, name, buffers, groups) {
    const pipeline = this.pipelines[name];
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.bind(pipeline, buffers));
    if (groups === undefined) pass.dispatchWorkgroupsIndirect(this.buffers.found, 0);
    else if (groups) pass.dispatchWorkgroups(groups);
  }

  dispatchNetwork(pass) {
    const { view, points, found, learned, weights, styles, outputs } = this.buffers;
    const used = { 0: view, 1: points, 2: found, 3: learned, 4: weights, 5: styles, 6: outputs, 7: this.colours };
    if (!this.model.noises.length) delete used[0];
    if (!this.model.fourier.count && !this.model.table.count) delete used[3];
    this.dispatch(pass, "network", used);
  }

  // Have what dispatches of a pass compute, in their order.
  compute(dispatches) {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    dispatches(pass);
    this.dispatchNetwork(pass);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  // Compute some pixels of a scene.
  computePixels(scene, start, count) {
    const { view, points, found, paces } = this.buffers;
    const { queue } = this.device;
    this.makeRoom(scene.pixels);
    queue.writeBuffer(view, 0, scene.uniform(this.place, { start, count }));
    queue.writeBuffer(found, 0, new Uint32Array([Math.ceil(count / this.points), 1, 1, count]));
    this.compute((pass) => this.dispatch(pass, "pixels", { 0: view, 1: points, 3: paces }, Math.ceil(count / 64)));
  }

  // Compute what is seen of a scene by an eye that rests somewhere; returns how many samples that were.
  async computeFoveated(scene, foveated, heat) {
    const { queue } = this.device;
    const onRings = foveated.rings * foveated.points;
    this.makeRoom(scene.pixels + onRings);
    this.makePoints(foveated.box[2] * foveated.box[3] + onRings);
    const { view, points, found, paces } = this.buffers;
    queue.writeBuffer(view, 0, scene.uniform(this.place, { foveated, heat }));
    queue.writeBuffer(found, 0, new Uint32Array(4));
    const used = { 0: view, 1: points, 2: found, 3: paces };
    this.compute((pass) => {
      this.dispatch(pass, "fovea", used, Math.ceil((foveated.box[2] * foveated.box[3]) / 64));
      this.dispatch(pass, "rings", used, Math.ceil(onRings / 64));
      this.dispatch(pass, "fit", { 1: points, 2: found }, 1);
    });
    return new Uint32Array(await this.read(found, 16))[3];
  }

  // Draw what was computed last into a texture.
  draw(texture) {
    const encoder = this.device.createCommandEncoder();
    const attachment = { view: texture.createView(), loadOp: "clear", storeOp: "store" };
    const pass = encoder.beginRenderPass({ colorAttachments: [attachment] });
    pass.setPipeline(this.pipelines.show);
    pass.setBindGroup(0, this.bind(this.pipelines.show, { 0: this.buffers.view, 1: this.colours }));
    pass.draw(3);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }

  async read(buffer, size) {
    const copy = this.buffer(size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    const content = copy.getMappedRange().slice(0);
    copy.destroy();
    return content;
  }

  // What was computed last, as a bitmap.
  async bitmap(scene) {
    const { columns, rows } = scene;
    this.canvas ??= new OffscreenCanvas(columns, rows);
    Object.assign(this.canvas, { width: columns, height: rows });
    const context = this.canvas.getContext("webgpu");
    context.configure({ device: this.device, format: FORMAT, alphaMode: "opaque" });
    this.draw(context.getCurrentTexture());
    await this.device.queue.onSubmittedWorkDone();
    return this.canvas.transferToImageBitmap();
  }

  // Pixels (rows, columns, 4) of what was computed last, 8 bits each. Raises Refused for sides that no texture has.
  async pixels(scene) {
    const { columns, rows } = scene;
    this.checkSides(scene);
    const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
    const texture = this.device.createTexture({ size: [columns, rows], format: FORMAT, usage });
    this.draw(texture);
    const bytesPerRow = Math.ceil(columns / 64) * 256;
    const copy = this.buffer(bytesPerRow * rows, GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC);
    const encoder = this.device.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer: copy, bytesPerRow }, [columns, rows]);
    this.device.queue.submit([encoder.finish()]);
    const padded = new Uint8ClampedArray(await this.read(copy, bytesPerRow * rows));
    texture.destroy();
    copy.destroy();
    const pixels = new Uint8ClampedArray(4 * columns * rows);
    for (let row = 0; row < rows; row++) {
      pixels.set(padded.subarray(row * bytesPerRow, row * bytesPerRow + 4 * columns), 4 * columns * row);
    }
    return pixels;
  }

  // --- The pace of a blend ---

  // Ask the network how fast each column changes where the two places meet, and give the blend its paces.
  async findPaces(place) {
    const colours = [];
    for (let step = 0; step <= STEPS; step++) colours.push(await this.meetings(place, step / STEPS));
    const tables = [0, 1].map((change) =>
      pace(
        Array.from({ length: STEPS }, (_, step) =>
          Array.from({ length: COLUMNS }, (_, column) => rate(colours[step], colours[step + 1], change, column)),
        ),
      ),
    );
    this.device.queue.writeBuffer(this.buffers.paces, 0, new Float32Array(tables.flat()));
    place.meanShare = meanShare(tables);
  }

  // Colours (2 changes, COLUMNS, ROWS, 4) of points in both changes with a share of the place that comes.
  async meetings(place, share) {
    const { chart } = this.model;
    const rows = new Scene(chart, { projection: "cylindrical", width: COLUMNS, yaw_deg: 0, fov_deg: 90 });
    rows.rows = ROWS;
    const count = 2 * COLUMNS * ROWS;
    const floats = new Float32Array(count * POINT_FLOATS);
    const words = new Uint32Array(floats.buffer);
    for (let i = 0; i < count; i++) {
      const [change, column, row] = [Math.floor(i / COLUMNS / ROWS), Math.floor(i / ROWS) % COLUMNS, i % ROWS];
      const azimuth = Math.PI * (change + 0.5 + SOFTNESS * ((column + 0.5) / COLUMNS - 0.5));
      const elevation = rows.rowElevation(row);
      const [level, up] = [Math.cos(elevation), Math.sin(elevation)];
      const apart = chart.kind === "sphere" ? smoothstep(2 * level) : 1; // towards the poles places meet
      const own = 0.5 + apart * ((change ? 1 - share : share) - 0.5);
      floats.set(
        [level * Math.sin(azimuth), up, level * Math.cos(azimuth), (2 * rows.band) / ROWS, own],
        i * POINT_FLOATS,
      );
      words[i * POINT_FLOATS + 5] = i;
    }
    this.makeRoom(count);
    const { queue } = this.device;
    queue.writeBuffer(this.buffers.view, 0, rows.uniform(place, {}));
    queue.writeBuffer(this.buffers.points, 0, floats);
    queue.writeBuffer(this.buffers.found, 0, new Uint32Array([Math.ceil(count / this.points), 1, 1, count]));
    this.compute(() => {});
    return new Float32Array(await this.read(this.colours, 16 * count));
  }
}

function smoothstep(t) {
  const clipped = Math.max(0, Math.min(1, t));
  return clipped * clipped * (3 - 2 * clipped);
}

// Mean change of the colours of a column from one step of the way to the next, for the whole way.
function rate(before, after, change, column) {
  const clamp = (value) => Math.max(-1, Math.min(1, value));
  let sum = 0;
  for (let row = 0; row < ROWS; row++) {
    const at = 4 * ((change * COLUMNS + column) * ROWS + row);
    for (let c = 0; c < 3; c++) sum += Math.abs(clamp(after[at + c]) - clamp(before[at + c]));
  }
  return (sum / (3 * ROWS)) * STEPS;
}
