// The page: what is looked at, what is asked of the source, and what comes back.

import { Controls } from "./controls.js";
import { listen, listenToKeys } from "./gestures.js";
import { Link, read } from "./link.js";
import { canFollow, Follower } from "./orientation.js";
import { Picture } from "./picture.js";
import { Saving } from "./saving.js";
import { Source } from "./source.js";
import { clamp, isLens, keepInside, scaled } from "./view.js";
import { Walk } from "./walk.js";

const MOST_PIXELS = 1920 * 1080; // asked for at once: more take long to rest
const LEAST_GAZE = 0.015; // of the window: a smaller move of the gaze is none
const PATIENCE_MS = 1000; // for the answer to a gaze, before the next one is told
const NOTICE_MS = 6000;
const SOON_MS = 1000; // a first picture that takes longer is announced
const FIRST = "The first picture is being computed…";
const NARROW = 640; // pixels of a window that the controls would hide
const URGENCY = [null, "gaze", "step", "scene"]; // of what changed: where the gaze is, a step of the walk, all else

const $ = (id) => document.getElementById(id);

const look = {
  seed: 0, other: 1, layout: null, blend: "between", share: 0, truncation: 1, projection: "perspective",
  yaw_deg: 0, pitch_deg: 0, fov_deg: 90, gaze_x: 0.5, gaze_y: 0.5, foveated: true, heat: false,
};
const opening = { ...look }; // what a link changes
let about = { vertical_fov_deg: 180, closed: true };
let asked = { number: 0, at: 0, fine: true, what: null }; // the newest look, and whether its fine picture is there
let changed = null; // since then
let scheduled = false;

const picture = new Picture($);
const walk = new Walk();
const link = new Link(look);
const save = new Saving($);
const follower = new Follower({
  look: (yaw_deg, pitch_deg) => change({ yaw_deg, pitch_deg }),
  lost: (reason) => {
    $("follow").checked = false;
    notice(reason);
  },
});

// --- What is looked at ---

function change(values, what = "scene") {
  Object.assign(look, values);
  keepInside(look, about);
  if (URGENCY.indexOf(what) > URGENCY.indexOf(changed)) changed = what;
  if (about.model) link.follow();
  schedule();
}

// Turn to where the reader wants, whatever the device that is followed says.
function face(values) {
  change(values);
  follower.face(look);
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    tell();
  });
}

// Tell the source of the newest look. A gaze waits for the answer to the one before, or none would ever be answered
// while the mouse moves; a view that turns has its coarse pictures meanwhile.
function tell() {
  if (!changed || !source.ready) return;
  const waiting = !asked.fine && performance.now() - asked.at < PATIENCE_MS;
  if (changed === "gaze" && waiting) return;
  asked = { number: source.ask({ ...look, ...size() }), at: performance.now(), fine: false, what: changed };
  changed = null;
  picture.expect(asked.number, isLens(look));
  controls.show(look);
}

function size() {
  const ratio = Math.min(devicePixelRatio, Math.sqrt(MOST_PIXELS / (innerWidth * innerHeight)));
  const side = (pixels) => Math.max(16, 2 * Math.floor((pixels * ratio) / 2));
  return { width: side(innerWidth), height: side(innerHeight) };
}

function turn(right, up) {
  const across = isLens(look) ? look.fov_deg : 360;
  face({ yaw_deg: look.yaw_deg + right * across, pitch_deg: look.pitch_deg + (isLens(look) ? up * across : 0) });
}

function zoom(factor) {
  if (isLens(look)) change({ fov_deg: scaled(look.fov_deg, 1 / factor) });
}

function gaze(x, y) {
  const area = picture.place();
  const [gaze_x, gaze_y] = [clamp((x - area.x) / area.width, 0, 1), clamp((y - area.y) / area.height, 0, 1)];
  picture.mark(x, y);
  const moved = Math.hypot((gaze_x - look.gaze_x) * area.width, (gaze_y - look.gaze_y) * area.height) / innerWidth;
  if (!look.foveated) Object.assign(look, { gaze_x, gaze_y });
  else if (moved >= LEAST_GAZE) change({ gaze_x, gaze_y }, "gaze");
}

// --- What the reader does ---

// Take a value of a control. One that is typed may be none yet, or empty: the layouts of the places, or the page's place.
function set(name, value) {
  if (["seed", "other", "layout"].includes(name)) {
    if (value === "" && (name === "layout" || (name === "seed" && about.place))) value = null;
    else if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) return;
  }
  if (name === "share") stopWalking();
  change({ [name]: value });
}

const another = (name) => set(name, Math.floor(Math.random() * 10000));
const check = (name) => change({ [name]: !look[name] });
const keep = () => save.toggle(source, look);
const copy = async () => about.model && notice(await link.copy());
const swap = () => look.seed !== null && change({ seed: look.other, other: look.seed });

function next(name) {
  const values = [...document.getElementsByName(name)].map((input) => input.value);
  change({ [name]: values[(values.indexOf(look[name]) + 1) % values.length] });
}

function toggleWalk() {
  if (walk.on) return stopWalking();
  walk.start(look.share);
  controls.press("walk", true);
  change({ blend: "between" }, "step");
}

function stopWalking() {
  walk.stop();
  controls.press("walk", false);
}

function toggleFullScreen() {
  if (!document.fullscreenEnabled) return;
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  done.catch(() => notice("The browser does not let this page fill the screen."));
}

function toggleFollowing() {
  if (follower.on) follower.stop();
  else follower.start(look);
}

const controls = new Controls($, {
  set, another, walk: toggleWalk, copy, full: toggleFullScreen, follow: toggleFollowing, save: keep,
});
listen(picture.canvas, { turn, zoom, gaze });
listenToKeys({ turn, zoom }, {
  0: () => face({ yaw_deg: 0, pitch_deg: 0, fov_deg: 90 }),
  n: () => another("seed"),
  b: () => another("other"),
  l: () => about.has_layouts && another("layout"),
  x: swap,
  a: () => next("blend"),
  w: toggleWalk,
  p: () => next("projection"),
  f: () => check("foveated"),
  h: () => check("heat"),
  s: keep,
  k: copy,
  g: toggleFullScreen,
  c: () => controls.toggle(),
  "?": () => controls.help(),
  escape: () => controls.closeHelp(),
});
addEventListener("hashchange", () => about.model && open());
addEventListener("resize", () => {
  picture.draw();
  change({});
});

// --- What the source says ---

function hello(message) {
  const first = !about.model;
  about = message;
  controls.introduce(about);
  if (!first) return change({});
  Object.assign(opening, { seed: about.seed, layout: about.layout, truncation: about.truncation ?? 1 }, about.look);
  open();
  link.begin();
}

// Look at what the link says, and for the rest at what the page opens with.
function open() {
  const { values, wrong } = read(location.hash);
  stopWalking();
  face({ ...opening, ...values });
  if (wrong) notice(`In the link ${wrong}; that is left out.`);
}

// A picture that is better than what is shown. The coarse ones of a walk would be flicker between the fine ones.
function frame(header, bitmap) {
  const newest = header.number === asked.number;
  if (newest && asked.what === "step" && header.level === 0) return bitmap.close();
  picture.show(header, bitmap);
  if ($("notice").textContent === FIRST) notice("");
  clearTimeout(announcing);
  if (newest && header.level > 0 && !asked.fine) {
    asked.fine = true;
    if (walk.on) change({ share: walk.step() }, "step");
  }
  schedule();
}

function state(connected, reason) {
  if (!connected || $("notice").textContent !== FIRST) notice(connected ? "" : reason, true);
  if (!connected) save.show(null);
  else if (about.model) change({}); // what it was asked for last is lost
}

function error({ message }) {
  if (!save.begun) save.show(null);
  stopWalking();
  notice(message);
}

function saving({ share }) {
  if (save.on) save.show(share); // it may come behind the file
}

function saved({ message }) {
  save.show(null);
  if (message) error({ message });
}

function file(header, content) {
  save.take(header, content);
}

const announcing = setTimeout(() => {
  if (!$("notice").classList.contains("on")) notice(FIRST, true);
}, SOON_MS);
let noticeTimer = 0;
function notice(text, stays = false) {
  clearTimeout(noticeTimer);
  $("notice").classList.toggle("on", text !== "");
  if (text) $("notice").textContent = text;
  if (text && !stays) noticeTimer = setTimeout(() => notice(""), NOTICE_MS);
}

$("following").hidden = !canFollow();
if (innerWidth <= NARROW) controls.toggle();
controls.show(look);
const source = new Source({ state, hello, frame, error, saving, saved, file });
