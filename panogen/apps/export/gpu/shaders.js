// The shaders of a model: what is written in WGSL beside this, behind the model's own constants, and its layers.

import { SOFTNESS } from "./place.js";

async function here(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`gpu/${name} is missing: this folder is not whole`);
  return answer.text();
}
const THREADS = 64; // of a workgroup
const LATTICES = { octaves: "OCTAVES", planes: "GROUND", skyline: "SKYLINE" }; // where the noise of an encoding lies

// Points that a workgroup computes together: their activations fit the 16 KiB of memory that all devices give it.
export const pointsTogether = ({ widest }) => (widest <= 256 ? 16 : 8);

export async function shadersOf(model, points) {
  const [angles, view, encodings, seen, show] = await Promise.all(
    ["angles.wgsl", "view.wgsl", "encodings.wgsl", "points.wgsl", "show.wgsl"].map(here),
  );
  const constants = constantsOf(model, points);
  return {
    points: [constants, angles, view, seen].join("\n"),
    network: [constants, angles, view, encodings, network(model, points)].join("\n"),
    show: [constants, angles, view, show].join("\n"),
  };
}

const float = (value) => (Number.isInteger(value) ? `${value}.0` : `${value}`);

function constantsOf(model, points) {
  const { chart, fourier, table } = model;
  const central = chart.profile === "central";
  const most = chart.kind === "sphere" ? Math.PI / 2 : (chart.vertical_fov_deg * Math.PI) / 360;
  return `
const SPHERE = ${chart.kind === "sphere"};
const CENTRAL = ${central};
const MAX_ELEVATION = ${float(most)};
const MAX_HEIGHT = ${float(central ? Math.tan(most) : most)};
const SOFTNESS = ${float(SOFTNESS)};
const POINTS = ${points}u;
const FOURS = ${points / 4}u;
const THREADS_A_FOUR = ${(4 * THREADS) / points}u;
const FOURIER = ${fourier.count}u;
const FOURIER_AT = ${fourier.at}u;
const FADING = ${fourier.fading};
const TABLE_AT = ${table.at}u;
const TABLE_FROM = ${fourier.count}u;
const TABLE_ROWS = ${table.rows}u;
const TABLE_COLUMNS = ${table.columns}u;
const TABLE_CHANNELS = ${table.channels}u;
const TABLE_GROUPS = ${Math.ceil(table.channels / 4)}u;
`;
}

function noiseCode({ kind, count, continued = 0, channels, staggered = false, sided = false, at, ...config }) {
  const numbers = [config.gain, config.fall, Math.log2(config.finest_rad)].map(float);
  const fields = [LATTICES[kind], count, continued, channels, staggered, sided, at, ...numbers];
  return `Noise(${fields.join(", ")})`;
}

// The network itself. A workgroup takes some points through all layers; their activations stay in its memory. A thread
// computes some channels of four points: W_ij = s_j B_ij / |...| (equation 2 of the paper) with styles of a point's own.
function network(model, points) {
  const threads = (4 * THREADS) / points; // that share four points
  const widths = [...new Set(model.layers.map((layer) => layer.out))];
  const encode = ["fourier", "table"].filter((kind) => model[kind].count);
  return `
@group(0) @binding(1) var<storage, read> points: array<Point>;
@group(0) @binding(2) var<storage, read> found: array<u32, 4>;
@group(0) @binding(3) var<storage, read> learned: array<vec4f>;
@group(0) @binding(4) var<storage, read> weights: array<vec4f>;
@group(0) @binding(5) var<storage, read> styles: array<vec2f>;
@group(0) @binding(6) var<storage, read> outputs: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> colours: array<vec4f>;

struct Layer { // its channels, and where its numbers begin in the three buffers
  inputs: u32,
  outputs: u32,
  weights_at: u32,
  styles_at: u32,
  outputs_at: u32,
  coloured: bool,
}

var<workgroup> x: array<vec4f, ${model.widest} * FOURS>; // channel after channel, four points together

// Demodulate a channel, add its bias, take the leaky ReLU, and add the colours that it gives.
fn finish(sum: vec4f, channel: u32, four: u32, share: vec4f, layer: Layer, rgb: ptr<function, mat3x4f>) {
  let at = layer.outputs_at + 3 * channel;
  let q = outputs[at];
  let rest = 1 - share;
  let y = sum * inverseSqrt(rest * rest * q.x + rest * share * q.y + share * share * q.z) + q.w;
  let kept = max(y, 0.2 * y);
  x[channel * FOURS + four] = kept;
  if (layer.coloured) {
    let a = outputs[at + 1];
    let b = outputs[at + 2];
    *rgb += mat3x4f(kept * (a.x + share * b.x), kept * (a.y + share * b.y), kept * (a.z + share * b.z));
  }
}

${widths.map((out) => layerCode(out, threads)).join("\n")}

const layers = array<Layer, ${model.layers.length}>(
${model.layers.map((l) => `  Layer(${l.fanIn}, ${l.out}, ${l.weightsAt}, ${l.stylesAt}, ${l.outputsAt}, ${l.coloured}),`).join("\n")}
);

@compute @workgroup_size(64)
fn compute(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let four = thread % FOURS;
  let own = thread / FOURS;
  let first = workgroup.x * POINTS + 4 * four;
  var seen: array<Seen, 4>;
  var share: vec4f;
  for (var i = 0u; i < 4; i++) {
    let point = points[min(first + i, found[3] - 1)];
    seen[i] = seen_at(point);
    share[i] = point.share;
  }
${encode.map((kind) => `  ${kind}(own, four, seen);`).join("\n")}
${model.noises.map((noise) => `  octaves(${noiseCode(noise)}, own, four, seen, share);`).join("\n")}
  workgroupBarrier();
  var rgb = mat3x4f();
  for (var i = 0u; i < ${model.layers.length}; i++) {
    let layer = layers[i];
${widths.map((out) => `    if (layer.outputs == ${out}) { layer_${out}(own, four, share, layer, &rgb); }`).join("\n")}
  }
  // Each thread has the colours that its own channels give.
  for (var i = 0u; i < 3; i++) {
    x[(own * 3 + i) * FOURS + four] = rgb[i];
  }
  workgroupBarrier();
  if (own >= 4 || first + own >= found[3]) {
    return;
  }
  var total = vec3f(${model.rgbBias.map(float).join(", ")});
  for (var part = 0u; part < THREADS_A_FOUR; part++) {
    for (var i = 0u; i < 3; i++) {
      total[i] += x[(part * 3 + i) * FOURS + four][own];
    }
  }
  colours[points[first + own].cell] = vec4f(total, 1);
}
`;
}

// A layer that gives so many channels.
function layerCode(out, threads) {
  const fours = out / threads / 4; // of channels, that a thread computes
  const each = (count, template) => Array.from({ length: count }, (_, i) => template(i)).join("\n");
  return `
fn layer_${out}(own: u32, four: u32, share: vec4f, layer: Layer, rgb: ptr<function, mat3x4f>) {
${each(4 * fours, (i) => `  var y${i} = vec4f();`)}
  for (var c = 0u; c < layer.inputs; c++) {
    let style = styles[layer.styles_at + c];
    let v = x[c * FOURS + four] * (style.x + share * style.y);
${each(fours, (k) => `    let w${k} = weights[layer.weights_at + c * ${out / 4} + own * ${fours} + ${k}];`)}
${each(4 * fours, (i) => `    y${i} += v * w${i >> 2}.${"xyzw"[i & 3]};`)}
  }
  workgroupBarrier();
  let first = own * ${4 * fours};
${each(4 * fours, (i) => `  finish(y${i}, first + ${i}, four, share, layer, rgb);`)}
  workgroupBarrier();
}
`;
}
