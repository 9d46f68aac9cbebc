// A view that becomes a file.

import { isLens } from "./view.js";

export class Saving {
  constructor($) {
    this.$ = $;
  }

  // Have a source begin with a look, or end what was begun.
  toggle(source, look) {
    if (this.on) return source.say("cancel");
    if (!source.ready) return;
    const [width, height] = ["save-width", "save-height"].map((id) => this.$(id).valueAsNumber || 0);
    this.look = { ...look };
    this.show(0);
    const suffix = this.$("suffix").value;
    source.say("save", { ...look, number: 0, width, height: isLens(look) ? height : 16, suffix });
  }

  // The share that is done; null where nothing is being saved.
  show(share) {
    this.$("saved").hidden = share === null;
    this.$("saved").value = share ?? 0;
    this.$("save").textContent = share === null ? "Save" : "Stop";
  }

  get on() {
    return !this.$("saved").hidden;
  }

  get begun() {
    return this.$("saved").value > 0;
  }

  take({ suffix }, content) {
    this.show(null);
    const { seed } = this.look;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: suffix === ".png" ? "image/png" : "image/jpeg" }));
    link.download = seed === null ? `place${suffix}` : `seed${String(seed).padStart(4, "0")}${suffix}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
