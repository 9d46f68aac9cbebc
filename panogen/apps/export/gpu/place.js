// Places: the same ones that panogen draws from the same seeds.

// The Mersenne Twister and the normal numbers of numpy.random.RandomState(seed).
export class RandomState {
  constructor(seed) {
    this.state = new Uint32Array(624);
    this.state[0] = seed;
    for (let i = 1; i < 624; i++) {
      const last = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(1812433253, last) + i;
    }
    this.position = 624;
    this.kept = null;
  }

  word() {
    if (this.position === 624) this.turn();
    let y = this.state[this.position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  turn() {
    const { state } = this;
    for (let i = 0; i < 624; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
      state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }

  // In [0, 1), with 53 bits.
  uniform() {
    const [high, low] = [this.word() >>> 5, this.word() >>> 6];
    return (high * 67108864 + low) / 9007199254740992;
  }

  // Marsaglia's polar method, which gives two at a time: the second one first.
  normal() {
    if (this.kept !== null) {
      const kept = this.kept;
      this.kept = null;
      return kept;
    }
    let [x, y, square] = [0, 0, 0];
    while (square >= 1 || square === 0) {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    }
    const length = Math.sqrt((-2 * Math.log(square)) / square);
    this.kept = length * x;
    return length * y;
  }

  normals(count) {
    return Array.from({ length: count }, () => Math.fround(this.normal()));
  }
}

const lerp = (a, b, share) => a.map((value, i) => value + share * (b[i] - value));

// What is shown of a model by a look: two latents and two layouts, and how much each counts where.
export function placeOf(model, { seed, other, layout, share, truncation, blend }) {
  const ws = (number) =>
    lerp(model.wAvg, model.map(new RandomState(number).normals(model.generator.z_dim)), truncation);
  const layouts = [layout ?? seed, layout ?? other];
  const around = blend === "around";
  const same = layouts[0] === layouts[1];
  const length = Math.hypot(1 - share, share);
  const first = Array.from(ws(seed));
  const mean = around || share === 0 ? first : lerp(first, ws(other), share);
  return {
    first: mean,
    second: around ? ws(other) : mean,
    layouts,
    around,
    followsShare: around && !same,
    amplitudes: same || around ? [1, 0] : [(1 - share) / length, share / length],
  };
}

// --- The pace of a blend around the circle: all columns change alike, as panogen.rendering.perceptual has it ---

export const COLUMNS = 16,
  ROWS = 16,
  STEPS = 24; // of the points where two places meet, and of the way between them
const FINE = 8;
export const PLACES = STEPS * FINE + 1; // of a change, evenly across
export const SOFTNESS = 0.75; // the share of the way between two places that a change takes
const HALVINGS = 40;
const STILL = 1e-3;

// Shares of the way that places evenly across a change have gone, from rates of change [STEPS][COLUMNS].
export function pace(rates) {
  const mean = rates.flat().reduce((sum, rate) => sum + rate, 0) / (STEPS * COLUMNS);
  const raised = rates.map((row) => row.map((rate) => rate + STILL * mean + Number.MIN_VALUE));
  const arrivals = (common) => {
    const way = [0];
    for (let step = 0; step < STEPS * FINE; step++) {
      const place = way.at(-1);
      way.push(place + rateAt(raised[Math.floor(step / FINE)], place) / common / (STEPS * FINE));
    }
    return way;
  };
  let [low, high] = [Math.min(...raised.flat()), Math.max(...raised.flat())];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (arrivals(middle).at(-1) < 1) high = middle;
    else low = middle;
  }
  const way = arrivals((low + high) / 2);
  return interpolated(way.map((place) => place / way.at(-1)));
}

function rateAt(row, place) {
  const position = Math.max(0, Math.min(COLUMNS - 1, place * COLUMNS - 0.5));
  const left = Math.min(Math.floor(position), COLUMNS - 2);
  return row[left] + (position - left) * (row[left + 1] - row[left]);
}

// Indices in [0, 1] at which rising places reach as many numbers evenly in [0, 1].
function interpolated(places) {
  const last = places.length - 1;
  let at = 0;
  return places.map((_, i) => {
    const wanted = i / last;
    while (at < last - 1 && places[at + 1] < wanted) at++;
    const rest = (wanted - places[at]) / (places[at + 1] - places[at]);
    return (at + Math.min(1, rest)) / last;
  });
}

// Mean share of the second place over 360 azimuths, a degree apart.
export function meanShare(tables) {
  let sum = 0;
  for (let degree = 0; degree < 360; degree++) {
    const change = degree < 180 ? 0 : 1;
    const across = Math.max(0, Math.min(1, ((degree % 180) / 180 - 0.5) / SOFTNESS + 0.5));
    const position = across * (PLACES - 1);
    const left = Math.min(Math.floor(position), PLACES - 2);
    const gone = tables[change][left] + (position - left) * (tables[change][left + 1] - tables[change][left]);
    sum += change ? 1 - gone : gone;
  }
  return sum / 360;
}
