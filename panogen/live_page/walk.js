// The walk from A to B and back. It takes a step whenever a picture has arrived, as far as the time since the last one.

const WAY_MS = 10_000; // from one to the other
const LONGEST_STEP_MS = 500; // however long a picture takes

export class Walk {
  constructor() {
    this.on = false;
  }

  // From a share of the way on, towards B.
  start(share) {
    this.on = true;
    this.angle = Math.acos(1 - 2 * Math.min(share, 0.999)); // at B there is only the way back
    this.at = performance.now();
  }

  stop() {
    this.on = false;
  }

  // The next share of the way: slow near A and near B.
  step() {
    const now = performance.now();
    this.angle += (Math.PI * Math.min(now - this.at, LONGEST_STEP_MS)) / WAY_MS;
    this.at = now;
    return (1 - Math.cos(this.angle)) / 2;
  }
}
