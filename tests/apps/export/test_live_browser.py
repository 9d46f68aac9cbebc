"""The live page in a real browser whose graphics processor is one in software: what it computes is what we render."""

import base64
import contextlib
import functools
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from panogen.api import Panogen
from panogen.apps.export import Export, Live, save_export
from panogen.foveation import Acuity, Foveation
from panogen.geometry import Cylinder, Sphere
from panogen.grids.view import View
from panogen.networks import PlanesConfig, SkylineConfig
from panogen.places import Between, Blend, Seed
from panogen.weights.checkpoint import Model
from tests.browser import AHEAD, CHROMIUM, WEBGPU, Browser, served
from tests.conftest import NOISE, OCTAVES, tiny_generator

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
WIDTH, HEIGHT = 224, 126  # of the window
FOVEATED = {"width": 320, "height": 180}
MOST, MEAN = 2, 0.3  # difference from our picture, in 8-bit levels
LOOK = {**AHEAD, "fov_deg": 80, "width": 48, "height": 26}
NOISES = {"encodings": (*OCTAVES["encodings"], PlanesConfig(4, 3), SkylineConfig(4, 3))}
KINDS = {
    "octaves": (Cylinder(), NOISES),
    "sided": (Cylinder(), {"encodings": (replace(NOISE, channels=6, sided=True, staggered=False),)}),
    "sphere": (Sphere(), NOISES),
    "table": (Cylinder(60, "central"), {"pair_widths": (9, 7)}),
    "wide": (Cylinder(), {"encodings": (NOISE,), "width": 260, "depth": 3}),
}
ENGINE = """(async () => {
  const { opened } = await import("./gpu/model.js");
  const { Engine } = await import("./gpu/engine.js");
  const { Scene } = await import("./gpu/scene.js");
  const { model } = await opened(new URL("./", location.href));
  const engine = await Engine.create(model);
  const text = (pixels) => btoa(Array.from(pixels, (value) => String.fromCharCode(value)).join(""));
  window.engine = engine;
  window.whole = async (look) => {
    await engine.settle(look);
    const scene = new Scene(model.chart, look);
    for (let at = 0; at < scene.pixels; at += 500) engine.computePixels(scene, at, Math.min(500, scene.pixels - at));
    return [scene.rows, scene.columns, text(await engine.pixels(scene))];
  };
  window.foveated = async (look) => {
    await engine.settle(look);
    const scene = new Scene(model.chart, look);
    const seen = scene.lookedAt(look.gaze_x, look.gaze_y, look.coarser ?? 1);
    const samples = await engine.computeFoveated(scene, seen, look.heat);
    return [scene.rows, scene.columns, text(await engine.pixels(scene)), samples, seen.fovea];
  };
  return true;
})()"""
NO_ANSWER = """Object.defineProperty(Navigator.prototype, "gpu", {
  get: () => ({ requestAdapter: () => new Promise(() => {}) }),
})"""
NO_PROCESSOR = NO_ANSWER.replace("new Promise(() => {})", "null")
NO_WEBGPU = "Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined })"

STILL_SHOWN = """document.getElementById("still").contentWindow.eval(
  "typeof viewer !== 'undefined' && viewer && viewer.isLoaded()")"""

# Every key that the page knows, another size, and longer than the meter of the pictures rests.
LIVES_ON = """(async () => {
  for (const key of [..."0nblxawpfhskgc?+-", "ArrowLeft", "ArrowUp"])
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  dispatchEvent(new Event("resize"));
  await new Promise((done) => setTimeout(done, 700));
})()"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with contextlib.closing(Browser(folder, flags=WEBGPU)) as browser:
        browser.resize(WIDTH, HEIGHT)
        yield browser
    shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def panogen_of(kind):
    chart, changes = KINDS[kind]
    return Panogen(Model(tiny_generator(chart=chart, **changes), chart, {"licence": "MIT"}), kind)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for kind in KINDS:
        save_export(panogen_of(kind), 4, root / kind, Export(width=64, tile=32, tiling=Live.name))
    (root / "blank.html").write_text("<!doctype html>")
    return root


@pytest.fixture(scope="module")
def server(root):
    with served(root) as address:
        yield address


@pytest.fixture(scope="module", params=[kind for kind in KINDS if kind != "wide"])
def engine(request, chromium, root, server):
    """The model of the engine in the page."""
    (root / request.param / "blank.html").write_text("<!doctype html><link rel=icon href='data:,'>")
    chromium.open(f"{server}/{request.param}/blank.html")
    assert chromium.run(ENGINE)
    return panogen_of(request.param)


def picture_of(answer):
    rows, columns, text = answer[:3]
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(rows, columns, 4)[..., :3].astype(int)


def check_same(chromium, panogen, place, **changes):
    look = {**LOOK, **changes}
    seen = picture_of(chromium.run(f"whole({json.dumps(look)})"))
    expected = panogen.render(place, view_of(look))
    assert seen.shape == expected.shape
    off = np.abs(seen - expected)
    assert off.max() <= MOST
    assert off.mean() < MEAN
    assert expected.std() > 10


def view_of(look):
    view = View(look["width"], projection=look["projection"], yaw_deg=look["yaw_deg"], truncation=look["truncation"])
    if look["projection"] != "perspective":
        return view
    return View(**{**vars(view), **{name: look[name] for name in ("height", "pitch_deg", "fov_deg")}})


@pytest.mark.parametrize("camera", [(0, 0, 80), (100, -8, 50), (-170, 9, 45)])
@pytest.mark.parametrize("place", [Seed(0), Seed(3), Seed(3, layout=9)])
def test_it_is_the_place_that_we_render(chromium, engine, place, camera):
    yaw_deg, pitch_deg, fov_deg = camera
    look = {"seed": place.seed, "layout": place.layout, "yaw_deg": yaw_deg, "pitch_deg": pitch_deg, "fov_deg": fov_deg}
    check_same(chromium, engine, place, **look)


@pytest.mark.parametrize("share", [0.3, 1])
def test_it_is_the_place_between_two(chromium, engine, share):
    check_same(chromium, engine, Between(Seed(0), Seed(1), share), share=share, truncation=0.7)
    check_same(chromium, engine, Between(Seed(0, layout=5), Seed(1, layout=5), share), share=share, layout=5)


@pytest.mark.parametrize("yaw_deg", [90, -60])
def test_it_is_the_two_places_around_the_circle(chromium, engine, yaw_deg):
    check_same(chromium, engine, Blend((Seed(0), Seed(1))), blend="around", yaw_deg=yaw_deg)


def test_two_places_meet_above(chromium, engine):
    if not engine.model.chart.poles:
        pytest.skip("it knows no zenith")
    check_same(chromium, engine, Blend((Seed(0), Seed(1))), blend="around", yaw_deg=60, pitch_deg=75)


@pytest.mark.parametrize("projection", ["cylindrical", "equirectangular"])
def test_panoramas_are_those_that_we_render(chromium, engine, projection):
    for width in (62, 66):  # a quarter of 66 is nearer to no whole number than to another
        check_same(chromium, engine, Seed(0), projection=projection, width=width, yaw_deg=33)


@pytest.mark.parametrize("gaze", [(0.5, 0.5), (0.2, 0.3)])
def test_where_the_eye_rests_it_is_the_whole_picture_and_around_it_as_ours(chromium, engine, gaze):
    look = {**LOOK, **FOVEATED, "gaze_x": gaze[0], "gaze_y": gaze[1]}
    answer = chromium.run(f"foveated({json.dumps(look)})")
    seen = picture_of(answer)
    pixel = tuple(int(at * side) for at, side in zip(gaze, FOVEATED.values(), strict=True))
    ours = engine.foveate(Seed(0), Foveation(gaze_pixel=pixel, mode=Acuity(0.0275)), view_of(look))
    fovea = ours.grid.gaze.eccentricity_rad.numpy() <= answer[4] - 1e-5
    assert 100 < fovea.sum() < 0.6 * fovea.size
    assert np.abs(seen - ours.picture)[fovea].max() <= MOST
    error = np.square(seen - ours.picture.astype(float))[~fovea].mean()
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 45
    assert ours.samples <= answer[3] < 1.25 * ours.samples


@pytest.mark.parametrize("engine", ["octaves"], indirect=True)
def test_there_is_room_for_all_samples(chromium, engine):
    """In a wide window that is zoomed in there are more of them than a slice of a picture has."""
    look = json.dumps({**LOOK, **FOVEATED})
    expected = picture_of(chromium.run(f"foveated({look})"))
    chromium.run("{ const { points } = engine.buffers; engine.buffers.points = engine.buffer(64, points.usage); }")
    seen = picture_of(
        chromium.run(f"whole({json.dumps({**LOOK, **FOVEATED, 'seed': 9})})") and chromium.run(f"foveated({look})")
    )
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("engine", ["wide"], indirect=True)
def test_layers_of_more_than_256_channels(chromium, engine):
    check_same(chromium, engine, Seed(3), seed=3, yaw_deg=100, width=24, height=14)


@pytest.mark.parametrize("engine", ["octaves"], indirect=True)
def test_a_heat_map_shows_where_samples_lie(chromium, engine):
    look = {**LOOK, **FOVEATED, "heat": True}
    seen = picture_of(chromium.run(f"foveated({json.dumps(look)})"))
    plain = picture_of(chromium.run(f"foveated({json.dumps({**look, 'heat': False})})"))
    warmth = (seen - 0.4 * plain).sum(-1)
    assert warmth[90, 160] > 1.5 * warmth[0, 0]


# --- The page ---


def shown(chromium, level=1):
    """Wait for a picture so good of the newest look."""
    chromium.wait(
        "(() => { const shown = document.getElementById('picture').dataset;"
        f" return shown.number === shown.asked && shown.level >= {level}; }})()"
    )


def opened(chromium, address, level=1):
    chromium.open("about:blank")
    chromium.open(address)
    shown(chromium, level)


def window(chromium, path):
    chromium.screenshot(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_page_shows_it_from_any_path(chromium, server, tmp_path):
    chromium.resize(128, 72)
    opened(chromium, f"{server}/octaves/index.html", level=2)
    chromium.run(
        "for (const one of ['panel', 'meter', 'gaze', 'toggle', 'full']) document.getElementById(one).hidden = true"
    )
    view = View(128, height=72, projection="perspective", fov_deg=90)
    expected = panogen_of("octaves").render(Seed(4), view)
    assert np.abs(window(chromium, tmp_path / "seen.png") - expected).max() <= MOST
    chromium.resize(WIDTH, HEIGHT)
    assert chromium.failures() == []
    assert all(address.startswith(("blob:", f"{server}/octaves/")) for address in chromium.requests())


def test_it_opens_where_the_export_says_and_rather_where_the_link_says(chromium, tmp_path):
    what = Export(width=64, tile=32, tiling=Live.name, yaw_deg=270, pitch_deg=5, fov_deg=60)
    save_export(panogen_of("octaves"), 4, tmp_path / "out", what)
    with served(tmp_path) as address:
        for link, where in (("", "90° left, 5° up, 60° wide"), ("#fov=40", "90° left, 5° up, 40° wide")):
            opened(chromium, f"{address}/out/index.html{link}")
            assert chromium.run("document.getElementById('where').textContent") == where
        chromium.open("about:blank")


def test_it_is_looked_around_in(chromium, server):
    opened(chromium, f"{server}/octaves/index.html#seed=3&fov=60")
    chromium.drag((140, 63), (105, 63))
    shown(chromium)
    chromium.wait("Math.abs(new URLSearchParams(location.hash.slice(1)).get('yaw') - 10) < 5")
    before = chromium.run("document.getElementById('where').textContent")
    chromium.wheel(105, 63, -200)
    shown(chromium)
    assert chromium.run("document.getElementById('where').textContent") != before
    chromium.move(42, 42)
    shown(chromium)
    assert chromium.run("document.getElementById('picture').dataset.name") == "foveated"
    chromium.run("document.querySelector('[name=blend][value=around]').click()")
    shown(chromium)
    chromium.wait("location.hash.includes('blend=around')")
    chromium.resize(160, 140)
    shown(chromium)
    chromium.resize(WIDTH, HEIGHT)
    shown(chromium)
    assert chromium.failures() == []


def test_what_is_seen_is_saved(chromium, server):
    opened(chromium, f"{server}/octaves/index.html#seed=3&yaw=40&fov=70")
    chromium.run("""(() => {
      HTMLAnchorElement.prototype.click = function () { window.savedAs = [this.download, this.href]; };
      document.getElementById("save-width").value = 64;
      document.getElementById("save-height").value = 36;
      document.getElementById("save").click();
    })()""")
    name, address = chromium.wait("window.savedAs")
    assert name == "seed0003.png"
    content = chromium.run(
        f"fetch('{address}').then((answer) => answer.arrayBuffer())"
        ".then((buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))))"
    )
    import io

    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        saved = np.asarray(image.convert("RGB")).astype(int)
    view = View(64, height=36, projection="perspective", yaw_deg=40, fov_deg=70)
    assert np.abs(saved - panogen_of("octaves").render(Seed(3), view)).max() <= MOST


def test_a_device_that_is_lost_is_replaced(chromium, server):
    chromium.open(f"{server}/octaves/blank.html")
    said = chromium.run(
        """(async () => {
      const { Source } = await import("./source.js");
      const said = [];
      const frames = [];
      const on = { state: (...what) => said.push(what), hello() {}, frame: (header) => frames.push(header) };
      const source = new Source(on);
      const until = async (found) => { while (!found()) await new Promise((done) => setTimeout(done, 20)); };
      const look = LOOK;
      await until(() => source.ready);
      source.ask(look);
      await until(() => frames.length);
      const ask = navigator.gpu.requestAdapter.bind(navigator.gpu);
      let vain = 2; // times that there is none yet
      GPU.prototype.requestAdapter = (options) => (vain-- > 0 ? null : ask(options));
      source.engine.device.destroy();
      await until(() => said.length === 3);
      const before = frames.length;
      source.ask(look);
      await until(() => frames.length > before);
      return said;
    })()""".replace("LOOK", json.dumps(LOOK))
    )
    assert [one[0] for one in said] == [True, False, True]
    assert "graphics processor is gone" in said[1][1]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda content: content[:-100], "cut off or changed"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "cut off or changed"),
        (lambda content: None, "model.safetensors could not be loaded"),
    ],
)
def test_spoilt_weights_are_one_sentence_and_a_still_panorama(chromium, root, tmp_path, spoil, sentence):
    shutil.copytree(root / "octaves", tmp_path / "spoilt")
    weights = tmp_path / "spoilt/model/model.safetensors"
    content = spoil(weights.read_bytes())
    if content is None:
        weights.unlink()
    else:
        weights.write_bytes(content)
    with served(tmp_path) as address:
        chromium.open(f"{address}/spoilt/index.html")
        assert sentence in chromium.wait("document.getElementById('why-still')?.textContent")
        chromium.wait(STILL_SHOWN)
        chromium.open("about:blank")


@pytest.mark.parametrize(("without", "reason"), [(NO_WEBGPU, "has no WebGPU"), (NO_PROCESSOR, "no graphics processor")])
def test_without_webgpu_it_is_a_still_panorama(chromium, server, without, reason):
    script = chromium.send("Page.addScriptToEvaluateOnNewDocument", source=without)["identifier"]
    try:
        chromium.open("about:blank")
        chromium.open(f"{server}/sphere/index.html#seed=9&yaw=90&pitch=20&fov=60")
        said = chromium.wait("document.getElementById('why-still')?.textContent")
        assert reason in said and "shows the place that was exported, not that of the link" in said
        chromium.wait(STILL_SHOWN)
        still = "document.getElementById('still').contentWindow"
        assert chromium.run(f"{still}.eval('[viewer.getYaw(), viewer.getPitch(), viewer.getHfov()]')") == [90, 20, 60]
        chromium.run("document.querySelector('#why-still button').click()")
        assert chromium.run("document.getElementById('why-still')") is None
        assert not chromium.run("document.getElementById('picture').checkVisibility()")
        chromium.run(LIVES_ON)
    finally:
        chromium.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert chromium.failures() == []


def test_a_first_picture_that_takes_long_is_announced(chromium, server):
    script = chromium.send("Page.addScriptToEvaluateOnNewDocument", source=NO_ANSWER)["identifier"]
    try:
        chromium.open(f"{server}/octaves/index.html")
        chromium.wait("document.querySelector('#notice.on')?.textContent === 'The first picture is being computed…'")
    finally:
        chromium.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    chromium.open(f"{server}/octaves/index.html")
    chromium.wait("document.getElementById('picture').dataset.level === '2'")
    assert not chromium.run("document.getElementById('notice').classList.contains('on')")


def test_from_an_address_that_is_not_secure_it_is_a_still_panorama(root, server, tmp_path):
    flags = (*WEBGPU, "--host-resolver-rules=MAP panogen.test 127.0.0.1")
    with contextlib.closing(Browser(tmp_path, flags=flags)) as browser:
        browser.open(f"{server.replace('127.0.0.1', 'panogen.test')}/octaves/index.html")
        assert "https or localhost" in browser.wait("document.getElementById('why-still')?.textContent")
        browser.wait(STILL_SHOWN)
        assert browser.failures() == []


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ({"width": 0}, "width must be a whole number, at least 1, got 0"),
        ({"height": -3}, "height must be a whole number, at least 1, got -3"),
        ({"projection": "equirectangular", "width": 1921}, "width must be even for an equirectangular picture"),
        ({"width": 100_000, "height": 1}, "pixels a side, got 100000 x 1"),
    ],
)
def test_sizes_that_make_no_sense_are_refused_before_anything_is_computed(chromium, server, size, sentence):
    chromium.open(f"{server}/octaves/blank.html")
    saving = json.dumps({**LOOK, "suffix": ".png", **size})
    said = chromium.run(
        f"""(async () => {{
      const {{ Source }} = await import("./source.js");
      return new Promise((done) => {{
        const told = {{ saving: () => done("computed"), saved: ({{ message }}) => done(message) }};
        const hello = () => source.say("save", {saving});
        const source = new Source({{ state() {{}}, frame() {{}}, hello, ...told }});
      }});
    }})()"""
    )
    assert sentence in said


def test_opened_as_a_file_it_is_a_still_panorama(chromium, root):
    chromium.open((root / "octaves/index.html").as_uri())
    assert "web server" in chromium.wait("document.getElementById('why-still')?.textContent")
    assert chromium.run("document.getElementById('still').getAttribute('src')") == "still/index.html"
