import contextlib
import json
import re
import shutil

import pytest

from panogen.live_page import FOLDER, START, page_files
from tests.browser import CHROMIUM, Browser, served, until

# Plain red, as bright as the yaw.
SOURCE = """
export class Source {
  constructor(on) {
    Object.assign(this, { on, number: 0, ready: false });
    window.source = this;
    on.state(false, "Wait a moment.");
  }
  begin(about) {
    this.ready = true;
    this.on.state(true);
    this.on.hello({
      title: "A title", credit: "A credit", model: "stub", seed: 4, layout: null, place: null, has_layouts: false,
      closed: true, vertical_fov_deg: 120, ...about,
    });
  }
  ask(look) {
    this.asked = look;
    const { width, height } = look;
    const header = { number: ++this.number, level: 2, name: "full", samples: 1, pixels: 1, milliseconds: 1 };
    setTimeout(async () => {
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.fillStyle = `rgb(${Math.round(look.yaw_deg)} 0 0)`;
      context.fillRect(0, 0, width, height);
      this.on.frame(header, await createImageBitmap(context.canvas));
    });
    return header.number;
  }
  say(kind, more) {
    this.said = { kind, ...more };
  }
}
"""
DATA = "document.getElementById('picture').dataset"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name, path in page_files().items():
        shutil.copyfile(path, folder / ("index.html" if name == START else name))
    (folder / "source.js").write_text(SOURCE)
    with served(folder) as root:
        yield f"{root}/"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with contextlib.closing(Browser(tmp_path_factory.mktemp("browser"), 640, 360)) as browser:
        yield browser


@pytest.fixture
def tab(chromium, address):
    chromium.resize(640, 360)
    chromium.open(address)
    yield chromium
    assert chromium.failures() == []


def begin(tab, about="{}"):
    tab.run(f"source.begin({about})")
    rest(tab)


def rest(tab):
    tab.wait(f"{DATA}.number > 0 && {DATA}.number === {DATA}.asked")


def text(tab, name):
    return tab.run(f"document.getElementById('{name}').textContent")


def noticed(tab):
    return tab.run("document.getElementById('notice').classList.contains('on')") and text(tab, "notice")


def test_all_files_are_named():
    assert set(page_files().values()) == {path for path in FOLDER.iterdir() if path.suffix in (".html", ".css", ".js")}


def test_they_ask_for_each_other_and_for_a_source_alone():
    words = "".join(path.read_text() for path in page_files().values())
    asked = re.findall(r'from "\./(.+?)"', words) + re.findall(
        r'(?:src|href)="(\w.*?)"', page_files()[START].read_text()
    )
    assert set(asked) == {*page_files(), "source.js", "data:,"} - {START}


def test_they_do_not_know_where_pictures_come_from():
    words = "".join(path.read_text() for path in page_files().values())
    assert not re.search("server|websocket|panogen view", words, re.I)


def test_a_source_says_what_the_page_says_of_it(tab):
    assert noticed(tab) == "Wait a moment."
    begin(tab)
    assert not noticed(tab)
    assert (tab.run("document.title"), text(tab, "credit"), text(tab, "model")) == ("A title", "A credit", "stub")
    assert tab.run("source.asked") == {
        "seed": 4, "other": 1, "layout": None, "blend": "between", "share": 0, "truncation": 1,
        "projection": "perspective", "yaw_deg": 0, "pitch_deg": 0, "fov_deg": 90, "gaze_x": 0.5, "gaze_y": 0.5,
        "foveated": True, "heat": False, "width": 640, "height": 360,
    }  # fmt: skip


def test_a_loss_of_the_source_is_survived(tab):
    begin(tab)
    tab.run("location.hash = '#yaw=100'")
    until(lambda: tab.run("source.asked.yaw_deg") == 100, "the yaw")
    rest(tab)
    red = "[...document.getElementById('picture').getContext('2d').getImageData(320, 180, 1, 1).data].slice(0, 3)"
    assert tab.run(red) == [100, 0, 0]
    before = tab.run("source.ready = false; source.on.state(false, 'The source is lost.'); source.number")
    assert noticed(tab) == "The source is lost."
    tab.run("source.ready = true; source.on.state(true)")
    tab.wait(f"source.number === {before} + 1")
    assert not noticed(tab)


def test_a_model_without_a_circle_is_seen_through_a_lens(tab):
    begin(tab, "{ closed: false }")
    tab.key("p")
    tab.key("a")
    tab.key("ArrowRight")
    tab.wait("source.asked.yaw_deg > 0")
    assert tab.run("[source.asked.projection, source.asked.blend]") == ["perspective", "between"]
    assert tab.run("document.getElementById('projections').hidden && document.getElementById('blends').hidden")


@pytest.mark.parametrize("size", [(320, 260), (320, 480), (360, 640), (560, 320), (641, 360), (1280, 720)])
@pytest.mark.parametrize("bare", [True, False])
def test_buttons_meter_message_and_panel_lie_apart(tab, size, bare):
    tab.resize(*size)
    begin(tab)
    tab.run(f"document.body.classList.toggle('bare', {str(bare).lower()})")
    tab.run("document.getElementById('samples').textContent = '2,073,600'")
    tab.run("source.on.state(false, 'The message of a source that is gone, in two lines of a narrow window.')")
    tab.wait("document.getAnimations().length === 0")
    over = [("meter", "full"), ("meter", "toggle"), ("full", "toggle")]
    over += [("notice", name) for name in ("meter", "full", "toggle")]
    if not bare:
        over += [("panel", "meter"), ("panel", "notice")]
    apart = "(a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top"
    box = "(id) => document.getElementById(id).getBoundingClientRect()"
    assert tab.run(f"{json.dumps(over)}.filter((pair) => !({apart})(...pair.map({box})))") == []


def test_all_that_is_operated_has_a_name(tab):
    begin(tab)
    tab.send("Accessibility.enable")
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    tab.send("Accessibility.disable")
    roles = {"button", "spinbutton", "slider", "radio", "switch", "combobox"}
    named = [(one["role"]["value"], one["name"]["value"]) for one in nodes if one.get("role", {}).get("value") in roles]
    assert {role for role, _ in named} == roles
    assert all(name for _, name in named)
    assert {name for role, name in named if role == "slider"} == {"From A to B", "Truncation"}


def test_the_keys_are_shown_and_put_away(tab):
    begin(tab)
    for key, shown in (("Escape", False), ("?", True), ("?", False), ("?", True), ("Escape", False)):
        tab.key(key)
        assert tab.run("document.getElementById('help').open") is shown


def test_a_file_of_the_source_is_a_download(tab, tmp_path):
    begin(tab)
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    tab.key("s")
    said = tab.run("source.said")
    assert (said["kind"], said["width"], said["height"], said["suffix"]) == ("save", 1920, 1080, ".png")
    tab.run("source.on.saving({ share: 0.5 })")
    assert text(tab, "save") == "Stop"
    tab.run("source.on.file({ suffix: '.png' }, new Uint8Array([1, 2, 3]))")
    path = tmp_path / "seed0004.png"
    until(path.is_file, path)
    assert path.read_bytes() == bytes([1, 2, 3])
    assert text(tab, "save") == "Save"
