// The view follows the device that shows it: where its back points to, a phone's camera.

import { aroundZero, degrees, radians } from "./view.js";

const LEAST_MOVE_DEG = 0.15; // less is the sensor's noise, and the picture could never rest
const PATIENCE_MS = 1500; // for the first word of the sensor

// Worth offering: there may be a sensor, and fingers to hold it by.
export const canFollow = () => "DeviceOrientationEvent" in window && matchMedia("(pointer: coarse)").matches;

const turn = (axis, angle) => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  if (axis === "x") return [[1, 0, 0], [0, c, -s], [0, s, c]];
  if (axis === "y") return [[c, 0, s], [0, 1, 0], [-s, 0, c]];
  return [[c, -s, 0], [s, c, 0], [0, 0, 1]];
};
const times = (a, b) => a.map((row) => b[0].map((_, k) => row.reduce((sum, value, n) => sum + value * b[n][k], 0)));

// Heading (clockwise from above) and elevation of the line of sight, from the angles of a DeviceOrientationEvent and the
// screen's own, in degrees. The columns of the matrix are the screen's right, its top and what faces the reader, in the
// world's east, north and up. Straight up or down, the line of sight has no heading, and the screen's top has it instead.
export function sight(alpha, beta, gamma, screenAngle = 0) {
  const turns = [["z", alpha], ["x", beta], ["y", gamma], ["z", -screenAngle]];
  const screen = turns.map(([axis, angle]) => turn(axis, radians(angle))).reduce(times);
  const [ahead, top] = [screen.map((row) => -row[2]), screen.map((row) => row[1])];
  const level = Math.hypot(ahead[0], ahead[1]);
  const steep = -Math.sign(ahead[2]) * (1 - level) ** 4;
  const [east, north] = [0, 1].map((axis) => ahead[axis] + steep * top[axis]);
  return { yaw_deg: degrees(Math.atan2(east, north)), pitch_deg: degrees(Math.atan2(ahead[2], level)) };
}

export class Follower {
  // `look(yaw_deg, pitch_deg)` is called as the device turns, `lost(reason)` if it does not tell how it does.
  constructor({ look, lost }) {
    this.on = false;
    this.look = look;
    this.lost = lost;
    this.hear = (event) => this.take(event);
  }

  // Follow from a view on, once the reader lets the page.
  async start(view) {
    this.on = true;
    const allowed = (await DeviceOrientationEvent.requestPermission?.().catch(() => "denied")) ?? "granted";
    if (!this.on) return; // any more
    if (allowed !== "granted") return this.fail("The browser does not let this page know how the device is held.");
    this.seen = null;
    this.face(view);
    addEventListener("deviceorientation", this.hear);
    this.timer = setTimeout(() => this.fail("This device does not tell how it is held."), PATIENCE_MS);
  }

  stop() {
    this.on = false;
    clearTimeout(this.timer);
    removeEventListener("deviceorientation", this.hear);
  }

  fail(reason) {
    this.stop();
    this.lost(reason);
  }

  // Let the device, as it is held now, stand for a view.
  face({ yaw_deg, pitch_deg }) {
    this.view = { yaw_deg, pitch_deg };
    this.from = this.seen;
  }

  take({ alpha, beta, gamma }) {
    if (alpha === null || beta === null || gamma === null) return;
    clearTimeout(this.timer);
    const now = sight(alpha, beta, gamma, window.screen.orientation?.angle);
    this.from ??= now;
    const before = this.seen ?? now;
    const moved = Math.max(Math.abs(aroundZero(now.yaw_deg - before.yaw_deg)), Math.abs(now.pitch_deg - before.pitch_deg));
    if (this.seen && moved < LEAST_MOVE_DEG) return;
    this.seen = now;
    const { view, from } = this;
    this.look(view.yaw_deg + now.yaw_deg - from.yaw_deg, view.pitch_deg + now.pitch_deg - from.pitch_deg);
  }
}
