// Points to be computed: pixels in order, those of the fovea, and those on rings that a pixel is interpolated from.

@group(0) @binding(1) var<storage, read_write> points: array<Point>;
@group(0) @binding(2) var<storage, read_write> found: array<atomic<u32>, 4>; // workgroups of the network, and points
@group(0) @binding(3) var<storage, read> paces: array<f32>;

fn add(direction: vec3f, footprint: f32, cell: u32) {
  let world = view.camera * direction;
  put_at(atomicAdd(&found[3], 1u), world, footprint, cell);
}

fn put_at(index: u32, world: vec3f, footprint: f32, cell: u32) {
  if (index < arrayLength(&points)) {
    points[index] = Point(world, footprint, share_at(world), cell, vec2u());
  }
}

@compute @workgroup_size(64)
fn pixels(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= view.count) {
    return;
  }
  let number = view.start + id.x;
  let pixel = vec2f(f32(number % view.size.x), f32(number / view.size.x));
  let direction = from_camera(pixel);
  put_at(id.x, view.camera * direction, pixel_footprint(pixel, direction), number);
}

@compute @workgroup_size(64)
fn fovea(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= view.fovea.z * view.fovea.w) {
    return;
  }
  let column = (view.fovea.x + id.x % view.fovea.z) % view.size.x;
  let row = view.fovea.y + id.x / view.fovea.z;
  let pixel = vec2f(f32(column), f32(row));
  let direction = from_camera(pixel);
  if (around_gaze(direction).x <= view.fovea_rad) {
    add(direction, pixel_footprint(pixel, direction), row * view.size.x + column);
  }
}

@compute @workgroup_size(64)
fn rings(@builtin(global_invocation_id) id: vec3u) {
  let number = id.x;
  if (number >= view.rings * view.ring_points) {
    return;
  }
  let position = f32(number / view.ring_points) - f32(BEFORE);
  let turn = f32(number % view.ring_points) / f32(view.ring_points) - 0.5;
  let turns_away = ring_eccentricity(position) / TURN;
  let away = sine(turns_away);
  let seen = vec3f(away * sine(turn + 0.25), away * sine(turn), sine(turns_away + 0.25));
  let direction = view.gaze * seen;
  // Two cells of rings around it: what a cubic may need it for.
  let reach = 2.5 * max(ring_step(position), abs(away) * TURN / f32(view.ring_points)) + view.pitch_rad;
  if (is_near(direction, reach)) {
    let world = view.camera * direction;
    let level = clamp(elevation_of(world), -MAX_ELEVATION, MAX_ELEVATION) / TURN;
    let flat = world.xz / max(length(world.xz), 1e-12) * sine(level + 0.25);
    let kept = select(vec3f(flat.x, sine(level), flat.y), world, shown(world));
    put_at(atomicAdd(&found[3], 1u), kept, sqrt(ring_cell_angle(position)), view.size.x * view.size.y + number);
  }
}

// Whether a direction from the camera is within an angle of the picture.
fn is_near(direction: vec3f, reach: f32) -> bool {
  if (view.projection != LENS) {
    let last = row_elevation(-0.5); // the upper edge
    return abs(elevation_of(direction)) <= last + reach;
  }
  let half = vec2f(view.size) * view.lens_pitch / 2;
  // On the plane an angle is 1 / cos^2 as long, and longer still where it goes on outwards.
  let slope = length(direction.xy) / max(direction.z, 1e-3);
  let margin = reach * (1 + slope * slope) * (1 + reach * slope);
  return direction.z > 1e-3 && all(abs(direction.xy) / direction.z <= half + margin);
}

// How many workgroups of the network the points take.
@compute @workgroup_size(1)
fn fit() {
  let count = min(atomicLoad(&found[3]), arrayLength(&points));
  atomicStore(&found[0], (count + POINTS - 1) / POINTS);
  atomicStore(&found[1], 1u);
  atomicStore(&found[2], 1u);
}

// --- Blends around the circle: the first place ahead, the second behind, as panogen.latents.Around ---

fn share_at(direction: vec3f) -> f32 {
  if (view.around == 0) {
    return 0;
  }
  let turns = arc_tangent(direction.x, direction.z) / TURN;
  let halves = 2 * (turns - floor(turns)); // 0 ahead, 1 behind, 2 ahead again
  let change = u32(halves) % 2;
  let across = clamp((fract(halves) - 0.5) / SOFTNESS + 0.5, 0, 1);
  let last = arrayLength(&paces) / 2 - 1;
  let place = across * f32(last);
  let left = min(u32(place), last - 1);
  let begin = change * (last + 1) + left;
  let gone = mix(paces[begin], paces[begin + 1], place - f32(left));
  let share = select(gone, 1 - gone, change == 1);
  if (!SPHERE) {
    return share;
  }
  let t = clamp(length(direction.xz) * 2, 0, 1); // the places meet above 60 degrees
  return mix(view.mean_share, share, t * t * (3 - 2 * t));
}
