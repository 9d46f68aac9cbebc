// The still panorama in place of the live picture, where nothing can be computed: an ordinary script, since a page that
// is opened as a file may load no modules. What it stands in for is hidden, not removed: its timers and its keys go on.
"use strict";

const OTHER = " The still shows the place that was exported, not that of the link.";

function showStill(sentence) {
  if (document.getElementById("still")) return;
  const frame = document.createElement("iframe");
  const linked = new URLSearchParams(location.hash.slice(1));
  if (["seed", "other", "layout", "blend"].some((name) => linked.has(name))) sentence += OTHER;
  Object.assign(frame, { id: "still", src: `still/index.html${location.hash}`, title: "A still panorama", allow: "fullscreen" });
  frame.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
  const said = document.createElement("p");
  Object.assign(said, { id: "why-still", textContent: sentence, role: "status" });
  said.style.cssText =
    "position: fixed; inset: 16px 16px auto; width: fit-content; max-width: 42rem; margin: 0 auto; padding: 10px 14px;" +
    "border-radius: 10px; background: #0a0c0fd9; color: #e8edf2; font: 14px/1.45 system-ui, sans-serif; text-align: center";
  const close = document.createElement("button");
  Object.assign(close, { textContent: "×", ariaLabel: "Close", onclick: () => said.remove() });
  close.style.cssText = "margin: -6px -8px -6px 4px; padding: 4px 12px; border: 0; background: none; color: inherit; font-size: 18px; cursor: pointer";
  said.append(close);
  for (const live of document.body.children) live.style.display = "none";
  document.body.append(frame, said);
}

if (location.protocol === "file:") {
  showStill(
    "Opened as a file this is a still panorama. Put the folder on a web server, and your graphics processor computes it live.",
  );
}
