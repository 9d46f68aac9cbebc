// What is looked at, from where, and where the eye rests. `scene.js` fills it.

struct View {
  camera: mat3x3f, // from its directions to the world's
  gaze: mat3x3f, // from directions around the gaze to the camera's
  size: vec2u, // columns, rows
  start: u32, // the first pixel of this dispatch ...
  count: u32, // ... and how many there are
  fovea: vec4u, // the box around it: left, top, columns, rows
  projection: u32,
  ring_points: u32,
  rings: u32,
  foveated: u32,
  lens_pitch: f32, // of the pixels of a lens view, at distance 1
  fovea_rad: f32,
  law_base: f32, // of the minimum angle of resolution
  law_slope: f32,
  law_ratio: f32, // of two rings, its logarithm
  law_edge: f32, // the resolution at the edge of the fovea
  pitch_rad: f32, // of the pixels at the gaze
  heat: u32,
  layouts: vec2u,
  amplitudes: vec2f,
  layout_follows_share: u32,
  around: u32, // whether two places are blended around the circle
  mean_share: f32, // of the second one, all around
}

const LENS = 0u;
const CYLINDER = 1u;
const EQUIRECTANGULAR = 2u;
const BEFORE = 1u; // rings that a cubic needs before the first one

@group(0) @binding(0) var<uniform> view: View;

// Direction of a pixel from the camera; rows count from the top.
fn from_camera(pixel: vec2f) -> vec3f {
  let size = vec2f(view.size);
  if (view.projection == LENS) {
    let across = (pixel.x + 0.5 - size.x / 2) * view.lens_pitch;
    let up = (size.y / 2 - 0.5 - pixel.y) * view.lens_pitch;
    return normalize(vec3f(across, up, 1));
  }
  let turns = (pixel.x + 0.5) / size.x - 0.5;
  let elevation = row_elevation(pixel.y) / TURN;
  let level = sine(elevation + 0.25);
  return vec3f(level * sine(turns), sine(elevation), level * sine(turns + 0.25));
}

fn row_elevation(row: f32) -> f32 {
  let size = vec2f(view.size);
  if (view.projection == EQUIRECTANGULAR) {
    return TURN / size.x * (size.y / 2 - 0.5 - row);
  }
  let height = MAX_HEIGHT * (1 - 2 * (row + 0.5) / size.y);
  return select(height, arc_tangent(height, 1), CENTRAL);
}

// The root of the solid angle that a pixel stands for, or on a sphere its longer side.
fn pixel_footprint(pixel: vec2f, direction: vec3f) -> f32 {
  if (view.projection == LENS) {
    return view.lens_pitch * pow(direction.z, 1.5);
  }
  let level = length(direction.xz);
  var step = TURN / f32(view.size.x);
  if (view.projection == CYLINDER) {
    step = 2 * MAX_HEIGHT / f32(view.size.y) * select(1, level * level, CENTRAL);
  }
  let across = TURN / f32(view.size.x) * level;
  return select(sqrt(across * step), max(across, step), SPHERE); // in space finer noise would be a star at the poles
}

// Eccentricity of a direction from the camera, and its angle around the gaze in turns from -1/2 to 1/2.
fn around_gaze(direction: vec3f) -> vec2f {
  let seen = direction * view.gaze; // the transposed matrix
  return vec2f(arc_tangent(length(seen.xy), seen.z), arc_tangent(seen.y, seen.x) / TURN);
}

fn ring_position(eccentricity: f32) -> f32 {
  return log((view.law_base + view.law_slope * eccentricity) / view.law_edge) / view.law_ratio;
}

fn ring_eccentricity(position: f32) -> f32 {
  return (view.law_edge * exp(position * view.law_ratio) - view.law_base) / view.law_slope;
}

fn ring_step(position: f32) -> f32 {
  return view.law_edge * view.law_ratio / view.law_slope * exp(position * view.law_ratio);
}

fn ring_cell_angle(position: f32) -> f32 { // solid
  let away = sine(ring_eccentricity(position) / TURN);
  return abs(away) * ring_step(position) * TURN / f32(view.ring_points);
}

fn shown(direction: vec3f) -> bool { // in the world
  return SPHERE || abs(elevation_of(direction)) <= MAX_ELEVATION + 1e-6;
}
