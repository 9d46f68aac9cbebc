"""The page itself, in a real browser."""

import base64
import shutil
import time

import cv2
import numpy as np
import pytest

from panogen.api import Panogen
from panogen.apps.viewer.painter import Painter
from panogen.geometry import Sphere
from panogen.grids.view import View
from panogen.places import Average, Seed
from panogen.weights.checkpoint import Model
from tests.apps.viewer.conftest import TOKEN, serving
from tests.browser import CHROMIUM, Browser, until
from tests.conftest import OCTAVES, tiny_generator

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
WIDTH, HEIGHT = 640, 360
VIEW = {"width": WIDTH, "height": HEIGHT, "projection": "perspective", "fov_deg": 90}
DATA = "document.getElementById('picture').dataset"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    browser = Browser(folder, WIDTH, HEIGHT)
    yield browser
    browser.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tab(chromium, server):
    chromium.resize(WIDTH, HEIGHT)
    chromium.open(server.address)
    rest(chromium)
    chromium.run("document.body.classList.add('bare')")
    yield chromium
    assert chromium.failures() == []


def rest(tab):
    """Wait until the newest look is shown in full."""
    tab.wait(f"{DATA}.number && {DATA}.number === {DATA}.asked && {DATA}.level === '2'")


def settle(tab, before):
    """Wait for the answer in full to what was just done."""
    tab.wait(f"Number({DATA}.asked) > {before}")
    rest(tab)


def act(tab, action, *arguments):
    before = tab.run(f"Number({DATA}.asked)")
    action(*arguments)
    settle(tab, before)


def seen(tab):
    """The pixels of the canvas."""
    address = tab.run("document.getElementById('picture').toDataURL('image/png')")
    content = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1].astype(int)


def off(tab, model, place=4, **more):
    """How far the canvas is from a picture, on average."""
    return np.abs(seen(tab) - model.render(place, View(**{**VIEW, **more}))).mean()


def where(tab):
    return tab.run("document.getElementById('where').textContent")


def test_it_opens_with_the_seed_and_asks_no_other_place(tab, server, model):
    assert off(tab, model) < 4
    assert all(f"//127.0.0.1:{server.port}/{TOKEN}/" in address for address in tab.requests())
    assert tab.run("document.getElementById('model').textContent") == "tiny"


def test_dragging_turns_and_the_seam_is_crossed(tab, model):
    act(tab, tab.drag, (320, 180), (240, 180))
    assert where(tab) == "11° right, 0° up, 90° wide"
    assert off(tab, model, yaw_deg=11.25) < 4
    for _ in range(4):
        act(tab, tab.drag, (600, 180), (300, 180))
    assert where(tab).startswith("180° left")
    assert off(tab, model, yaw_deg=180) < 4
    act(tab, tab.drag, (320, 180), (240, 180))
    assert where(tab).startswith("169° left")
    assert off(tab, model, yaw_deg=-168.75) < 4


def test_the_wheel_and_the_keys_zoom_and_turn(tab, model):
    act(tab, tab.wheel, 320, 180, -200)
    half = np.tan(np.radians(45)) / np.exp(0.0015 * 200)
    assert off(tab, model, fov_deg=2 * np.degrees(np.arctan(half))) < 4
    act(tab, tab.key, "0")
    assert off(tab, model) < 4
    act(tab, tab.key, "ArrowRight")
    assert off(tab, model, yaw_deg=0.06 * 90) < 4
    act(tab, tab.key, "ArrowUp")
    assert off(tab, model, yaw_deg=0.06 * 90, pitch_deg=0.06 * 90) < 4
    act(tab, tab.key, "+")
    assert where(tab).endswith("84° wide")


def test_places_are_laid_out_anew_where_models_can(tab, server, monkeypatch):
    def layouts():
        return painted[-1].layout

    def write(value):
        tab.run(f"$ = document.getElementById('layout'); $.value = '{value}'; $.dispatchEvent(new Event('input'))")

    painted, place = [], Painter.place
    monkeypatch.setattr(Painter, "place", lambda painter, look: painted.append(look) or place(painter, look))
    hidden = "document.getElementById('new-layout').hidden"
    assert tab.run(hidden)
    monkeypatch.setattr("panogen.apps.viewer.app.has_layouts", lambda generator: True)
    tab.open(server.address)
    rest(tab)
    assert not tab.run(hidden)
    assert layouts() is None
    act(tab, tab.key, "l")
    assert layouts() == tab.run("document.getElementById('layout').valueAsNumber")
    for value, expected in (("12", 12), ("", None)):
        act(tab, write, value)
        assert layouts() == expected


def test_it_never_looks_beyond_what_the_model_knows(tab):
    for _ in range(6):
        tab.key("ArrowUp")
    act(tab, tab.key, "ArrowUp")
    assert where(tab) == "0° right, 16° up, 90° wide"
    assert seen(tab)[0].max(-1).min() > 0
    for _ in range(20):
        tab.key("-")
    act(tab, tab.key, "x")
    assert where(tab) == "0° right, 6° up, 110° wide"


@pytest.mark.parametrize(("key", "pitch_deg", "up"), [("ArrowUp", 90, "90° up"), ("ArrowDown", -90, "90° down")])
def test_it_looks_straight_up_and_down_where_the_model_knows_the_sphere(chromium, key, pitch_deg, up):
    chart = Sphere()
    sphere = Panogen(Model(tiny_generator(chart=chart, **OCTAVES), chart, {}), "sphere")
    with serving(sphere) as server:
        chromium.open(server.address)
        rest(chromium)
        for _ in range(20):
            chromium.key(key)
        act(chromium, chromium.key, "ArrowRight")
        assert where(chromium) == f"5° right, {up}, 90° wide"
        assert off(chromium, sphere, yaw_deg=0.06 * 90, pitch_deg=pitch_deg) < 4
        assert off(chromium, sphere, yaw_deg=0.06 * 90, pitch_deg=pitch_deg * 0.6) > 8
        chromium.open("about:blank")


def test_the_gaze_follows_the_mouse(tab, model):
    act(tab, tab.move, 100, 100)
    names = tab.run(
        """new Promise((done) => {
          const canvas = document.getElementById('picture'), names = [];
          new MutationObserver(() => {
            names.push(canvas.dataset.name);
            if (canvas.dataset.level === '2') done(names);
          }).observe(canvas, { attributeFilter: ['data-name'] });
          const event = { clientX: 500, clientY: 200, bubbles: true, pointerId: 1 };
          canvas.dispatchEvent(new PointerEvent('pointermove', event));
        })"""
    )
    assert names == ["foveated", "full"]
    tab.key("h")
    tab.wait(f"{DATA}.number === {DATA}.asked && {DATA}.name === 'foveated'")
    warm = seen(tab) - model.render(4, View(**VIEW))
    assert np.abs(warm[200, 500]).sum() > 30
    brightness = seen(tab).sum(-1)
    assert brightness[160:240, 430:570].mean() > brightness[160:240, 30:170].mean()


def test_places_blend_and_change(tab, model):
    def slide(name, value):
        tab.run(
            f"""(() => {{ const slider = document.getElementById('{name}'); slider.value = {value};
            slider.dispatchEvent(new Event('input')); }})()"""
        )

    act(tab, slide, "other", 9)
    act(tab, slide, "share", 0.5)
    assert off(tab, model, Average((Seed(4), Seed(9)))) < 4
    act(tab, slide, "share", 1)
    assert off(tab, model, 9) < 4
    act(tab, slide, "share", 0)
    act(tab, slide, "truncation", 0.5)
    assert off(tab, model, truncation=0.5) < 4
    act(tab, tab.key, "n")
    assert off(tab, model, truncation=0.5) > 4


@pytest.mark.parametrize(("presses", "projection"), [(1, "cylindrical"), (2, "equirectangular")])
def test_panoramas_lie_in_the_window(tab, model, presses, projection):
    for _ in range(presses):
        act(tab, tab.key, "p")
    expected = model.render(4, View(width=WIDTH, projection=projection))
    top = (HEIGHT - len(expected)) // 2
    assert np.abs(seen(tab)[top : top + len(expected)] - expected).mean() < 4
    assert seen(tab)[: top - 1].max() < 20
    act(tab, tab.drag, (320, 180), (160, 180))
    np.testing.assert_allclose(
        seen(tab)[top : top + len(expected)], np.roll(expected, -160, axis=1).astype(int), atol=100
    )
    assert where(tab) == "90° right, all around"


def test_fingers_look_and_pinch(tab, model):
    def look():
        tab.touch("touchStart", (300, 180))
        tab.touch("touchMove", (220, 180))
        tab.touch("touchEnd")

    def pinch():
        tab.touch("touchStart", (300, 180), (340, 180))
        tab.touch("touchMove", (280, 180), (360, 180))
        tab.touch("touchEnd")

    act(tab, look)
    assert off(tab, model, yaw_deg=11.25) < 4
    act(tab, pinch)
    assert off(tab, model, yaw_deg=11.25, fov_deg=2 * np.degrees(np.arctan(0.5))) < 4


def test_a_saved_view_is_a_download(tab, model, tmp_path):
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    tab.run("document.getElementById('save-width').value = 200; document.getElementById('save-height').value = 100")
    tab.key("s")
    path = tmp_path / "seed0004.png"
    until(path.is_file, path)
    tab.wait("document.getElementById('saved').hidden")
    expected = model.render(4, View(width=200, height=100, projection="perspective"))
    np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], expected)
    tab.run("document.getElementById('save-width').value = document.getElementById('save-height').value = 60000")
    tab.key("s")
    tab.wait("document.getElementById('notice').textContent.includes('panogen render makes larger ones')")
    assert tab.run("document.getElementById('saved').hidden")


def test_a_page_finds_its_server_again(chromium, model):
    with serving(model) as server:
        chromium.open(server.address)
        rest(chromium)
        act(chromium, chromium.key, "ArrowRight")
    chromium.wait("document.getElementById('notice').classList.contains('on')")
    with serving(model, server.port):
        start, before = time.monotonic(), chromium.run(f"Number({DATA}.asked)")
        chromium.wait(f"Number({DATA}.asked) > {before} && {DATA}.number === {DATA}.asked")
        assert time.monotonic() - start < 3
        rest(chromium)
        assert where(chromium).startswith("5° right")
