"""The exported page, and its tiles alone, in a real browser: what is seen is what our own camera renders."""

import contextlib
import functools
import math
import shutil

import numpy as np
import pytest
from PIL import Image

from panogen.api import Panogen
from panogen.apps.export import Export, save_export
from panogen.apps.export.page import HERE
from panogen.geometry import Sphere
from panogen.grids.view import View
from panogen.weights.checkpoint import Model
from tests.apps.export.helpers import off
from tests.browser import CHROMIUM, Browser, served
from tests.conftest import OCTAVES, tiny_generator

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
WIDTH, HEIGHT, FOV_DEG = 480, 270, 80
SAME, ANOTHER = 1.5, 20  # mean absolute difference in 8-bit levels; 0.6 is of JPEG and of a cube resampled
LOOKS = ((0, 0), (70, 12), (-90, -14), (180, 0))  # yaw and pitch: ahead, right, left, across the seam
BARE = """<!doctype html><link rel="stylesheet" href="pannellum.css"><script src="pannellum.js"></script>
<body style="margin:0"><div id="p" style="width:100vw;height:100vh"></div><script>
const scene = { config: CONFIG };
const viewer = pannellum.viewer("p", { ...scene.config, basePath: "out", autoLoad: true, showControls: false });
</script>"""

FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
NO_WEBGL = """(() => {
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind) { return kind === "2d" ? get.call(this, kind) : null; };
})()"""


@pytest.fixture(scope="module")
def root(model, tmp_path_factory):
    """A page with its folder, and another page beside it that knows nothing but the configuration."""
    root = tmp_path_factory.mktemp("root")
    save_export(model, 4, root / "out", Export(width=1030, tile=128, viewer=True))
    shutil.copytree(HERE / "pannellum", root, dirs_exist_ok=True)
    (root / "bare.html").write_text(BARE.replace("CONFIG", (root / "out/config.json").read_text()))
    return root


@pytest.fixture(scope="module")
def server(root):
    with served(root) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with contextlib.closing(Browser(folder, WIDTH, HEIGHT)) as browser:
        yield browser
    shutil.rmtree(folder, ignore_errors=True)


def opened(browser, address):
    browser.resize(WIDTH, HEIGHT)
    browser.open(address)
    browser.wait("typeof viewer !== 'undefined' && viewer && viewer.isLoaded()")
    rest(browser)


def rest(browser):
    """Wait until the view stands still and all tiles of it are shown."""
    browser.run(FRAMES)
    browser.wait("!viewer.getRenderer().isLoading() && !viewer.isInMotion")
    browser.run(FRAMES)


def seen(browser, path):
    """What is in the window, without what lies over the picture."""
    browser.run("document.body.classList.add('bare')")
    browser.screenshot(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def expected(model):
    """What our camera sees."""

    @functools.cache
    def expected(yaw_deg, pitch_deg):
        view = {"width": WIDTH, "height": HEIGHT, "projection": "perspective", "fov_deg": FOV_DEG}
        return model.render(4, View(yaw_deg=yaw_deg, pitch_deg=pitch_deg, **view))

    return expected


def check_looks(browser, expected, path):
    """Looking ahead, right, left and across the seam shows what our camera sees there, and not elsewhere."""
    for yaw_deg, pitch_deg in LOOKS:
        browser.run(f"void viewer.lookAt({pitch_deg}, {yaw_deg}, {FOV_DEG}, false)")
        rest(browser)
        picture = seen(browser, path)
        assert picture.std() > 20
        assert off(picture, expected(yaw_deg, pitch_deg)) < SAME
        assert off(picture, expected(yaw_deg + 10, pitch_deg)) > ANOTHER
        assert off(picture, expected(yaw_deg, pitch_deg - 10)) > ANOTHER


def test_the_page_opens_by_a_double_click(chromium, root, expected, tmp_path):
    opened(chromium, (root / "out/index.html").as_uri())
    check_looks(chromium, expected, tmp_path / "seen.png")
    assert chromium.failures() == []
    assert all(address.startswith(("data:", root.as_uri())) for address in chromium.requests())
    assert chromium.run("document.title") == "Seed 4"
    assert chromium.run("document.getElementById('note').hidden")  # so small a cube is whole in the page


def test_the_page_opens_from_a_server(chromium, server, expected, tmp_path):
    opened(chromium, f"{server}/out/index.html")
    check_looks(chromium, expected, tmp_path / "seen.png")
    assert chromium.failures() == []
    asked = chromium.requests()
    assert all(address.startswith(("data:", f"{server}/out/")) for address in asked)
    assert any("/3/f" in address for address in asked)
    assert not any(address.endswith("faces.js") for address in asked)


def test_the_tiles_need_no_page_of_ours(chromium, server, expected, tmp_path):
    opened(chromium, f"{server}/bare.html")
    check_looks(chromium, expected, tmp_path / "seen.png")


def test_it_opens_where_the_address_says(chromium, server):
    opened(chromium, f"{server}/out/index.html#yaw=90&pitch=-10&fov=60&seed=9")
    assert chromium.run("[viewer.getYaw(), viewer.getPitch(), viewer.getHfov()]") == [90, -10, 60]
    chromium.open("about:blank")
    opened(chromium, f"{server}/out/index.html#yaw=far&pitch=91&fov=")
    assert chromium.run("[viewer.getYaw(), viewer.getPitch(), viewer.getHfov()]") == [0, 0, 90]
    chromium.open("about:blank")


def test_it_opens_where_the_export_says_and_rather_where_the_address_says(chromium, model, tmp_path):
    what = Export(width=258, tile=128, viewer=True, yaw_deg=70, pitch_deg=12, fov_deg=30)
    save_export(model, 4, tmp_path / "out", what)
    with served(tmp_path) as address:
        opened(chromium, f"{address}/out/index.html")
        assert chromium.run("[viewer.getYaw(), viewer.getPitch(), viewer.getHfov()]") == [70, 12, 30]
        chromium.open("about:blank")
        opened(chromium, f"{address}/out/index.html#yaw=90")
        assert chromium.run("[viewer.getYaw(), viewer.getPitch(), viewer.getHfov()]") == [90, 12, 30]
        chromium.open("about:blank")


def test_keys_and_buttons(chromium, server):
    opened(chromium, f"{server}/out/index.html")
    chromium.key("ArrowRight")
    rest(chromium)
    assert 0 < chromium.run("viewer.getYaw()") < 10
    chromium.run("document.getElementById('out').click()")
    chromium.wait("viewer.getHfov() > 101")
    chromium.key("0")
    chromium.wait("Math.abs(viewer.getYaw()) < 0.01 && viewer.getHfov() === 90")
    for key, hidden in (("Escape", True), ("?", False), ("Escape", True), ("?", False)):
        chromium.key(key)
        assert chromium.run("document.getElementById('help').hidden") is hidden
    chromium.key("c")
    assert chromium.run("getComputedStyle(document.getElementById('help')).display") == "none"


def test_the_help_fits_a_low_window(chromium, server):
    opened(chromium, f"{server}/out/index.html")
    chromium.resize(320, 200)
    chromium.key("?")
    box = "document.getElementById('help').getBoundingClientRect()"
    assert chromium.run(f"{box}.top") > 0
    assert chromium.run(f"{box}.bottom < document.getElementById('buttons').getBoundingClientRect().top")


def test_nothing_black_is_seen_at_the_highest_and_in_a_tall_window(chromium, server, tmp_path):
    opened(chromium, f"{server}/out/index.html")
    for size, pitch_deg in (((WIDTH, HEIGHT), 90), ((WIDTH, HEIGHT), -90), ((200, 400), 0)):
        chromium.resize(*size)
        chromium.run(f"void viewer.lookAt({pitch_deg}, 45, undefined, false)")
        rest(chromium)
        picture = seen(chromium, tmp_path / "edge.png")
        assert picture.shape[:2] == size[::-1]
        assert picture.max(-1).min() > 12


def test_a_sphere_straight_up_and_down_has_neither_hole_nor_edge(chromium, tmp_path):
    chart, side, fov_deg = Sphere(), 300, 110
    sphere = Panogen(Model(tiny_generator(chart=chart, **OCTAVES), chart, {}), "tiny")
    save_export(sphere, 3, tmp_path / "out", Export(width=1030, tile=128, viewer=True))
    opened(chromium, (tmp_path / "out/index.html").as_uri())
    chromium.resize(side, side)
    for pitch_deg in (90, -90):
        chromium.run(f"void viewer.lookAt({pitch_deg}, 0, {fov_deg}, false)")
        rest(chromium)
        picture = seen(chromium, tmp_path / "seen.png")
        view = {"pitch_deg": pitch_deg, "width": side, "height": side, "projection": "perspective", "fov_deg": fov_deg}
        assert picture.max(-1).min() > 100
        assert off(picture, sphere.render(3, View(**view))) < SAME
        assert off(picture, sphere.render(3, View(**view, yaw_deg=90))) > ANOTHER
        check_edges(picture, round(side / 2 * (1 - 1 / math.tan(math.radians(fov_deg / 2)))))


def check_edges(picture, edge):
    """All four edges of the cube's face in the middle, so far from those of the picture, change as what is beside."""
    for turns in range(4):
        steps = np.abs(np.diff(np.rot90(picture, turns), axis=0)).mean((1, 2))
        assert steps[edge - 2 : edge + 2].max() < 1.5 * np.median(steps[edge - 20 : edge + 20])


def test_without_webgl_the_cube_is_still_shown(chromium, root, expected, tmp_path):
    chromium.resize(WIDTH, HEIGHT)
    number = chromium.send("Page.addScriptToEvaluateOnNewDocument", source=NO_WEBGL)["identifier"]
    try:
        chromium.open((root / "out/index.html").as_uri())
        chromium.wait("viewer && viewer.isLoaded() && document.querySelectorAll('.pnlm-face').length === 6")
        chromium.run(f"void viewer.lookAt(12, 70, {FOV_DEG}, false)")
        chromium.run(FRAMES)
        picture = seen(chromium, tmp_path / "seen.png")
    finally:
        chromium.send("Page.removeScriptToEvaluateOnNewDocument", identifier=number)
    assert off(picture, expected(70, 12)) < 2 * SAME
    assert off(picture, expected(80, 12)) > ANOTHER
