// What the network knows of a point: Fourier features, noise on lattices and a learned table, as panogen.networks has
// them. A thread takes every 16th of their channels, four at a time, for four points.

struct Seen { // a point on the chart
  direction: vec3f,
  coordinates: vec3f,
  unrolled: vec3f, // in cells of octave 0
  sky_footprint: f32,
  footprint: f32, // on the chart
}

const COARSEST = TURN / 4; // the cells of octave 0

fn seen_at(point: Point) -> Seen {
  let direction = point.direction;
  if (SPHERE) {
    return Seen(direction, direction, direction / COARSEST, point.footprint, point.footprint);
  }
  let level = max(length(direction.xz), 1e-12);
  let height = select(elevation_of(direction), direction.y / level, CENTRAL);
  let stretch = select(inverseSqrt(level), inverseSqrt(level) / level, CENTRAL);
  let azimuth = arc_tangent(direction.x, direction.z);
  let coordinates = vec3f(direction.z / level, direction.x / level, height);
  let unrolled = vec3f(azimuth, height, 0) / COARSEST;
  return Seen(direction, coordinates, unrolled, point.footprint, point.footprint * stretch);
}

// A group of channels of four points: `first` and the next ones, of which there are `count` but at most four.
fn put(first: u32, count: u32, four: u32, values: mat4x4f) {
  let by_channel = transpose(values);
  for (var i = 0u; i < min(count, 4); i++) {
    x[(first + i) * FOURS + four] = by_channel[i];
  }
}

// --- Fourier features ---

fn fourier(thread: u32, four: u32, points: array<Seen, 4>) {
  for (var own = thread; own < FOURIER; own += THREADS_A_FOUR) {
    let wave = learned[own]; // frequencies and phase
    let loss = dot(wave.xyz, wave.xyz) * (TURN * TURN / 24);
    var values: vec4f;
    for (var i = 0u; i < 4; i++) {
      let fading = select(1, exp(-loss * points[i].footprint * points[i].footprint), FADING);
      values[i] = sine(dot(wave.xyz, points[i].coordinates) + wave.w) * fading;
    }
    x[(FOURIER_AT + own) * FOURS + four] = values;
  }
}

// --- Noise: PCG4D (Jarzynski and Olano 2020) and its bytes' sums, as panogen.networks.encodings.lattice_noise ---

fn pcg4d(words: vec4u) -> vec4u {
  var v = words * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

fn normals(words: vec4u) -> vec4f {
  let pairs = (words & vec4u(0x00FF00FFu)) + ((words >> vec4u(8)) & vec4u(0x00FF00FFu));
  let t = (vec4f((pairs & vec4u(0xFFFFu)) + (pairs >> vec4u(16))) - 510) * 0.006765875086793227;
  return t * (t * t * 0.018642382500669012 + 0.9490332780956338);
}

struct Taps { // of a spline along one axis: its first node, and the weights of that and the next, of length 1
  first: i32,
  weights: vec4f,
}

fn cubic(place: f32) -> Taps {
  let base = floor(place);
  let f = place - base;
  let g = 1 - f;
  let weights = vec4f(g * g * g, f * f * f * 3 - f * f * 6 + 4, (f * f + f - f * f * f) * 3 + 1, f * f * f);
  return Taps(i32(base) - 1, normalize(weights));
}

fn quadratic(place: f32) -> Taps {
  let base = floor(place + 0.5);
  let f = place - base;
  let weights = vec4f((0.5 - f) * (0.5 - f), 1.5 - 2 * f * f, (0.5 + f) * (0.5 + f), 0);
  return Taps(i32(base) - 1, normalize(weights));
}

const OCTAVES = 0x6F637476u; // the words of the lattices
const GROUND = 0x67726E64u;
const CLOUDS = 0x636C6473u;
const SKYLINE = 0x736B796Cu;

const PLANES_FROM = 0.05; // |y| from which on there is noise on planes, and from which on it is full
const PLANES_FULL = 0.2;
const SKYLINE_FROM = 0.3; // and so the cosine of the elevation
const SKYLINE_FULL = 0.7;
const GOLDEN = 0.6180339887498949; // of a cell, by which a staggered lattice is moved against the one before
const BOTH_SIDES = 0.25; // |y| up to which both sides of an octave are heard

struct Noise { // an encoding by noise, and where its channels begin
  lattice: u32, // of planes: the ground
  count: u32,
  continued: u32, // finer octaves, in the channels of the last one
  channels: u32,
  staggered: bool,
  sided: bool, // one half of the channels above the horizon, the other below
  at: u32,
  gain: f32,
  fall: f32,
  log_finest: f32,
}

struct Site { // where a point is on a lattice
  lattice: u32,
  place: vec3f, // in cells of octave 0
  log_footprint: f32,
  log_cell: f32, // of octave 0, beside the footprint as it lies there
  near: f32, // how loud noise gets there
}

fn site_of(lattice: u32, point: Seen) -> Site {
  let log_footprint = log2(point.sky_footprint);
  if (lattice == GROUND) { // panogen.networks.encodings.planes
    let y = point.direction.y;
    let steep = max(abs(y), PLANES_FROM);
    let place = vec3f(point.direction.xz / steep, 0) / 4;
    let near = min((steep - PLANES_FROM) / (PLANES_FULL - PLANES_FROM), 1);
    return Site(select(CLOUDS, GROUND, y < 0), place, log_footprint, log2(4 * steep * steep), near);
  }
  if (lattice == SKYLINE) { // panogen.networks.encodings.skyline
    let level = max(length(point.direction.xz), SKYLINE_FROM);
    let place = vec3f(arc_tangent(point.direction.x, point.direction.z), 0, 0) / COARSEST;
    let near = min((level - SKYLINE_FROM) / (SKYLINE_FULL - SKYLINE_FROM), 1);
    return Site(lattice, place, log_footprint, log2(COARSEST * level), near);
  }
  return Site(lattice, point.unrolled, log2(point.footprint), log2(COARSEST), 1);
}

// How loud an octave is at a site: what is finer than the sample falls silent.
fn loudness(kind: Noise, site: Site, octave: u32) -> f32 {
  let finest = kind.log_finest - max(f32(octave) - f32(kind.count) + 1, 0);
  return clamp(site.log_cell - f32(octave) - max(site.log_footprint, finest) + 1, 0, 1) * site.near;
}

fn noise(kind: Noise, site: Site, octave: u32, group: u32, layout_seed: u32) -> vec4f {
  let key = pcg4d(vec4u(layout_seed, octave, group, site.lattice)).x;
  let cells = site.place * f32(1u << octave) + select(0, fract(f32(octave) * GOLDEN), kind.staggered);
  var total = vec4f();
  if (SPHERE && site.lattice == OCTAVES) {
    let a = quadratic(cells.x);
    let b = quadratic(cells.y);
    let c = quadratic(cells.z);
    for (var i = 0; i < 3; i++) {
      for (var j = 0; j < 3; j++) {
        for (var k = 0; k < 3; k++) {
          let node = vec4u(vec3u(vec3i(a.first + i, b.first + j, c.first + k)), key);
          total += a.weights[i] * b.weights[j] * c.weights[k] * normals(pcg4d(node));
        }
      }
    }
    return total;
  }
  let closed = site.lattice == OCTAVES || site.lattice == SKYLINE;
  let around = select(0xFFFFFFFFu, (4u << octave) - 1, closed); // nodes of the circle, less 1
  let a = cubic(cells.x);
  var b = cubic(cells.y);
  if (site.lattice == SKYLINE) {
    b = Taps(0, vec4f(1, 0, 0, 0));
  }
  for (var j = 0; j < select(4, 1, site.lattice == SKYLINE); j++) {
    for (var i = 0; i < 4; i++) {
      total += a.weights[i] * b.weights[j] * normals(pcg4d(vec4u(u32(a.first + i) & around, u32(b.first + j), 0, key)));
    }
  }
  return total;
}

// How loud four channels are, above the horizon and below it.
fn sides(kind: Noise, group: u32, point: Seen) -> vec4f {
  if (!kind.sided) {
    return vec4f(1);
  }
  let up = clamp(0.5 + point.direction.y / (2 * BOTH_SIDES), 0, 1);
  let above = vec4u(4 * group) + vec4u(0, 1, 2, 3) < vec4u(kind.channels / 2);
  return sqrt(2 * select(vec4f(1 - up), vec4f(up), above));
}

// Amplitudes of the two layouts at a point.
fn amplitudes(share: f32) -> vec2f {
  return select(view.amplitudes, normalize(vec2f(1 - share, share)), view.layout_follows_share != 0);
}

fn octaves(kind: Noise, thread: u32, four: u32, points: array<Seen, 4>, shares: vec4f) {
  let groups = (kind.channels + 3) / 4;
  for (var own = thread; own < kind.count * groups; own += THREADS_A_FOUR) {
    let channel = own / groups;
    let group = own % groups;
    let last = select(channel, kind.count + kind.continued - 1, channel == kind.count - 1);
    var values = mat4x4f();
    for (var i = 0u; i < 4; i++) {
      let loud = amplitudes(shares[i]);
      let site = site_of(kind.lattice, points[i]);
      let side = sides(kind, group, points[i]);
      for (var octave = channel; octave <= last; octave++) {
        let gain = side * kind.gain * pow(kind.fall, f32(octave)) * loudness(kind, site, octave);
        if (any(gain > vec4f(0))) {
          if (loud.x > 0) {
            values[i] += gain * loud.x * noise(kind, site, octave, group, view.layouts.x);
          }
          if (loud.y > 0) {
            values[i] += gain * loud.y * noise(kind, site, octave, group, view.layouts.y);
          }
        }
      }
    }
    put(kind.at + channel * kind.channels + 4 * group, kind.channels - 4 * group, four, values);
  }
}

// --- The table: a cubic B-spline between cells whose centres are at k + 1/2 ---

fn spline(f: f32) -> vec4f {
  let s = f * f;
  let c = s * f;
  return vec4f((1 - f) * (1 - f) * (1 - f), 3 * c - 6 * s + 4, -3 * c + 3 * s + 3 * f + 1, c) / 6;
}

fn table(thread: u32, four: u32, points: array<Seen, 4>) {
  for (var own = thread; own < TABLE_GROUPS; own += THREADS_A_FOUR) {
    var values = mat4x4f();
    for (var i = 0u; i < 4; i++) {
      let unrolled = points[i].unrolled * COARSEST;
      let column = (unrolled.x / TURN + 0.5) * f32(TABLE_COLUMNS) - 0.5;
      let row = (1 - unrolled.y / MAX_HEIGHT) / 2 * f32(TABLE_ROWS) - 0.5;
      let across = spline(column - floor(column));
      let down = spline(row - floor(row));
      for (var j = 0; j < 4; j++) {
        let r = clamp(i32(floor(row)) - 1 + j, 0, i32(TABLE_ROWS) - 1);
        for (var k = 0; k < 4; k++) {
          let c = (i32(floor(column)) - 1 + k + i32(TABLE_COLUMNS)) % i32(TABLE_COLUMNS);
          let cell = u32(r) * TABLE_COLUMNS + u32(c);
          values[i] += down[j] * across[k] * learned[TABLE_FROM + cell * TABLE_GROUPS + own];
        }
      }
    }
    put(TABLE_AT + 4 * own, TABLE_CHANNELS - 4 * own, four, values);
  }
}
