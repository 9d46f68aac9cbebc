import xml.etree.ElementTree as ET

import numpy as np
import pytest

from panogen.evaluation.figure import Figure
from panogen.evaluation.page import number, render_page
from panogen.evaluation.result import Result
from tests.browser import CHROMIUM, Browser

NAME = 'peers & <script>alert("1")</script>'


@pytest.fixture
def result():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 32, 64, 3), np.uint8)
    ends = {
        "worst": [{"name": 3, "index": 3, "value": 2.5}],
        "best": [{"name": NAME, "index": 0, "value": 1.0}],
    }
    return Result(
        title=NAME,
        about="8 crops",
        request={"model": NAME, "metrics": ["swd", "seam"]},
        figures=[
            Figure.of("swd.mean", 31.25, (25.0, 40.0), 1024, 17.5),
            Figure.of("foveation.psnr_0-5", float("inf"), None, 2),
            Figure.of("seam.ratio", 0.98, (0.9, 1.1), 8, 1.01),
        ],
        pictures=[{"name": 3, "figures": {"seam.ratio": 2.5, "seam.ratio_second": "nan"}, "flags": ["hard seam"]}],
        real_pictures=[{"name": 0, "figures": {"seam.ratio": 1.0}, "flags": []}],
        rankings=[{"title": "By their seam", "figure": "seam.ratio", "of": "panoramas", **ends}],
        show={"panoramas": lambda k: pictures[k]},
        curves={
            "spectrum": {"frequency": [0.1, 0.2, 0.5], "generated_db": [30, 20, 8], "real_db": [30, 21, 10]},
            "azimuth_spread": {"azimuth_deg": [-90, 90], "generated": [30, 31], "real": [33, 35]},
            "swd_by_azimuth": {"azimuth_deg": [-90, 90], "generated": [30, 31], "real": 20, "n": 16},
        },
        skipped={NAME: "broken"},
        machine={"machine": "none"},
    )


def texts(root, tag):
    return ["".join(element.itertext()) for element in root.iter(tag)]


def test_figures_samples_and_curves_are_there(result):
    root = ET.fromstring(render_page(result))
    rows = [texts(row, "td") for row in root.iter("tr")]
    assert ["31.25 thousandths", "25 to 40", "17.5", "1,024", "lower", "Mean over the levels below."] in rows
    assert ["infinite", "", "2", "higher"] in [row[:4] for row in rows]  # nothing real to stand beside it
    assert texts(root, "h1") == [NAME]
    assert root.find(".//thead/tr/th").get("scope") == "col"
    captions = [text for text in texts(root, "figcaption") if text.startswith(("worst", "best"))]
    assert captions == ["worst: seed 3, seam.ratio 2.5", f"best: {NAME}, seam.ratio 1"]
    assert [picture.get("alt") for picture in root.iter("img")] == captions
    assert [svg.get("aria-label") for svg in root.iter("svg") if svg.get("role")] == [
        "Distance by azimuth over azimuth in degrees",
        "Spectrum over cycles a pixel",
        "Variety by azimuth over azimuth in degrees",
    ]
    assert texts(root, "h2")[:4] == [
        "Against real pictures",
        "Panoramas one by one",
        "Larger, turned, foveated",
        "Measured on this machine",
    ]
    assert "Of 1 panoramas 1 show a plain fault. Of 1 real ones, 0." in texts(root, "p")


def test_the_page_asks_for_nothing(result):
    page = render_page(result)
    root = ET.fromstring(page)
    assert not list(root.iter("script")) + list(root.iter("link")) + list(root.iter("a"))
    addresses = [value for element in root.iter() for name, value in element.items() if name in ("src", "href")]
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (float("inf"), "infinite"), (0.123456, "0.1235"), (123456.0, "123,500"), (-2.0, "-2")],
)
def test_numbers(value, expected):
    assert number(value) == expected


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_a_browser(result, tmp_path, scheme):
    (tmp_path / "index.html").write_text(render_page(result))
    browser = Browser(tmp_path / "profile", 1200, 800)
    try:
        browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.open((tmp_path / "index.html").as_uri())
        assert browser.failures() == []
        assert [address for address in browser.requests() if not address.startswith("data:")] == [
            (tmp_path / "index.html").as_uri()
        ]
        assert browser.run("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        paper = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, paper[4:-1].split(","))) > 384) == (scheme == "light")
        browser.resize(375, 700, mobile=True)
        assert browser.run("document.documentElement.scrollWidth") <= 375  # tables scroll within themselves
    finally:
        browser.close()
