// The panel of controls: what it shows of the look, and what is done with it.

import { inWords, isLens, radians } from "./view.js";

const SEEDS = ["seed", "other", "layout"];
const SLIDERS = ["share", "truncation"];
const SWITCHES = ["foveated", "heat"];
const CHOICES = ["projection", "blend"];

export class Controls {
  // `on.set(name, value)` is called with a field of the look, and a function of `on` for each button by its id.
  constructor($, on) {
    this.$ = $;
    for (const name of SEEDS) $(name).addEventListener("input", () => on.set(name, $(name).value && $(name).valueAsNumber));
    for (const name of SLIDERS) $(name).addEventListener("input", () => on.set(name, $(name).valueAsNumber));
    for (const name of SWITCHES) $(name).addEventListener("change", () => on.set(name, $(name).checked));
    for (const name of CHOICES) $(`${name}s`).addEventListener("change", (event) => on.set(name, event.target.value));
    for (const name of SEEDS) $(`new-${name}`).addEventListener("click", () => on.another(name));
    for (const id of ["walk", "copy", "full", "follow"]) $(id).addEventListener("click", on[id]);
    $("toggle").addEventListener("click", () => this.toggle());
    $("panel").addEventListener("submit", (event) => {
      event.preventDefault();
      on.save();
    });
    document.addEventListener("fullscreenchange", () => this.press("full", document.fullscreenElement !== null));
    $("full").hidden = !document.fullscreenEnabled;
  }

  press(id, pressed) {
    this.$(id).setAttribute("aria-pressed", pressed);
  }

  // What the source said of itself.
  introduce(about) {
    const { $ } = this;
    document.title = about.title;
    $("model").textContent = about.model;
    $("credit").textContent = about.credit;
    $("seed").placeholder = about.place ?? "";
    for (const element of document.querySelectorAll(".layouts")) element.hidden = !about.has_layouts;
    for (const element of document.querySelectorAll(".circle")) element.hidden = !about.closed;
  }

  show(look) {
    const { $ } = this;
    this.showCompass(look);
    $("where").textContent = inWords(look);
    for (const name of SEEDS) if (document.activeElement !== $(name)) $(name).value = look[name] ?? "";
    for (const name of SLIDERS) $(name).value = look[name];
    document.querySelector('output[for="share"]').textContent = `${Math.round(100 * look.share)} %`;
    document.querySelector('output[for="truncation"]').textContent = look.truncation.toFixed(2);
    for (const name of CHOICES) document.querySelector(`[name="${name}"][value="${look[name]}"]`).checked = true;
    for (const name of SWITCHES) $(name).checked = look[name];
    $("share").disabled = $("walk").disabled = look.blend === "around";
    $("heat").disabled = !look.foveated;
    $("save-height").disabled = !isLens(look);
  }

  showCompass(look) {
    const across = isLens(look) ? look.fov_deg : 359.9;
    const [from, to] = [-1, 1].map((side) => radians(look.yaw_deg + (side * across) / 2));
    const point = (angle) => `${(13 * Math.sin(angle)).toFixed(2)} ${(-13 * Math.cos(angle)).toFixed(2)}`;
    this.$("wedge").setAttribute("d", `M0 0 L${point(from)} A13 13 0 ${across > 180 ? 1 : 0} 1 ${point(to)} Z`);
  }

  toggle(bare = !document.body.classList.contains("bare")) {
    document.body.classList.toggle("bare", bare);
    this.$("toggle").setAttribute("aria-expanded", !bare);
  }

  help() {
    this.toggle(false);
    this.$("help").open = !this.$("help").open;
    this.$("help").scrollIntoView({ block: "nearest" });
  }

  closeHelp() {
    this.$("help").open = false;
  }
}
