// Where the view goes: within what the model knows, and in words.

const NARROWEST_DEG = 8;
const WIDEST_DEG = 110;

export const radians = (degrees) => (degrees * Math.PI) / 180;
export const degrees = (angle) => (angle * 180) / Math.PI;
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
export const isLens = (look) => look.projection === "perspective";
export const aroundZero = (angle) => ((((angle + 180) % 360) + 360) % 360) - 180;

// Keep a look within what a model knows, of which `closed` says whether it is a circle: beyond it is black. A whole
// sphere has no beyond.
export function keepInside(look, { vertical_fov_deg, closed }) {
  if (!closed) Object.assign(look, { projection: "perspective", blend: "between" });
  const shape = innerWidth && innerHeight ? innerWidth / innerHeight : 1; // a frame that is hidden has no size
  const edge = vertical_fov_deg / 2;
  const band = edge < 90;
  const widest = band ? scaled(2 * edge, shape) : WIDEST_DEG;
  look.fov_deg = clamp(look.fov_deg, NARROWEST_DEG, Math.min(WIDEST_DEG, widest));
  const most = band ? Math.max(0, edge - scaled(look.fov_deg, 1 / shape) / 2) : 90;
  look.pitch_deg = clamp(look.pitch_deg, -most, most);
  look.yaw_deg = aroundZero(look.yaw_deg);
}

// The field of view of a lens picture that is `factor` times as large as one of `fov_deg`.
export const scaled = (fov_deg, factor) => 2 * degrees(Math.atan(Math.tan(radians(fov_deg / 2)) * factor));

export function inWords(look) {
  const words = (angle, more, less) => {
    const whole = Math.round(Math.abs(angle));
    return `${whole}° ${whole && angle < 0 ? less : more}`;
  };
  const heading = words(look.yaw_deg, "right", "left");
  return isLens(look)
    ? `${heading}, ${words(look.pitch_deg, "up", "down")}, ${Math.round(look.fov_deg)}° wide`
    : `${heading}, all around`;
}
