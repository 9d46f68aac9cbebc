// A model: config.json and model.safetensors as panogen writes them, checked, and laid out for the shaders.

export class Refused extends Error {}

const PADDING = 64; // channels come in so many; in twice as many where a layer is wide
const WIDE = 256;
const GAIN = Math.SQRT2; // of every leaky ReLU
const DEMODULATION_EPS = 1e-8;
const MAPPING_RATE = 0.01; // multiplier of the mapping's learning rate, folded into its weights
const NONE = { count: 0, at: 0, channels: 0, rows: 1, columns: 1, fading: false };

// Fetch what live.json in a folder says, and the model that it goes with.
export async function opened(folder) {
  const about = parsed(await fetched(folder, "live.json"));
  const [config, weights] = await Promise.all(
    ["model/config.json", "model/model.safetensors"].map((name) => fetched(folder, name)),
  );
  if ((await hashed(weights)) !== about.sha256) {
    throw new Refused(
      "The model's file model.safetensors is not the one that this page was made with: it was cut off or changed. Copy the folder again.",
    );
  }
  return { about, model: new Model(parsed(config), tensorsOf(weights)) };
}

const parsed = (buffer) => JSON.parse(new TextDecoder().decode(buffer));

async function fetched(folder, name) {
  const answer = await fetch(new URL(name, folder)).catch(() => null);
  if (!answer?.ok)
    throw new Refused(`The page's file ${name} could not be loaded. Copy the folder again, with all that is in it.`);
  return answer.arrayBuffer();
}

async function hashed(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Tensors of a safetensors file, by name: their shape and values.
export function tensorsOf(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  delete header.__metadata__;
  const tensors = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [start, stop],
    },
  ] of Object.entries(header)) {
    if (dtype !== "F32") throw new Refused(`The model's tensor ${name} must be F32, got ${dtype}.`);
    tensors[name] = { shape, values: new Float32Array(buffer.slice(8 + length + start, 8 + length + stop)) };
  }
  return tensors;
}

export class Model {
  constructor({ chart, generator }, tensors) {
    Object.assign(this, { chart, generator, tensors });
    this.mapping = Array.from({ length: generator.mapping_layers }, (_, i) =>
      this.linear(`mapping_network.layers.${i}`, MAPPING_RATE),
    );
    this.wAvg = this.values("mapping_network.w_avg");
    this.addEncodings();
    this.addLayers();
  }

  values(name) {
    return this.tensors[name].values;
  }

  // An equalised layer: its weight, as it is multiplied with, and its bias.
  linear(name, rate = 1) {
    const {
      shape: [out, fanIn],
      values,
    } = this.tensors[`${name}.weight`];
    const scale = rate / Math.sqrt(fanIn);
    return {
      out,
      fanIn,
      weight: values.map((value) => value * scale),
      bias: this.values(`${name}.bias`).map((value) => value * rate),
    };
  }

  // Where the channels of each encoding are, and what it has learned: waves, then cells of the table.
  addEncodings() {
    Object.assign(this, { fourier: NONE, table: NONE, noises: [], features: 0 });
    for (const shape of this.generator.encodings) {
      const at = this.features;
      if (shape.kind === "fourier") this.fourier = { ...NONE, ...shape, count: shape.channels, at };
      else if (shape.kind === "embedding") this.table = { ...NONE, ...shape, count: 1, at };
      else this.noises.push({ ...shape, at });
      this.features += shape.channels * (shape.count ?? 1);
    }
    const waves = this.fourier.count ? [...this.waves()] : [];
    const cells = this.table.count ? this.cells() : [];
    this.learned = new Float32Array(Math.max(4, waves.length + cells.length)); // no buffer is empty
    this.learned.set(waves);
    this.learned.set(cells, waves.length);
  }

  // Frequencies along three axes, and a phase, of each Fourier feature.
  *waves() {
    const {
      shape: [count, axes],
      values,
    } = this.tensors["fourier.frequencies"];
    const phases = this.values("fourier.phases");
    const first = axes === 1 ? (this.chart.kind === "sphere" ? 1 : 2) : 0; // upright ones know the height alone
    for (let i = 0; i < count; i++) {
      const wave = [0, 0, 0, phases[i]];
      for (let axis = 0; axis < axes; axis++) wave[first + axis] = values[i * axes + axis];
      yield* wave;
    }
  }

  // Cells of the table, whose channels come in fours.
  cells() {
    const {
      shape: [rows, columns, channels],
      values,
    } = this.tensors["embedding.table"];
    const padded = Math.ceil(channels / 4) * 4;
    const cells = new Float32Array(rows * columns * padded);
    for (let cell = 0; cell < rows * columns; cell++)
      cells.set(values.subarray(cell * channels, (cell + 1) * channels), cell * padded);
    return cells;
  }

  // Styled layers, each with the colours that its outputs give, if any, and where its numbers are in the buffers.
  addLayers() {
    this.layers = [];
    this.rgbBias = [0, 0, 0];
    const widest = Math.max(this.features, this.generator.width);
    const padding = widest > WIDE ? 2 * PADDING : PADDING;
    let [weightsAt, stylesAt, outputsAt, latent] = [0, 0, 0, 0];
    for (let block = 0; `blocks.${block}.layers.0.linear.weight` in this.tensors; block++) {
      const pair = block ? 2 : 1;
      for (let i = 0; i < pair; i++) {
        const layer = this.modulated(`blocks.${block}.layers.${i}.linear`);
        const rgb =
          i === pair - 1 && `blocks.${block}.rgb.weight` in this.tensors ? this.modulated(`blocks.${block}.rgb`) : null;
        rgb?.bias.forEach((value, channel) => (this.rgbBias[channel] += value));
        const out = Math.ceil(layer.count / padding) * padding;
        Object.assign(layer, { out, rgb, coloured: Boolean(rgb), weightsAt, stylesAt, outputsAt, latent: latent++ });
        this.layers.push(layer);
        weightsAt += (layer.fanIn * out) / 4;
        stylesAt += layer.fanIn;
        outputsAt += 3 * out;
      }
    }
    const rows = Math.max(this.features, ...this.layers.map((layer) => layer.out));
    Object.assign(this, { stylesCount: stylesAt, outputsCount: outputsAt, widest: rows });
    this.weights = new Float32Array(4 * weightsAt);
    for (const { weight, fanIn, count, out, weightsAt: at } of this.layers) {
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < fanIn; j++) this.weights[4 * at + j * out + i] = GAIN * weight[i * fanIn + j];
      }
    }
  }

  modulated(name) {
    const { out: count, fanIn, weight } = this.linear(name);
    return { count, fanIn, weight, bias: this.values(`${name}.bias`), affine: this.linear(`${name}.affine`) };
  }

  // w of z: the mapping network.
  map(z) {
    const square = z.reduce((sum, value) => sum + value * value, 0) / z.length;
    let x = z.map((value) => value / Math.sqrt(square + 1e-8));
    for (const layer of this.mapping) x = applied(layer, x).map((value) => (value > 0 ? value : 0.2 * value) * GAIN);
    return x;
  }

  // What two latents make of the layers: styles of inputs (the first one's, and the difference), and for each output
  // what demodulates it, its bias, and the colours that it gives. Equation 2 of the paper for a sum of styles.
  folded(first, second) {
    const styles = new Float32Array(2 * this.stylesCount);
    const outputs = new Float32Array(4 * this.outputsCount);
    for (const layer of this.layers) {
      const [a, b] = [first, second].map((w) => applied(layer.affine, w));
      a.forEach((style, j) => styles.set([style, b[j] - style], 2 * (layer.stylesAt + j)));
      const colours = layer.rgb && [first, second].map((w) => applied(layer.rgb.affine, w));
      for (let i = 0; i < layer.out; i++) {
        const at = 4 * (layer.outputsAt + 3 * i);
        outputs.set([...this.sumsOfSquares(layer, i, a, b), i < layer.count ? GAIN * layer.bias[i] : 0], at);
        if (!colours || i >= layer.count) continue;
        for (let c = 0; c < 3; c++) {
          const weight = layer.rgb.weight[c * layer.count + i];
          outputs[at + 4 + c] = weight * colours[0][i];
          outputs[at + 8 + c] = weight * (colours[1][i] - colours[0][i]);
        }
      }
    }
    return { styles, outputs };
  }

  sumsOfSquares({ weight, fanIn, count }, i, a, b) {
    let [aa, ab, bb] = [DEMODULATION_EPS, 2 * DEMODULATION_EPS, DEMODULATION_EPS];
    for (let j = 0; i < count && j < fanIn; j++) {
      const square = weight[i * fanIn + j] ** 2;
      aa += square * a[j] * a[j];
      ab += 2 * square * a[j] * b[j];
      bb += square * b[j] * b[j];
    }
    return [aa, ab, bb];
  }
}

function applied({ out, fanIn, weight, bias }, x) {
  return Array.from({ length: out }, (_, i) => {
    let sum = bias[i];
    for (let j = 0; j < fanIn; j++) sum += weight[i * fanIn + j] * x[j];
    return sum;
  });
}
