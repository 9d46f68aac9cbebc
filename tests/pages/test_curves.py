import xml.etree.ElementTree as ET

import numpy as np
import pytest

from panogen.pages.curves import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    line_chart,
    number,
    plain_chart,
    share_chart,
    smoothed,
    thinned,
    ticks,
)


def points_of(element):
    return np.array([[float(part) for part in pair.split(",")] for pair in element.get("points").split()])


def lines_of(chart, kind="line"):
    return [line for line in ET.fromstring(chart).iter("polyline") if kind in line.get("class").split()]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (0.0012, 0.0019, [0.0012, 0.0014, 0.0016, 0.0018]),
        (0, 121_824, [0, 50_000, 100_000]),
    ],
)
def test_ticks_are_round_and_inside(low, high, expected):
    assert ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize("span", 10.0 ** np.arange(-12, 13))
def test_there_are_never_few_or_many_ticks(span):
    for start in (0, 0.3, -0.77):
        assert 3 <= len(ticks(start * span, (start + 1) * span, 6)) <= 7


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0, "0"),
        (0.002, "0.002"),
        (1e-5, "1e-5"),
        (999, "999"),
        (1000, "1k"),
        (40_000, "40k"),
        (1.2e6, "1.2M"),
        (-2e9, "-2G"),
    ],
)
def test_numbers_are_short(value, name):
    assert number(value) == name


def test_a_straight_line_goes_from_corner_to_corner():
    x = np.linspace(0, 1000, 21)
    (line,) = lines_of(line_chart("Line", {"a": (x, x)}))
    found = points_of(line)
    slope, at = np.polyfit(found[:, 0], found[:, 1], 1)
    assert np.abs(found[:, 1] - slope * found[:, 0] - at).max() < 0.06  # one decimal is written
    assert found[0] == pytest.approx((LEFT, HEIGHT - BOTTOM))
    assert found[-1][0] == pytest.approx(WIDTH - RIGHT)
    assert TOP < found[-1][1] < TOP + 20


def test_every_series_has_a_colour_a_name_and_its_last_value():
    x = np.arange(1.0, 4.0)
    chart = line_chart("Losses <&>", {"d_loss": (x, x), "g_loss": (x, -x)}, note="a < b")
    root = ET.fromstring(chart)
    assert ["".join(item.itertext()) for item in root.iter("li")] == ["d_loss 3", "g_loss -3"]
    assert [line.get("class") for line in lines_of(chart)] == ["line c0", "line c1 dashed"]
    assert root.find(".//h3").text == "Losses <&>"


def test_rare_peaks_do_not_flatten_the_curve():
    y = np.sin(np.arange(1000.0) / 50)
    y[500] = 1e6
    (raw,) = lines_of(line_chart("Peak", {"a": (np.arange(1000.0), y)}), "raw")
    heights = np.sort(points_of(raw)[:, 1])
    assert heights[0] < TOP  # the peak is beyond the frame, which cuts it off
    assert np.ptp(heights[1:]) > 0.8 * (HEIGHT - TOP - BOTTOM)


def test_growing_crops_are_marked():
    x = np.linspace(0, 100, 11)
    stages = [(0.0, 32), (50.0, 64), (51.0, 128), (101.0, 256)]
    root = ET.fromstring(line_chart("Line", {"a": (x, x)}, stages))
    marks = [float(line.get("x1")) for line in root.iter("line") if line.get("class") == "stage"]
    assert marks == pytest.approx([LEFT + part * (WIDTH - LEFT - RIGHT) for part in (0.5, 0.51)], abs=0.06)
    names = [text.text for text in root.iter("text") if text.text.endswith("px")]
    assert names == ["32 px", "64 px"]  # a third name has no room, and a fourth is beyond


@pytest.mark.parametrize("y", [[0.0], [5.0], [1e-12], [3.0, 3.0, 3.0], [-1e9, 1e9]])
def test_single_and_constant_values_can_be_drawn(y):
    root = ET.fromstring(line_chart("Flat", {"a": (np.arange(1.0, len(y) + 1), np.array(y))}))
    for line in root.iter("polyline"):
        assert np.isfinite(points_of(line)).all()
    assert len(list(root.iter("circle"))) == (len(y) == 1)


def test_shares_fill_the_frame():
    shares = {"data": np.array([0.25, 0.5, 0.1]), "step": np.array([0.75, 0.5, 0.9])}
    root = ET.fromstring(share_chart("Time", np.array([1.0, 2.0, 3.0]), shares))
    data, step = (points_of(area) for area in root.iter("polygon"))
    height = HEIGHT - BOTTOM - TOP
    assert data[:3, 1] == pytest.approx([HEIGHT - BOTTOM - part * height for part in shares["data"]], abs=0.06)
    assert step[:3, 1] == pytest.approx([TOP] * 3)
    assert step[:2:-1, 1] == pytest.approx(data[:3, 1])
    assert ["".join(item.itertext()) for item in root.iter("li")] == ["data 28.3 %", "step 71.7 %"]


def test_one_line_of_the_log_has_shares_too():
    root = ET.fromstring(share_chart("Time", np.array([800.0]), {"data": np.array([0.2]), "step": np.array([0.8])}))
    data, _ = (points_of(area) for area in root.iter("polygon"))
    assert set(data[:, 0]) == {LEFT, WIDTH - RIGHT}


def test_plain_curves_are_drawn_as_they_are():
    x = np.array([-180.0, 0.0, 180.0])
    chart = plain_chart("Title", {"a": (x, np.array([1.0, 3.0, 2.0])), "b": (x, np.array([2.0, 2.0, 2.0]))}, "degrees")
    root = ET.fromstring(chart)
    first, second = (line.get("points") for line in root.iter("polyline"))
    points = [[float(number) for number in point.split(",")] for point in first.split()]
    assert [point[0] for point in points] == [LEFT, (LEFT + WIDTH - RIGHT) / 2, WIDTH - RIGHT]
    zero = HEIGHT - BOTTOM  # curves that are nowhere below 0 begin there
    heights = [zero - point[1] for point in points]
    assert heights[1] == pytest.approx(3 * heights[0], abs=0.2)
    assert len({point.split(",")[1] for point in second.split()}) == 1
    assert root.find(".//svg[@role]").get("aria-label") == "Title over degrees"


def test_smoothing_is_the_mean_of_the_neighbours():
    y = np.random.default_rng(0).normal(size=40)
    found = smoothed(y, 3)
    assert np.allclose(found, [y[max(k - 3, 0) : k + 4].mean() for k in range(40)], atol=1e-12)
    assert np.array_equal(smoothed(np.arange(9.0), 0), np.arange(9.0))


def test_thinning_keeps_peaks_and_ends_in_time():
    y = np.sin(np.arange(10_000) / 300)
    y[4321], y[7000] = 9, -9
    kept = thinned(y, 600)
    assert {4321, 7000} <= set(kept)
    assert len(kept) <= 600
    assert kept == sorted(kept)
    assert thinned(y[:5], 600) == [0, 1, 2, 3, 4]
