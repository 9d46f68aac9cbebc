// The still panorama in place of the live picture, where nothing can be computed: an ordinary script, since a page that
// is opened as a file may load no modules. What it stands in for is hidden, not removed: its timers and its keys go on.
"use strict";

function showStill(sentence) {
  if (document.getElementById("still")) return;
  const frame = document.createElement("iframe");
  Object.assign(frame, { id: "still", src: "still/index.html", title: "A still panorama", allow: "fullscreen" });
  frame.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
  const said = document.createElement("p");
  Object.assign(said, { id: "why-still", textContent: sentence, role: "status" });
  said.style.cssText =
    "position: fixed; left: 50%; bottom: 16px; translate: -50% 0; max-width: min(42rem, 90vw); margin: 0; padding: 10px 14px;" +
    "border-radius: 10px; background: #0a0c0fd9; color: #e8edf2; font: 14px/1.45 system-ui, sans-serif; text-align: center";
  for (const live of document.body.children) live.style.display = "none";
  document.body.append(frame, said);
}

if (location.protocol === "file:") {
  showStill(
    "Opened as a file this is a still panorama. Put the folder on a web server, and your graphics processor computes it live.",
  );
}
