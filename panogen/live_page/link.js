// The look in the page's address, behind its "#".

const PAUSE_MS = 400; // between two changes of the address: browsers allow some 100 in half a minute

const number = (least, most, digits) => ({
  words: `a number from ${least} to ${most}`,
  read: (text) => (text.trim() && text >= least && text <= most ? Number(text) : undefined),
  write: (value) => String(Number(value.toFixed(digits))),
});
const seed = {
  words: "a whole number from 0 to 4294967295",
  read: (text) => (/^\d+$/.test(text) && text < 2 ** 32 ? Number(text) : undefined),
  write: String,
};
const layout = {
  words: `${seed.words}, or "own"`,
  read: (text) => (text === "own" ? null : seed.read(text)),
  write: (value) => value ?? "own",
};
const choice = (...names) => ({
  words: `one of ${names.join(", ")}`,
  read: (text) => (names.includes(text) ? text : undefined),
  write: String,
});
const flag = { words: "0 or 1", read: (text) => (text === "0" ? false : text === "1" ? true : undefined), write: Number };

// Names in the address, fields of the look, and their kinds.
const FIELDS = [
  ["seed", "seed", seed],
  ["other", "other", seed],
  ["blend", "blend", choice("between", "around")],
  ["share", "share", number(0, 1, 3)],
  ["layout", "layout", layout],
  ["truncation", "truncation", number(-2, 2, 3)],
  ["projection", "projection", choice("perspective", "cylindrical", "equirectangular")],
  ["yaw", "yaw_deg", number(-360, 360, 2)],
  ["pitch", "pitch_deg", number(-90, 90, 2)],
  ["fov", "fov_deg", number(1, 170, 2)],
  ["foveated", "foveated", flag],
  ["heat", "heat", flag],
];

const short = (text) => (text.length > 40 ? `${text.slice(0, 37)}...` : text);

// What an address says of the look, and a sentence on the first thing in it that makes no sense, if any does.
export function read(hash) {
  const values = {};
  let wrong = "";
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    const [, field, kind] = FIELDS.find(([known]) => known === name) ?? [];
    const value = kind?.read(text);
    if (value !== undefined) values[field] = value;
    else if (kind) wrong ||= `${name} must be ${kind.words}, got "${short(text)}"`;
    else wrong ||= `"${short(name)}" is no field`;
  }
  return { values, wrong };
}

// The whole look. A seed that is none, the place that the page opened with, is left out.
export function written(look) {
  const said = FIELDS.filter(([, field]) => field !== "seed" || look.seed !== null);
  return "#" + said.map(([name, field, kind]) => `${name}=${kind.write(look[field])}`).join("&");
}

export class Link {
  constructor(look) {
    this.look = look;
    this.last = "";
    this.timer = 0;
  }

  // What the page opens with needs no telling.
  begin() {
    this.last = written(this.look);
  }

  // Keep the address up to date, soon.
  follow() {
    this.timer ||= setTimeout(() => this.write(), PAUSE_MS);
  }

  write() {
    clearTimeout(this.timer);
    this.timer = 0;
    const hash = written(this.look);
    if (hash !== this.last) history.replaceState(null, "", hash);
    this.last = hash;
  }

  // Into the clipboard, and return what to say of it.
  async copy() {
    this.last = "";
    this.write();
    try {
      await navigator.clipboard.writeText(location.href);
      return "The link is in the clipboard.";
    } catch {
      return "The clipboard cannot be written to; the address of this page is the link.";
    }
  }
}
