"""The live page beside our own pictures: what its shaders compute, how long they take, and when it shows a picture.

    python benchmarks/live.py
    python benchmarks/live.py --seed 0 --width 160
    python benchmarks/live.py --onnxruntime node_modules/onnxruntime-web

The browser's graphics processor is one in software, so that times here say how they compare with one another and
nothing of a real one: what that would take is worked out from the operations and bytes of a point. The package of
onnxruntime-web, and onnx beside it, run the same products of the same points in the same browser.
"""

import base64
import contextlib
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.api import Panogen
from panogen.apps.export import Export, Live, save_export
from panogen.base.arrays import Integers
from panogen.base.runtime import keep_large_buffers
from panogen.foveation import Acuity, Foveation
from panogen.grids import Perspective
from panogen.grids.view import View
from panogen.metrics.psnr import psnr_db
from panogen.networks import FourierConfig, OctavesConfig, PlanesConfig, SkylineConfig, TableConfig
from panogen.networks.config import NoiseConfig
from panogen.networks.layers import SLOPE
from panogen.places import Blend, Place, Seed
from panogen.rendering.plans.folded import FoldedPlan

sys.path.append(str(Path(__file__).parent.parent))

from tests.browser import AHEAD, WEBGPU, Browser, served

STILL = Export(width=64, tile=32, tiling=Live.name)  # the panorama for where nothing can be computed is not measured
CAMERAS = ((0, 0, 90), (100, 12, 60), (-170, -10, 45))  # yaw, pitch and field of view, in degrees
LAYOUT = 9  # one that is not a seed's own
LAW = Acuity(0.0275)  # that of the page
EDGE_RAD = 1e-5  # pixels so near the edge of the fovea may be on either side of it
SHOWN = Perspective(1280, 720)  # on a graphics processor
TFLOPS, SHARE = (1, 5, 20), 0.3  # of a graphics processor: its peak, and what our shaders may reach of it
WORKGROUP = 64  # threads
POLL_S, PATIENCE_S = 0.02, 600
PARTS = ("beginning", "expected", "speed", "parity", "onnxruntime")
BLANK = "<!doctype html><link rel=icon href='data:,'>"

# Operations in encodings.wgsl and in the layers of shaders.js, as they are written, integer and floating-point alike.
PLACING = 80  # seen_at
WAVE = 40  # one Fourier feature
NODE = 100  # one node of one octave for four channels: 35 for its hash, 56 for the normals of it, and its weight
TAPS = 100  # of one octave for four channels
NODES = {1: 4, 2: 16, 3: 27}  # by the dimensions of the lattice
CELLS = 300  # of a table for four channels
STYLING = 3  # of an input of a layer, by every thread that shares the point
FINISHING, COLOURING = 13, 12  # of an output of a layer, and of one that gives colours

ENGINE = """(async () => {
  const { opened } = await import("./gpu/model.js");
  const { Engine } = await import("./gpu/engine.js");
  const { Scene } = await import("./gpu/scene.js");
  const { model } = await opened(new URL("./", location.href));
  const unknowing = Object.assign(Object.create(Object.getPrototypeOf(model)), model);
  for (const kind of ["fourier", "table"]) unknowing[kind] = { ...model[kind], count: 0 };
  unknowing.noises = [];
  const engines = { full: await Engine.create(model), products: await Engine.create(unknowing) };
  engines.points = Object.assign(Object.create(engines.full), { dispatchNetwork() {} });
  const SLICE = 4096;
  const text = (pixels) => btoa(Array.from(pixels, (value) => String.fromCharCode(value)).join(""));
  const timed = async (name, look, compute) => {
    const engine = engines[name];
    await engine.settle(look);
    const scene = new Scene(model.chart, look);
    const start = performance.now();
    const found = await compute(engine, scene);
    const pixels = await engine.pixels(scene);
    return { milliseconds: performance.now() - start, pixels: text(pixels), ...found };
  };
  window.whole = (look, name = "full") => timed(name, look, async (engine, scene) => {
    for (let at = 0; at < scene.pixels; at += SLICE) {
      engine.computePixels(scene, at, Math.min(SLICE, scene.pixels - at));
      await engine.device.queue.onSubmittedWorkDone();
    }
    return { samples: scene.pixels };
  });
  window.foveated = (look, name = "full") => timed(name, look, async (engine, scene) => {
    const seen = scene.lookedAt(look.gaze_x, look.gaze_y, 1);
    return { samples: await engine.computeFoveated(scene, seen, false), fovea: seen.fovea };
  });
  const sessions = {};
  window.onnx = async (provider, points, inputs) => {
    const ort = await import("./onnxruntime/ort.webgpu.bundle.min.mjs");
    const values = Float32Array.from({ length: points * inputs }, Math.random);
    const feeds = { features: new ort.Tensor("float32", values, [points, inputs]) };
    const run = async () => (await sessions[provider].run(feeds)).colours.getData();
    if (!sessions[provider]) {
      sessions[provider] = await ort.InferenceSession.create("./model.onnx", { executionProviders: [provider] });
      await run(); // kernels are compiled for the shape
    }
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const { vendor, architecture, description } = engines.full.device.adapterInfo ?? {};
  return {
    adapter: [vendor, architecture, description].filter(Boolean).join(" "),
    together: engines.full.points,
    layers: model.layers.map(({ fanIn, out, coloured }) => [fanIn, out, coloured]),
    bytes: model.weights.byteLength + 8 * model.stylesCount + 16 * model.outputsCount,
  };
})()"""

# Runs before all other scripts of the page; its times count from navigation.
STOPWATCH = """(() => {
  const times = (window.times = {});
  const note = (name) => { times[name] ??= performance.now(); };
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (...given) {
    note("compiling");
    return createShaderModule.apply(this, given);
  };
  for (const name of ["createComputePipelineAsync", "createRenderPipelineAsync"]) {
    const create = GPUDevice.prototype[name];
    GPUDevice.prototype[name] = async function (...given) {
      const made = await create.apply(this, given);
      times.compiled = performance.now();
      return made;
    };
  }
  addEventListener("DOMContentLoaded", () => {
    const canvas = document.getElementById("picture");
    new MutationObserver(() => {
      const { level } = canvas.dataset;
      if (level >= 0) note("first");
      if (level >= 1) note("fine");
    }).observe(canvas, { attributes: true });
  });
})()"""


@dataclass(frozen=True)
class Page:
    """An exported folder on a server, and a browser that has its engine at hand."""

    browser: Browser
    folder: Path
    address: str
    facts: Mapping[str, Any]

    def compute(self, kind: str, look: Mapping[str, Any], engine: str = "full") -> dict[str, Any]:
        """A frame: its pixels, samples and milliseconds."""
        found: dict[str, Any] = answer(self.browser, f"{kind}({json.dumps(look)}, {json.dumps(engine)})")
        pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8)
        return {**found, "pixels": pixels.reshape(look["height"], look["width"], 4)[..., :3]}


def answer(browser: Browser, script: str) -> Any:
    """What a promise of the page comes to, however long it takes."""
    browser.run(
        f"void ({script}).then((value) => {{ window.answer = {{ value }}; }},"
        " (error) => { window.answer = { failure: String(error) }; })"
    )
    found = waited(browser, "window.answer")
    browser.run("void delete window.answer")
    if "failure" in found:
        raise click.ClickException(f"the page failed: {found['failure']}")
    return found["value"]


def waited(browser: Browser, script: str) -> Any:
    """The value of an expression once it is true."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := browser.run(script):
            return value
        time.sleep(POLL_S)
    raise click.ClickException(f"{script} was not to be had in {PATIENCE_S} s")


@contextlib.contextmanager
def browsing(width: int) -> Iterator[Browser]:
    """A browser of its own, which has seen nothing yet."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        contextlib.closing(Browser(Path(folder), width, height_of(width), WEBGPU)) as browser,
    ):
        yield browser


@contextlib.contextmanager
def exported(shown: Panogen, width: int) -> Iterator[Page]:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "live"
        save_export(shown, 0, folder, STILL)
        (folder / "blank.html").write_text(BLANK)
        with served(Path(root)) as server, browsing(width) as browser:
            browser.open(f"{server}/live/blank.html")
            yield Page(browser, folder, f"{server}/live", answer(browser, ENGINE))


def height_of(width: int) -> int:
    return round(width * 9 / 16)


def look_of(width: int, **changes: Any) -> dict[str, Any]:
    return {**AHEAD, "width": width, "height": height_of(width), **changes}


def view_of(look: Mapping[str, Any]) -> View:
    names = ("width", "height", "projection", "yaw_deg", "pitch_deg", "fov_deg")
    return View(**{name: look[name] for name in names})


# --- What is computed ---


def places(seeds: Sequence[int]) -> dict[str, list[tuple[Place, dict[str, Any]]]]:
    """Places by kind, and what the page calls them."""
    blend = (Blend((Seed(seeds[0]), Seed(seeds[0] + 1))), {"seed": seeds[0], "other": seeds[0] + 1, "blend": "around"})
    return {
        "their own layouts": [(Seed(seed), {"seed": seed}) for seed in seeds],
        f"layout {LAYOUT}": [(Seed(seed, layout=LAYOUT), {"seed": seed, "layout": LAYOUT}) for seed in seeds],
        "a blend around": [blend],
    }


def parity(shown: Panogen, page: Page, seeds: Sequence[int], width: int) -> Iterator[Table]:
    """Differences from our own pictures."""
    rows: list[list[Cell]] = []
    every: list[list[Integers]] = []
    for kind, own in places(seeds).items():
        found = [
            errors(shown, page, place, look_of(width, **look, yaw_deg=yaw, pitch_deg=pitch, fov_deg=fov))
            for place, look in own
            for yaw, pitch, fov in CAMERAS
        ]
        every += found
        rows.append([kind, *summary(found)])
    yield Table(
        f"Differences from our own pictures in 8-bit levels, {width} x {height_of(width)}; {page.facts['adapter']}",
        {
            "places": "", "pictures": "d", "whole: largest": "d", "mean": ".4f",
            "foveated: largest in the fovea": "d", "PSNR of the rings, dB": ".1f", "the worst, dB": ".1f",
        },
        [*rows, ["all", *summary(every)]],
        ["The law of both is that of the page, and the gaze is at the centre."],
    )  # fmt: skip


def errors(shown: Panogen, page: Page, place: Place, look: Mapping[str, Any]) -> list[Integers]:
    """Differences (n, 3) of a whole picture's pixels, of those in the fovea of a foveated one, and of its others."""
    view = view_of(look)
    whole = np.subtract(page.compute("whole", look)["pixels"], shown.render(place, view), dtype=np.int64)
    seen = page.compute("foveated", look)
    pixel = look["width"] // 2, look["height"] // 2
    ours = shown.foveate(place, Foveation(gaze_pixel=pixel, mode=LAW), view)
    off = np.subtract(seen["pixels"], ours.picture, dtype=np.int64)
    fovea = ours.grid.gaze.eccentricity_rad.numpy() <= seen["fovea"] - EDGE_RAD
    return [whole.reshape(-1, 3), off[fovea], off[~fovea]]


def summary(found: Sequence[Sequence[Integers]]) -> list[Cell]:
    """A row's figures, of some pictures."""
    whole, fovea = (np.abs(np.concatenate([one[part] for one in found])) for part in (0, 1))
    rings = [float(np.square(one[2]).mean()) for one in found if len(one[2])]  # a small picture is fovea all over
    psnr = (decibels(float(np.mean(rings))), decibels(max(rings))) if rings else (None, None)
    return [len(found), int(whole.max()), float(whole.mean()), int(fovea.max()), *psnr]


def decibels(mean_square: float) -> Cell:
    psnr = psnr_db(mean_square)
    return "equal" if math.isinf(psnr) else psnr


# --- How long it takes ---


def speed(page: Page, width: int, frames: int) -> Iterator[Table]:
    """Times of frames, and of their parts, in turn."""
    look = look_of(width)
    kinds = {
        "whole": ("whole", "full"),
        "foveated": ("foveated", "full"),
        "whole, points laid out alone": ("whole", "points"),
        "whole, products of the layers alone": ("whole", "products"),
    }
    rounds = [{name: page.compute(kind, look, engine) for name, (kind, engine) in kinds.items()} for _ in range(frames)]
    rows: list[list[Cell]] = []
    for name in kinds:
        times = [(one["whole"]["milliseconds"], one[name]["milliseconds"]) for one in rounds]
        faster = spread(whole / own for whole, own in times)
        rows.append([name, rounds[0][name]["samples"], spread(own for _, own in times), faster])
    yield Table(
        f"A frame, {width} x {height_of(width)}: median (least to most) of {frames}, in turn; {page.facts['adapter']}",
        {"frame": "", "samples": ",d", "ms": ",.0f", "times faster than whole": ".2f"},
        rows,
    )


def beginning(page: Page, width: int, frames: int) -> Iterator[Table]:
    """Times from navigation, each in a browser of its own."""
    found = [begun(page, width) for _ in range(frames)]
    parts = {
        "until the shaders are compiled": lambda one: one["compiled"],
        "of it compiling them": lambda one: one["compiled"] - one["compiling"],
        "until the first picture": lambda one: one["first"],
        "until the first fine one": lambda one: one["fine"],
    }
    yield Table(
        f"From navigation, in a new browser: median (least to most) of {frames}; {width} x {height_of(width)}",
        {"": "", "ms": ",.0f"},
        [[name, spread(map(part, found))] for name, part in parts.items()],
        [f"{what} {size:,} bytes." for what, size in sizes(page.folder).items()],
    )


def begun(page: Page, width: int) -> dict[str, float]:
    with browsing(width) as browser:
        browser.send("Page.addScriptToEvaluateOnNewDocument", source=STOPWATCH)
        browser.open(f"{page.address}/index.html#fov={AHEAD['fov_deg']}")
        waited(browser, "window.times.fine")
        times: dict[str, float] = browser.run("window.times")
        return times


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of what a page needs to compute its picture."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "blank.html"]
    live = [path for path in files if "still" not in path.relative_to(folder).parts[:1]]
    weights = sum(path.stat().st_size for path in live if path.suffix == ".safetensors")
    return {"The page and its model:": sum(path.stat().st_size for path in live), "Of these the weights:": weights}


# --- What it would take on a graphics processor ---


def expected(shown: Panogen, page: Page) -> Iterator[Table]:
    """Times from operations and bytes."""
    work = operations(page.facts, shown)
    total = sum(work.values())
    yield Table(
        "Operations of a point, counted in the shaders: every octave heard, one layout",
        {"": "", "operations": ",d", "of all": ".0%"},
        [[name, count, count / total] for name, count in work.items()],
        [f"{page.facts['together']} points a workgroup, which reads {page.facts['bytes']:,} bytes of weights."],
    )
    look = {**look_of(SHOWN.width), "height": SHOWN.height}
    frames = {"whole": len(SHOWN), "foveated": page.compute("foveated", look, "points")["samples"]}
    rows: list[list[Cell]] = []
    for peak in TFLOPS:
        for name, samples in frames.items():
            seconds = samples * total / (SHARE * peak * 1e12)
            read = samples / page.facts["together"] * page.facts["bytes"]
            rows.append([peak, name, samples, samples * total / 1e9, 1000 * seconds, read / 1e9, read / seconds / 1e9])
    yield Table(
        f"A frame of {SHOWN.width} x {SHOWN.height}, computed and not measured: at {SHARE:.0%} of a peak",
        {
            "peak, TFLOP/s": "d", "frame": "", "samples": ",d", "billion operations": ".1f", "ms": ".1f",
            "GB of weights through the caches": ".1f", "GB/s": ",.0f",
        },
        rows,
    )  # fmt: skip


def operations(facts: Mapping[str, Any], shown: Panogen) -> dict[str, int]:
    """Of a point, by what they are for."""
    sharing = 4 * WORKGROUP // facts["together"]  # threads that share four points
    config, chart = shown.model.generator.config, shown.model.chart
    encodings = PLACING * sharing
    for shape in config.encodings:
        if isinstance(shape, FourierConfig):
            encodings += WAVE * shape.channels
        elif isinstance(shape, NoiseConfig):
            axes = {OctavesConfig: len(chart.periods), PlanesConfig: 2, SkylineConfig: 1}[type(shape)]
            octaves = shape.count + getattr(shape, "continued", 0)
            encodings += octaves * math.ceil(shape.channels / 4) * (NODE * NODES[axes] + TAPS)
        elif isinstance(shape, TableConfig):
            encodings += CELLS * math.ceil(shape.channels / 4)
        else:
            raise TypeError(f"operations of an encoding {shape.kind} are not known")
    layers = facts["layers"]
    return {
        "products of the layers": sum(2 * inputs * outputs for inputs, outputs, _ in layers),
        "styles of their inputs": sum(STYLING * inputs * sharing for inputs, _, _ in layers),
        "demodulation, bias, leaky ReLU, colours": sum(
            outputs * (FINISHING + coloured * COLOURING) for _, outputs, coloured in layers
        ),
        "encodings": encodings,
    }


# --- Another program ---


def beside_onnxruntime(shown: Panogen, page: Page, width: int, frames: int, package: Path | None) -> Iterator[Table]:
    """The same products by onnxruntime-web, of features that are computed beforehand."""
    if package is None:
        return
    look = look_of(width)
    points = width * height_of(width)
    plan = FoldedPlan(shown.model.generator, shown.field(look["seed"]))
    if plan.cells is not None:
        raise click.UsageError(f"--onnxruntime is for models without a table, which {shown.name} has")
    (page.folder / "model.onnx").write_bytes(onnx_of(plan))
    (page.folder / "onnxruntime").symlink_to((package / "dist").resolve())
    inputs = len(plan.first_weight)

    def theirs(provider: str) -> float:
        found: float = answer(page.browser, f"onnx({json.dumps(provider)}, {points}, {inputs})")
        return found

    kinds = {
        "our shaders, WebGPU": lambda: page.compute("whole", look, "products")["milliseconds"],
        "onnxruntime-web, WebGPU": lambda: theirs("webgpu"),
        "onnxruntime-web, WebAssembly, one thread": lambda: theirs("wasm"),
    }
    rounds = [[measure() for measure in kinds.values()] for _ in range(frames)]
    rows: list[list[Cell]] = []
    for name, times in zip(kinds, zip(*rounds, strict=True), strict=True):
        rows.append([name, spread(times), spread(own / one[0] for own, one in zip(times, rounds, strict=True))])
    yield Table(
        f"The layers alone of {points:,} points, features known: median (least to most) of {frames}, in turn",
        {"": "", "ms": ",.0f", "times as long": ".2f"},
        rows,
        ["Ours styles and demodulates at every point; in the other program this is folded into the weights."],
    )


def onnx_of(plan: FoldedPlan) -> bytes:
    """The layers of a plan as a file of ONNX."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, tensors = [], []

    def affine(source: str, name: str, weight: Any, bias: Any) -> str:
        for part, value in (("weight", weight), ("bias", bias)):
            tensors.append(numpy_helper.from_array(np.ascontiguousarray(value.numpy()), f"{name}.{part}"))
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [name]))
        return name

    def layer(source: str, name: str, weight: Any, bias: Any) -> str:
        nodes.append(helper.make_node("LeakyRelu", [affine(source, f"{name}.sum", weight, bias)], [name], alpha=SLOPE))
        return name

    hidden, colours = layer("features", "layer", plan.first_weight, plan.table[0]), []
    for number, block in enumerate(plan.blocks):
        for which, weight in enumerate(block.layers):
            hidden = layer(hidden, f"layer.{number}.{which}", weight[:-1], weight[-1])
        if block.colours is not None:
            colours.append(affine(hidden, f"colours.{number}", block.colours[:, :-1].T, block.colours[:, -1]))
    nodes.append(helper.make_node("Sum", colours, ["colours"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["points", count])
        for name, count in (("features", len(plan.first_weight)), ("colours", 3))
    ]
    graph = helper.make_graph(nodes, "layers", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content


@click.command()
@click.option("--model", default="wilds", show_default=True, help="A shipped model, or a folder.")
@click.option("--seed", "seeds", multiple=True, default=(0, 1, 2, 3), show_default=True, help="Of the places.")
@click.option("--width", default=320, show_default=True, help="Pixels of a picture's row.")
@click.option("--frames", default=3, show_default=True, help="Frames that are timed of each kind.")
@click.option("--only", type=click.Choice(PARTS), help="One of the parts.")
@click.option(
    "--onnxruntime", type=click.Path(exists=True, path_type=Path), help="The package of npm, to time it, too."
)
@recorded
def main(
    model: str, seeds: tuple[int, ...], width: int, frames: int, only: str | None, onnxruntime: Path | None
) -> Iterator[Table]:
    """Compare the live page with our own pictures, and time it."""
    if only == "onnxruntime" and onnxruntime is None:
        raise click.UsageError("--only onnxruntime needs its package: --onnxruntime FOLDER")
    keep_large_buffers()
    shown = load(model)
    with exported(shown, width) as page:
        parts: dict[str, Callable[[], Iterator[Table]]] = {
            "beginning": lambda: beginning(page, width, frames),
            "expected": lambda: expected(shown, page),
            "speed": lambda: speed(page, width, frames),
            "parity": lambda: parity(shown, page, seeds, width),
            "onnxruntime": lambda: beside_onnxruntime(shown, page, width, frames, onnxruntime),
        }
        for part in [only] if only else PARTS:
            yield from parts[part]()


if __name__ == "__main__":
    main()
