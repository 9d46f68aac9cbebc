// The page of an exported panorama: Pannellum in the whole window, a caption, buttons and keys.
"use strict";

const ZOOM = 1.25;
const AHEAD_HFOV = 90; // degrees, straight ahead
const NO_WEBGL = "This browser shows no WebGL, which a panorama needs. The folder “fallback” has its six sides as plain pictures.";

// A page that is opened as a file may read no other files, but it may run scripts: one has small pictures in it.
const asFile = location.protocol === "file:";
const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let viewer = null;

// Where the address says to look, as in #yaw=90&pitch=10&fov=60, in degrees.
const linked = new URLSearchParams(location.hash.slice(1));
const opening = {};
for (const [name, field, most] of [["yaw", "yaw", 360], ["pitch", "pitch", 90], ["fov", "hfov", 170]]) {
  const value = Number.parseFloat(linked.get(name));
  if (Math.abs(value) <= most) opening[field] = value;
}

function show(source) {
  viewer = pannellum.viewer("panorama", {
    ...scene.config, ...opening, ...source, autoLoad: true, showControls: false, strings: { genericWebGLError: NO_WEBGL },
  });
  $("panorama").focus();
}

function describe() {
  document.title = $("title").textContent = scene.title;
  $("credits").textContent = scene.credits;
  $("note").textContent =
    `Opened as a file, it is ${scene.widthAsFile} pixels around; from a web server, it is ${scene.width}.`;
  $("note").hidden = !asFile || scene.widthAsFile === scene.width;
}

// --- What can be done ---

const zoom = (factor) => viewer?.setHfov(viewer.getHfov() / factor, calm ? false : 200);
const ahead = () => viewer.lookAt(0, 0, AHEAD_HFOV, calm ? false : 600);
const alone = () => document.body.classList.toggle("bare");

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

function help() {
  document.body.classList.remove("bare");
  $("help").hidden = !$("help").hidden;
  $("keys").setAttribute("aria-expanded", !$("help").hidden);
}

const away = () => $("help").hidden || help();

const buttons = { in: () => zoom(ZOOM), out: () => zoom(1 / ZOOM), full: fullScreen, keys: help };
for (const [id, action] of Object.entries(buttons)) {
  $(id).addEventListener("click", () => {
    action();
    $("panorama").focus(); // where Pannellum listens to keys
  });
}

const keys = { 0: ahead, f: fullScreen, c: alone, "?": help, escape: away };
addEventListener("keydown", (event) => {
  const action = keys[event.key.toLowerCase()];
  if (action && viewer && !event.ctrlKey && !event.metaKey && !event.altKey) action();
});

// In a window that has become taller, the same width would show what lies above and below the panorama.
addEventListener("resize", () => {
  if (!viewer || scene.config.maxPitch === undefined) return;
  const half = Math.tan((scene.config.maxPitch * Math.PI) / 180) * (innerWidth / innerHeight);
  const widest = (2 * Math.atan(half) * 180) / Math.PI;
  if (viewer.getHfov() > widest) viewer.setHfov(widest, false);
});

describe();
if (asFile) {
  const script = document.createElement("script");
  script.src = "viewer/faces.js";
  script.onload = () => show({ type: "cubemap", cubeMap: faces });
  script.onerror = () => {
    $("note").textContent = "viewer/faces.js is missing: this folder is not whole.";
    $("note").hidden = false;
  };
  document.head.append(script);
} else {
  show({ basePath: "." });
}
