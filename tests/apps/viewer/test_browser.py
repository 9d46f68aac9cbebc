"""The page itself, in a real browser."""

import base64
import shutil
from urllib.parse import parse_qsl

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from panogen.api import Panogen
from panogen.apps.viewer.painter import Painter
from panogen.geometry import Sphere
from panogen.grids.view import View
from panogen.places import Average, Between, Blend, Seed
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


def reload(tab):
    tab.run("window.left = true")
    tab.send("Page.reload")
    tab.wait("!window.left && document.readyState === 'complete'")
    rest(tab)


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


def notice(tab):
    return tab.run("document.getElementById('notice').textContent")


def link(tab, newest):
    """What the address says, once it says the newest."""
    tab.wait(f"location.hash.includes('{newest}&')")
    return dict(parse_qsl(tab.run("location.hash.slice(1)")))


def test_it_opens_with_the_seed_and_asks_no_other_place(tab, server, model):
    assert off(tab, model) < 4
    assert all(f"//127.0.0.1:{server.port}/{TOKEN}/" in address for address in tab.requests())
    assert tab.run("document.getElementById('model').textContent") == "tiny"
    assert tab.run("document.title") == "panogen view"


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


def test_places_are_laid_out_anew_where_models_can(tab, server, model, monkeypatch):
    def layouts():
        return painted[-1].layout

    def write(value):
        tab.run(f"$ = document.getElementById('layout'); $.value = '{value}'; $.dispatchEvent(new Event('input'))")

    painted, place = [], Painter.place
    monkeypatch.setattr(Painter, "place", lambda painter, look: painted.append(look) or place(painter, look))
    hidden = "document.getElementById('new-layout').hidden"
    assert tab.run(hidden)
    monkeypatch.setattr(type(model.model.generator), "knows_layouts", True)
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


def test_places_give_way_and_change(tab, model):
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


def test_two_places_lie_around_the_circle(tab, model):
    act(tab, tab.key, "a")
    assert off(tab, model, Blend((Seed(4), Seed(1)))) < 4
    assert tab.run("document.getElementById('share').disabled && document.getElementById('walk').disabled")
    act(tab, tab.key, "x")
    assert off(tab, model, Blend((Seed(1), Seed(4)))) < 4
    act(tab, tab.key, "a")
    assert off(tab, model, 1) < 4


def test_a_walk_is_paced_by_the_pictures(tab, model):
    tab.run(f"""window.behind = []; new MutationObserver(() => behind.push({DATA}.asked - {DATA}.number))
        .observe(document.getElementById('picture'), {{ attributeFilter: ['data-asked'] }})""")
    tab.key("w")
    assert tab.run("document.getElementById('walk').ariaPressed") == "true"
    tab.wait("document.getElementById('share').value >= 0.05")
    tab.key("w")
    rest(tab)
    assert tab.run("behind.length > 2 && Math.max(...behind) === 1")
    act(tab, tab.key, "ArrowRight")
    share = float(link(tab, "yaw=5.4")["share"])
    assert 0.04 < share < 0.2
    assert off(tab, model, Between(Seed(4), Seed(1), share), yaw_deg=5.4) < 4


def test_a_link_holds_what_is_seen(tab, server, model):
    assert tab.run("location.hash") == ""  # what a page opens with needs none
    act(tab, tab.drag, (320, 180), (240, 180))
    assert link(tab, "yaw=11.25") == {
        "seed": "4", "other": "1", "blend": "between", "share": "0", "layout": "own", "truncation": "1",
        "projection": "perspective", "yaw": "11.25", "pitch": "0", "fov": "90", "foveated": "1", "heat": "0",
    }  # fmt: skip
    reload(tab)
    assert where(tab).startswith("11° right")
    act(tab, tab.run, "location.hash = '#seed=9&yaw=90'")
    assert off(tab, model, 9, yaw_deg=90) < 4
    act(tab, tab.run, "location.hash = '#yaw=-90'")
    assert off(tab, model, 4, yaw_deg=-90) < 4


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("yaw=north", 'yaw must be a number from -360 to 360, got "north"'),
        ("yaw=", 'yaw must be a number from -360 to 360, got ""'),
        ("seed=4294967296", 'seed must be a whole number from 0 to 4294967295, got "4294967296"'),
        ("layout=-1", 'layout must be a whole number from 0 to 4294967295, or "own", got "-1"'),
        ("blend=above", 'blend must be one of between, around, got "above"'),
        ("heat=yes", 'heat must be 0 or 1, got "yes"'),
        ("constructor=1", '"constructor" is no field'),
        ("heat=constructor", 'heat must be 0 or 1, got "constructor"'),
        ("foveated=__proto__", 'foveated must be 0 or 1, got "__proto__"'),
        ("truncation=2.1", 'truncation must be a number from -2 to 2, got "2.1"'),
        (f"{'x' * 50}=1", f'"{"x" * 37}..." is no field'),
    ],
)
def test_what_makes_no_sense_in_a_link_is_left_out_and_told(tab, said, reason):
    act(tab, tab.run, f"location.hash = '#pitch=5&{said}&fov=60'")
    assert notice(tab) == f"In the link {reason}; that is left out."
    assert where(tab) == "0° right, 5° up, 60° wide"


def permit(tab, *permissions):
    """Let pages do these, and nothing else that needs permission."""
    tab.send("Browser.grantPermissions", permissions=permissions)


def test_a_link_is_copied(tab, server):
    permit(tab, "clipboardReadWrite", "clipboardSanitizedWrite")
    tab.key("k")
    tab.wait("document.getElementById('notice').textContent === 'The link is in the clipboard.'")
    assert tab.run("navigator.clipboard.readText()") == tab.run("location.href")
    assert tab.run("location.href").startswith(f"{server.address}#seed=4&")
    tab.run("navigator.clipboard.writeText = () => Promise.reject(new Error())")
    tab.key("k")
    tab.wait("document.getElementById('notice').textContent.endsWith('the address of this page is the link.')")


def test_the_page_fills_the_screen(tab):
    assert not tab.run("document.getElementById('full').hidden")
    for full in ("true", "false"):
        tab.key("g")
        tab.wait(f"(document.fullscreenElement !== null) === {full}")
        tab.wait(f"document.getElementById('full').ariaPressed === '{full}'")


@pytest.mark.parametrize("screen", [0, 90, 180, 270])
def test_the_line_of_sight_follows_from_the_angles(tab, screen):
    for alpha, beta, gamma in [(0, 90, 0), (40, 90, 0), (350, 60, 20), (10, 120, -50), (200, -100, 70)]:
        turned = Rotation.from_euler("ZXY", [alpha, beta, gamma], degrees=True)
        east, north, up = turned.apply([0, 0, -1])
        script = f"import('./orientation.js').then(({{ sight }}) => sight({alpha}, {beta}, {gamma}, {screen}))"
        found = tab.run(script)
        assert found["pitch_deg"] == pytest.approx(np.degrees(np.arctan2(up, np.hypot(east, north))))
        yaw = np.degrees(np.arctan2(east, north))
        assert np.abs((found["yaw_deg"] - yaw + 180) % 360 - 180) < 1


def test_flat_on_the_table_the_top_of_the_screen_has_the_heading(tab):
    script = "import('./orientation.js').then(({ sight }) => [0, 5].map((gamma) => sight(30, 0, gamma, 0).yaw_deg))"
    np.testing.assert_allclose(tab.run(script), -30, atol=8)


@pytest.fixture
def held(tab, server):
    """A tab in a hand."""
    tab.send("Emulation.setTouchEmulationEnabled", enabled=True)
    permit(tab, "sensors")
    reload(tab)
    assert not tab.run("document.getElementById('following').hidden")
    yield tab
    tab.send("DeviceOrientation.clearDeviceOrientationOverride")
    tab.send("Emulation.setTouchEmulationEnabled", enabled=False)


def test_the_view_follows_the_device(held):
    def hold(alpha, beta=90):
        held.send("DeviceOrientation.setDeviceOrientationOverride", alpha=alpha, beta=beta, gamma=0)

    hold(300)
    act(held, held.key, "ArrowRight")
    act(held, held.run, "document.getElementById('follow').click()")
    act(held, hold, 280)
    assert where(held).startswith("25° right, 0° up")
    act(held, hold, 290, 95)
    assert where(held).startswith("15° right, 5° up")
    act(held, held.key, "0")
    act(held, hold, 250, 95)
    assert where(held).startswith("40° right, 0° up")
    held.run("document.getElementById('follow').click()")
    hold(0)
    act(held, held.key, "ArrowRight")
    assert where(held).startswith("45° right, 0° up")


@pytest.mark.parametrize(
    ("permitted", "reason"),
    [
        (["sensors"], "This device does not tell how it is held."),
        ([], "The browser does not let this page know how the device is held."),
    ],
)
def test_a_device_that_says_nothing_is_not_followed(held, permitted, reason):
    permit(held, *permitted)
    if not held.run("'requestPermission' in DeviceOrientationEvent"):  # older browsers ask nobody, and tell nothing
        reason = "This device does not tell how it is held."
    held.run("document.getElementById('follow').click()")
    held.wait(f"document.getElementById('notice').textContent === '{reason}'")
    assert not held.run("document.getElementById('follow').checked")


def test_without_a_hand_there_is_nothing_to_follow(tab):
    assert tab.run("document.getElementById('following').hidden")


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
        before = chromium.run(f"Number({DATA}.asked)")
        chromium.wait(f"Number({DATA}.asked) > {before} && {DATA}.number === {DATA}.asked")
        rest(chromium)
        assert where(chromium).startswith("5° right")
