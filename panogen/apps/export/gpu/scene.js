// A view, and where the eye rests in it, as the numbers that the shaders take (view.wgsl).

const BYTES = 208;
const PROJECTIONS = ["perspective", "cylindrical", "equirectangular"];
const FOVEOLA_RAD = Math.PI / 180; // within which every pixel is computed
const BASE_RAD = Math.PI / 180 / 60; // minimum angle of resolution at the centre of gaze: that of normal sight, 20/20
const SLOPE = 0.0275; // and what it grows by (Guenter et al. 2012): the least that people were found to see
const BEFORE = 1,
  AFTER = 2; // rings that a cubic needs

const radians = (degrees) => (degrees * Math.PI) / 180;
const product = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const times = (matrix, v) => matrix.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);

// From directions of a camera to the world's: pitched up, then yawed to the right.
export function rotation(yaw, pitch) {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return product(
    [
      [cy, 0, sy],
      [0, 1, 0],
      [-sy, 0, cy],
    ],
    [
      [1, 0, 0],
      [0, cp, sp],
      [0, -sp, cp],
    ],
  );
}

// To the nearest whole number, halves to the even one, as Python does.
function rounded(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

export class Scene {
  constructor(chart, { projection, width, height, yaw_deg, pitch_deg, fov_deg }) {
    this.projection = PROJECTIONS.indexOf(projection);
    this.isLens = this.projection === 0;
    this.band = chart.kind === "sphere" ? Math.PI / 2 : radians(chart.vertical_fov_deg) / 2;
    this.maxHeight = chart.profile === "central" ? Math.tan(this.band) : this.band;
    this.columns = width;
    this.rows = this.isLens ? height : this.naturalRows();
    this.pitch = (2 * Math.tan(radians(fov_deg) / 2)) / width;
    this.camera = rotation(radians(yaw_deg), this.isLens ? radians(pitch_deg) : 0);
    this.upper = chart.profile === "central" ? (height) => Math.atan(height) : (height) => height;
  }

  get pixels() {
    return this.rows * this.columns;
  }

  naturalRows() {
    if (this.projection === 1) return Math.max(1, rounded((this.columns * this.maxHeight) / Math.PI));
    const full = this.columns / 2;
    const rows = Math.floor((this.columns * this.band) / Math.PI + 1e-9);
    return Math.max(rows - Math.abs((full - rows) % 2), 2 - (full % 2));
  }

  // Direction from the camera of a place on the picture, in pixels.
  direction(column, row) {
    if (this.isLens) {
      const [x, y] = [(column + 0.5 - this.columns / 2) * this.pitch, (this.rows / 2 - 0.5 - row) * this.pitch];
      const length = Math.hypot(x, y, 1);
      return [x / length, y / length, 1 / length];
    }
    const azimuth = ((column + 0.5) / this.columns - 0.5) * 2 * Math.PI;
    const elevation = this.rowElevation(row);
    return [Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation), Math.cos(elevation) * Math.cos(azimuth)];
  }

  rowElevation(row) {
    if (this.projection === 2) return ((2 * Math.PI) / this.columns) * (this.rows / 2 - 0.5 - row);
    return this.upper(this.maxHeight * (1 - (2 * (row + 0.5)) / this.rows));
  }

  // Where the eye rests: samples as densely as it sees, `coarser` times farther apart away from the gaze.
  lookedAt(gazeX, gazeY, coarser) {
    const [column, row] = [
      [gazeX, this.columns],
      [gazeY, this.rows],
    ].map(([at, count]) => Math.min(Math.floor(at * count), count - 1));
    const ahead = this.direction(column, row);
    const gaze = rotation(Math.atan2(ahead[0], ahead[2]), Math.asin(ahead[1]));
    const pitch = this.pitchAt(column, row);
    const slope = SLOPE * coarser;
    const fovea = Math.max(FOVEOLA_RAD, (2 * pitch - BASE_RAD) / slope);
    const corners = [
      [0, 0],
      [this.columns - 1, 0],
      [0, this.rows - 1],
      [this.columns - 1, this.rows - 1],
    ];
    const farthest = this.isLens
      ? Math.max(...corners.map((corner) => angle(ahead, this.direction(...corner))))
      : Math.PI;
    const resolution = (eccentricity) => BASE_RAD + slope * eccentricity;
    let most = 0;
    for (let i = 0; i < 4096; i++) {
      const eccentricity = fovea + ((Math.max(fovea, farthest) - fovea) * i) / 4095;
      most = Math.max(most, (4 * Math.PI * Math.abs(Math.sin(eccentricity))) / resolution(eccentricity));
    }
    const [edge, ratio] = [resolution(fovea), Math.log1p(slope / 2)];
    const rings = Math.max(0, Math.floor(Math.log(resolution(farthest) / edge) / ratio)) + 1 + BEFORE + AFTER;
    return { gaze, pitch, slope, fovea, edge, ratio, points: Math.ceil(most), rings, box: this.foveaBox(ahead, fovea) };
  }

  // The larger of the distances of a pixel to the nearer neighbours in its row and in its column.
  pitchAt(column, row) {
    const nearer = (at, count, direction) => {
      const beside = [at - 1, at + 1].filter((place) => place >= 0 && place < count);
      return Math.min(...beside.map((place) => angle(direction(at), direction(place))));
    };
    const across = nearer(column, this.columns, (place) => this.direction(place, row));
    return Math.max(
      across,
      nearer(row, this.rows, (place) => this.direction(column, place)),
    );
  }

  // The box of pixels around a circle: left, top, columns, rows. On a panorama it may go on from the left edge.
  foveaBox(ahead, radius) {
    const [azimuth, elevation] = [Math.atan2(ahead[0], ahead[2]), Math.asin(ahead[1])];
    const frame = rotation(azimuth, elevation);
    const edge = Array.from({ length: 256 }, (_, i) => {
      const turn = (i / 128) * Math.PI;
      return times(frame, [Math.sin(radius) * Math.cos(turn), Math.sin(radius) * Math.sin(turn), Math.cos(radius)]);
    });
    if (this.isLens) {
      if (edge.some(([, , z]) => z < 0.05)) return [0, 0, this.columns, this.rows];
      const xs = edge.map(([x, , z]) => x / z / this.pitch + this.columns / 2);
      const ys = edge.map(([, y, z]) => this.rows / 2 - y / z / this.pitch);
      return this.clipped(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
    }
    const [lowest, highest] = [elevation - radius, elevation + radius];
    const rows = Array.from({ length: this.rows }, (_, row) => row).filter((row) => {
      const own = this.rowElevation(row);
      return own >= lowest && own <= highest;
    });
    const [top, tall] = rows.length ? [rows[0], rows.length] : [0, 0];
    const polar = Math.max(Math.abs(lowest), Math.abs(highest)) >= Math.PI / 2;
    const half = polar ? Math.PI : Math.asin(Math.min(1, Math.sin(radius) / Math.cos(elevation)));
    const wide = Math.min(this.columns, Math.ceil((half / Math.PI) * this.columns) + 2);
    const left = Math.floor((azimuth / (2 * Math.PI) + 0.5) * this.columns - wide / 2);
    return [((left % this.columns) + this.columns) % this.columns, top, wide, tall];
  }

  clipped(left, top, right, bottom) {
    const [l, t] = [Math.max(0, Math.floor(left) - 1), Math.max(0, Math.floor(top) - 1)];
    return [
      l,
      t,
      Math.max(0, Math.min(this.columns, Math.ceil(right) + 1) - l),
      Math.max(0, Math.min(this.rows, Math.ceil(bottom) + 1) - t),
    ];
  }

  // The uniform: of pixels `start` to `start` + `count` of a whole picture, or of what is seen `foveated`.
  uniform(place, { start = 0, count = 0, foveated = null, heat = false }) {
    const buffer = new ArrayBuffer(BYTES);
    const [f, u] = [new Float32Array(buffer), new Uint32Array(buffer)];
    const matrix = (at, rows) =>
      [0, 1, 2].forEach((i) =>
        f.set(
          rows.map((row) => row[i]),
          at + 4 * i,
        ),
      );
    matrix(0, this.camera);
    matrix(12, foveated?.gaze ?? this.camera);
    u.set([this.columns, this.rows, start, count], 24);
    u.set(foveated?.box ?? [0, 0, 0, 0], 28);
    u.set([this.projection, foveated?.points ?? 1, foveated?.rings ?? 1, foveated ? 1 : 0], 32);
    f[36] = this.pitch;
    if (foveated) f.set([foveated.fovea, BASE_RAD, foveated.slope, foveated.ratio, foveated.edge, foveated.pitch], 37);
    u[43] = heat ? 1 : 0;
    u.set(place.layouts, 44);
    f.set(place.amplitudes, 46);
    u.set([place.followsShare ? 1 : 0, place.around ? 1 : 0], 48);
    f[50] = place.meanShare ?? 0.5;
    return buffer;
  }
}

function angle(a, b) {
  const cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return Math.atan2(Math.hypot(...cross), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}
