// The picture: colours of its pixels, or those of the fovea and bicubic ones between rings, under a heat map or not.

@group(0) @binding(1) var<storage, read> colours: array<vec4f>;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index & 1) * 4 - 1, f32(index >> 1) * 4 - 1, 0, 1); // a triangle around it all
}

@fragment
fn colour(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let pixel = floor(position.xy);
  let number = u32(pixel.y) * view.size.x + u32(pixel.x);
  let direction = from_camera(pixel);
  if (!shown(view.camera * direction)) {
    return vec4f(0, 0, 0, 1);
  }
  if (view.foveated == 0) {
    return displayed(colours[number].rgb);
  }
  let seen = around_gaze(direction);
  if (seen.x <= view.fovea_rad) {
    return heated(displayed(colours[number].rgb), 1);
  }
  let place = vec2f(max(ring_position(seen.x), 0) + f32(BEFORE), (seen.y + 0.5) * f32(view.ring_points));
  let density = min(view.pitch_rad * view.pitch_rad / ring_cell_angle(place.x - f32(BEFORE)), 1);
  return heated(displayed(between_rings(place)), density);
}

fn displayed(rgb: vec3f) -> vec4f {
  return vec4f(clamp(rgb, vec3f(-1), vec3f(1)) * 0.5 + 0.5, 1);
}

// Cubic convolution (Keys 1981) with a = -0.75, as OpenCV's.
fn cubic_convolution(f: f32) -> vec4f {
  let a = -0.75;
  let g = 1 - f;
  let outer = vec2f(1 + f, 1 + g);
  let far = ((a * outer - 5 * a) * outer + 8 * a) * outer - 4 * a;
  return vec4f(far.x, ((a + 2) * f - (a + 3)) * f * f + 1, ((a + 2) * g - (a + 3)) * g * g + 1, far.y);
}

fn between_rings(place: vec2f) -> vec3f {
  let ring = i32(floor(place.x));
  let along = i32(floor(place.y));
  let down = cubic_convolution(place.x - floor(place.x));
  let across = cubic_convolution(place.y - floor(place.y));
  let first = view.size.x * view.size.y;
  var total = vec3f();
  for (var i = 0; i < 4; i++) {
    let r = u32(clamp(ring - 1 + i, 0, i32(view.rings) - 1));
    for (var j = 0; j < 4; j++) {
      let p = u32(along - 1 + j + i32(view.ring_points)) % view.ring_points;
      total += down[i] * across[j] * colours[first + r * view.ring_points + p].rgb;
    }
  }
  return total;
}

// --- The heat map: how densely samples lie, from black over violet and orange to a pale yellow ---

fn heated(rgb: vec4f, density: f32) -> vec4f {
  if (view.heat == 0) {
    return rgb;
  }
  let warmth = pow(density, 0.4); // thin sampling would be black: a hundredth shows as a sixth
  let red = smoothstep(0.1, 0.7, warmth);
  let green = smoothstep(0.4, 1.0, warmth);
  let blue = 0.45 * smoothstep(0.0, 0.3, warmth) * (1 - smoothstep(0.35, 0.75, warmth)) + 0.62 * smoothstep(0.85, 1, warmth);
  return vec4f(mix(rgb.rgb, vec3f(red, green, blue), 0.6), 1);
}
