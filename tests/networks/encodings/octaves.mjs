// Numbers of nodes, from JSON [[layout, octave, x, y, channel], ...] on stdin: what a page would compute.
import { readFileSync } from "node:fs";

const KEY = 0x6f637476; // "octv"

function pcg4d(words) {
  const v = words.map((word) => (Math.imul(word, 1664525) + 1013904223) >>> 0);
  const mix = () => {
    v[0] = (v[0] + Math.imul(v[1], v[3])) >>> 0;
    v[1] = (v[1] + Math.imul(v[2], v[0])) >>> 0;
    v[2] = (v[2] + Math.imul(v[0], v[1])) >>> 0;
    v[3] = (v[3] + Math.imul(v[1], v[2])) >>> 0;
  };
  mix();
  for (let k = 0; k < 4; k++) v[k] = (v[k] ^ (v[k] >>> 16)) >>> 0;
  mix();
  return v;
}

function normal(word) {
  const bytes = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  const t = (bytes - 510) / Math.sqrt(21845);
  return t * (0.9490332780956338 + 0.018642382500669012 * t * t);
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const numbers = asked.map(([layout, octave, x, y, channel]) => {
  const [key] = pcg4d([layout, octave, channel >> 2, KEY]);
  return normal(pcg4d([x, y, 0, key])[channel & 3]);
});
process.stdout.write(JSON.stringify(numbers));
