// Mouse, fingers, wheel and keys on the canvas, as turns, zooms and gazes.

const WHEEL = 0.0015; // of a zoom's logarithm, for a pixel of the wheel
const KEY_TURN = 0.06; // of the width of the view
const KEY_ZOOM = 1.12;

// `on.turn(x, y)` in shares of the window, `on.zoom(factor)`, `on.gaze(x, y)` in pixels of the window.
export function listen(canvas, on) {
  const fingers = new Map();

  const spread = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    canvas.classList.add("held");
    if (fingers.size === 1) on.gaze(event.clientX, event.clientY);
  });

  canvas.addEventListener("pointermove", (event) => {
    const here = { x: event.clientX, y: event.clientY };
    const before = fingers.get(event.pointerId);
    if (before && fingers.size === 2) {
      const apart = spread();
      fingers.set(event.pointerId, here);
      on.zoom(spread() / Math.max(apart, 1));
      return;
    }
    if (before) {
      fingers.set(event.pointerId, here);
      on.turn((before.x - here.x) / innerWidth, (here.y - before.y) / innerWidth);
    }
    if (fingers.size < 2) on.gaze(here.x, here.y);
  });

  const release = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) canvas.classList.remove("held");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * [1, 16, innerHeight][event.deltaMode];
      on.zoom(Math.exp(-WHEEL * Math.max(-240, Math.min(240, pixels))));
    },
    { passive: false },
  );
}

// Arrows, plus and minus, and the letters of `actions`; a field that is typed into keeps its keys, a slider its arrows.
export function listenToKeys(on, actions) {
  const turns = {
    ArrowLeft: [-KEY_TURN, 0],
    ArrowRight: [KEY_TURN, 0],
    ArrowUp: [0, KEY_TURN],
    ArrowDown: [0, -KEY_TURN],
  };
  const zooms = { "+": KEY_ZOOM, "=": KEY_ZOOM, "-": 1 / KEY_ZOOM, _: 1 / KEY_ZOOM };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input[type=number], select")) return;
    if (event.key in turns && event.target.matches("input[type=range], input[type=radio]")) return;
    const action = actions[event.key.toLowerCase()];
    if (event.key in turns) on.turn(...turns[event.key]);
    else if (event.key in zooms) on.zoom(zooms[event.key]);
    else if (action && !event.repeat) action();
    else return;
    event.preventDefault();
  });
}
