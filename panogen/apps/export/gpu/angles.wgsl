// Angles, and what is known of a point before it is computed.

struct Point {
  direction: vec3f,
  footprint: f32, // radians
  share: f32, // of the second anchor
  cell: u32, // of `colours`
  padding: vec2u,
}

const TURN = 6.283185307179586;

// The built-in functions are good to 2^-11 by the standard; these to the last bits.

fn sine(turns: f32) -> f32 {
  let r = turns - round(turns);
  let folded = select(r, select(0.5, -0.5, r < 0) - r, abs(r) > 0.25);
  let x = folded * TURN;
  let s = x * x;
  let tail = 1 / 120.0 + s * (-1 / 5040.0 + s * (1 / 362880.0 + s * (-1 / 39916800.0 + s / 6227020800.0)));
  return x * (1 + s * (-1 / 6.0 + s * tail));
}

fn arc_tangent(y: f32, x: f32) -> f32 {
  let least = min(abs(x), abs(y));
  let most = max(abs(x), abs(y));
  let t = select(least / most, 0, most == 0);
  let steep = t > 0.41421356; // tan(pi / 8)
  let u = select(t, (t - 1) / (t + 1), steep);
  let s = u * u;
  let tail = 1 / 7.0 + s * (-1 / 9.0 + s * (1 / 11.0 - s / 13));
  var angle = u * (1 + s * (-1 / 3.0 + s * (1 / 5.0 - s * tail))) + select(0, TURN / 8, steep);
  angle = select(angle, TURN / 4 - angle, abs(y) > abs(x));
  angle = select(angle, TURN / 2 - angle, x < 0);
  return select(angle, -angle, y < 0);
}

fn elevation_of(direction: vec3f) -> f32 {
  return arc_tangent(direction.y, length(direction.xz));
}
