// The page: what is looked at, its controls, and the picture.

import { listen, listenToKeys } from "./gestures.js";
import { Live } from "./live.js";
import { Picture } from "./picture.js";

const MOST_PIXELS = 1920 * 1080; // asked for at once: more take long to rest
const NARROWEST_DEG = 8;
const WIDEST_DEG = 110;
const LEAST_GAZE = 0.015; // of the window: a smaller move of the gaze is none
const PATIENCE_MS = 1000; // for the answer to a gaze, before the next one is told
const NOTICE_MS = 6000;

const $ = (id) => document.getElementById(id);
const picture = new Picture($);

const look = {
  seed: 0, other: 1, layout: null, share: 0, truncation: 1, projection: "perspective",
  yaw_deg: 0, pitch_deg: 0, fov_deg: 90, gaze_x: 0.5, gaze_y: 0.5, foveated: true, heat: false,
};
let about = { vertical_fov_deg: 180 };
let asked = { number: 0, at: 0, fine: true }; // the newest look, and whether its fine picture is there
let changed = null; // since then: "gaze", "scene" or nothing
let scheduled = false;

const live = new Live({ state, hello, frame, error, saving, saved, file });

// --- What is looked at ---

const isLens = () => look.projection === "perspective";
const radians = (degrees) => (degrees * Math.PI) / 180;
const degrees = (angle) => (angle * 180) / Math.PI;
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// Half of the height of a lens view, in degrees.
const halfHeight = (fov) => degrees(Math.atan((Math.tan(radians(fov / 2)) * innerHeight) / innerWidth));

// Keep the view within what the model knows: beyond it is black. A whole sphere has no beyond.
function keepInside() {
  const edge = about.vertical_fov_deg / 2;
  const band = edge < 90;
  const widest = band ? 2 * degrees(Math.atan((Math.tan(radians(edge)) * innerWidth) / innerHeight)) : WIDEST_DEG;
  look.fov_deg = clamp(look.fov_deg, NARROWEST_DEG, Math.min(WIDEST_DEG, widest));
  const most = band ? Math.max(0, edge - halfHeight(look.fov_deg)) : 90;
  look.pitch_deg = clamp(look.pitch_deg, -most, most);
  look.yaw_deg = ((((look.yaw_deg + 180) % 360) + 360) % 360) - 180;
}

function change(values, what = "scene") {
  Object.assign(look, values);
  keepInside();
  if (changed !== "scene") changed = what;
  schedule();
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    tell();
  });
}

// Tell the server of the newest look. A gaze waits for the answer to the one before, or none would ever be answered
// while the mouse moves; a view that turns has its coarse pictures meanwhile.
function tell() {
  if (!changed || !live.ready) return;
  const waiting = !asked.fine && performance.now() - asked.at < PATIENCE_MS;
  if (changed === "gaze" && waiting) return;
  changed = null;
  asked = { number: live.ask({ ...look, ...size() }), at: performance.now(), fine: false };
  picture.expect(asked.number, isLens());
  showState();
}

function size() {
  const ratio = Math.min(devicePixelRatio, Math.sqrt(MOST_PIXELS / (innerWidth * innerHeight)));
  const side = (pixels) => Math.max(16, 2 * Math.floor((pixels * ratio) / 2));
  return { width: side(innerWidth), height: side(innerHeight) };
}

function turn(right, up) {
  const across = isLens() ? look.fov_deg : 360;
  change({ yaw_deg: look.yaw_deg + right * across, pitch_deg: look.pitch_deg + (isLens() ? up * across : 0) });
}

function zoom(factor) {
  if (!isLens()) return;
  const half = Math.tan(radians(look.fov_deg / 2)) / factor;
  change({ fov_deg: 2 * degrees(Math.atan(half)) });
}

function gaze(x, y) {
  const area = picture.place();
  const [gaze_x, gaze_y] = [clamp((x - area.x) / area.width, 0, 1), clamp((y - area.y) / area.height, 0, 1)];
  picture.mark(x, y);
  const moved = Math.hypot((gaze_x - look.gaze_x) * area.width, (gaze_y - look.gaze_y) * area.height) / innerWidth;
  if (!look.foveated) Object.assign(look, { gaze_x, gaze_y });
  else if (moved >= LEAST_GAZE) change({ gaze_x, gaze_y }, "gaze");
}

function frame(header, bitmap) {
  picture.show(header, bitmap);
  if (header.number === asked.number && header.level > 0) asked.fine = true;
  schedule();
}

// --- The controls ---

function showState() {
  const compass = isLens() ? look.fov_deg : 359.9;
  const [from, to] = [-1, 1].map((side) => radians(look.yaw_deg + (side * compass) / 2));
  const point = (angle) => `${(13 * Math.sin(angle)).toFixed(2)} ${(-13 * Math.cos(angle)).toFixed(2)}`;
  $("wedge").setAttribute("d", `M0 0 L${point(from)} A13 13 0 ${compass > 180 ? 1 : 0} 1 ${point(to)} Z`);
  const words = (angle, more, less) => `${Math.round(Math.abs(angle))}° ${angle < 0 ? less : more}`;
  const heading = words(look.yaw_deg, "right", "left");
  $("where").textContent = isLens()
    ? `${heading}, ${words(look.pitch_deg, "up", "down")}, ${Math.round(look.fov_deg)}° wide`
    : `${heading}, all around`;
  for (const name of ["seed", "other", "layout", "share", "truncation"]) {
    if (document.activeElement !== $(name)) $(name).value = look[name];
  }
  document.querySelector('output[for="share"]').textContent = `${Math.round(100 * look.share)} %`;
  document.querySelector('output[for="truncation"]').textContent = look.truncation.toFixed(2);
  document.querySelector(`[name="projection"][value="${look.projection}"]`).checked = true;
  $("foveated").checked = look.foveated;
  $("heat").checked = look.heat;
  $("heat").disabled = !look.foveated;
  $("save-height").disabled = !isLens();
}

function setSeed(name, value) {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) change({ [name]: value });
}

const randomSeed = (name) => setSeed(name, Math.floor(Math.random() * 10000));
const check = (name) => change({ [name]: !look[name] });

for (const name of ["seed", "other", "layout"]) {
  $(name).addEventListener("input", () => setSeed(name, $(name).valueAsNumber));
  $(`new-${name}`).addEventListener("click", () => randomSeed(name));
}
$("layout").addEventListener("input", () => $("layout").value || change({ layout: null })); // emptied: their own
$("seed").addEventListener("input", () => about.place && !$("seed").value && change({ seed: null })); // the page's own
for (const name of ["share", "truncation"]) {
  $(name).addEventListener("input", () => change({ [name]: $(name).valueAsNumber }));
}
for (const name of ["foveated", "heat"]) $(name).addEventListener("change", () => check(name));
$("projections").addEventListener("change", (event) => change({ projection: event.target.value }));
$("toggle").addEventListener("click", toggle);
$("panel").addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
addEventListener("resize", () => {
  picture.draw();
  change({});
});

function toggle() {
  const bare = document.body.classList.toggle("bare");
  $("toggle").setAttribute("aria-expanded", !bare);
}

function nextProjection() {
  const names = [...document.getElementsByName("projection")].map((input) => input.value);
  change({ projection: names[(names.indexOf(look.projection) + 1) % names.length] });
}

function help() {
  document.body.classList.remove("bare");
  $("toggle").setAttribute("aria-expanded", true);
  $("help").open = !$("help").open;
  $("help").scrollIntoView({ block: "nearest" });
}

listen(picture.canvas, { turn, zoom, gaze });
listenToKeys({ turn, zoom }, {
  0: () => change({ yaw_deg: 0, pitch_deg: 0, fov_deg: 90 }),
  n: () => randomSeed("seed"),
  b: () => randomSeed("other"),
  l: () => about.has_layouts && randomSeed("layout"),
  x: () => look.seed !== null && change({ seed: look.other, other: look.seed }),
  p: nextProjection,
  f: () => check("foveated"),
  h: () => check("heat"),
  s: save,
  c: toggle,
  "?": help,
});

// --- Saving ---

function save() {
  if (!$("saved").hidden) return live.say("cancel");
  const [width, height] = ["save-width", "save-height"].map((name) => $(name).valueAsNumber || 0);
  if (!live.ready) return;
  showSaving(0);
  live.say("save", { ...look, number: 0, width, height: isLens() ? height : 16, suffix: $("suffix").value });
}

function showSaving(share) {
  $("saved").hidden = share === null;
  $("saved").value = share ?? 0;
  $("save").textContent = share === null ? "Save" : "Stop";
}

function saving({ share }) {
  showSaving(share);
}

function saved({ message }) {
  showSaving(null);
  if (message) error({ message });
}

function file({ suffix }, content) {
  showSaving(null);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: suffix === ".png" ? "image/png" : "image/jpeg" }));
  link.download = look.seed === null ? `place${suffix}` : `seed${String(look.seed).padStart(4, "0")}${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- The server ---

function hello(message) {
  if (!about.model) Object.assign(look, { seed: message.seed, layout: message.layout });
  about = message;
  $("seed").placeholder = about.place ?? "";
  for (const element of document.querySelectorAll(".layouts")) element.hidden = !about.has_layouts;
  $("model").textContent = about.model;
  change({});
}

function state(connected) {
  if (connected) notice("");
  else {
    showSaving(null);
    notice("The server is gone; this page goes on when panogen view runs again.", true);
  }
}

function error({ message }) {
  if (!$("saved").value) showSaving(null); // it was not even begun
  notice(message);
}

let noticeTimer = 0;
function notice(text, stays = false) {
  clearTimeout(noticeTimer);
  $("notice").classList.toggle("on", text !== "");
  if (text) $("notice").textContent = text;
  if (text && !stays) noticeTimer = setTimeout(() => notice(""), NOTICE_MS);
}

if (innerWidth <= 640) toggle();
showState();
