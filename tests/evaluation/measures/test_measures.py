import json
import math
import runpy
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from panogen.cli import evaluate
from panogen.evaluation.figure import Figure
from panogen.evaluation.measures import MEASURES, Group, Legend, Measure, legend_of, metrics_of_pictures
from panogen.evaluation.measures.base import Found, Ranking
from tests.metrics.adversarial import duplicated_seam, hard_seam, landscape, mirrored_half

PICTURES = {name: MEASURES[name].of_picture for name in metrics_of_pictures()}
FULL = landscape(0, 128, 256)  # of the shape of a full equirectangular picture


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_measure_finds_something_and_says_of_what_kind(measure):
    assert measure.of or measure.of_picture
    assert measure.words
    for part in measure.legends:
        assert measure.legend(part).words
        assert measure.legend(part).group in Group
    assert measure.ranking is None or measure.ranking.figure in measure.legends


@pytest.mark.parametrize("name", ["swd.mean", "swd.64", "fid.2048", "kid.768", "foveation.psnr_>30", "scale.lanczos_4"])
def test_names_that_end_in_a_size_have_a_legend(name):
    assert legend_of(name).words


def test_figures_may_stand_apart_from_their_measure():
    groups = [legend_of(f"spectrum.{part}").group for part in ("all", "grid_peak")]
    assert groups == [Group.REAL, Group.SINGLES]


def test_an_unknown_name_has_no_legend():
    for name in ("seam.colour", "colour.seam"):
        with pytest.raises(KeyError):
            legend_of(name)


@pytest.mark.parametrize("name", PICTURES)
def test_figures_are_plain_numbers_that_a_picture_gives_again(name):
    before = FULL.copy()
    figures = PICTURES[name](FULL)
    assert all(type(figure) is float and math.isfinite(figure) for figure in figures.values())
    assert PICTURES[name](FULL) == figures
    assert set(figures) <= set(MEASURES[name].legends)
    np.testing.assert_array_equal(FULL, before)


@pytest.mark.parametrize("name", ["seam", "discontinuity", "spectrum", "mirror"])
def test_bands_of_any_size_have_all_figures_but_the_poles(name):
    for shape in ((32, 128), (48, 300), (200, 800)):
        assert PICTURES[name](landscape(1, *shape)).keys() == PICTURES[name](FULL).keys()


@pytest.mark.parametrize(("name", "shape"), [("poles", (64, 256)), ("spectrum", (16, 64)), ("mirror", (32, 8))])
def test_a_picture_that_does_not_suit_is_refused(name, shape):
    with pytest.raises(ValueError, match="must be"):
        PICTURES[name](np.zeros((*shape, 3), np.uint8))


def faults(picture):
    """Which of the faults the figures see."""
    seam, mirror = PICTURES["seam"](picture), PICTURES["mirror"](picture)
    found = {
        "hard seam": seam["ratio"] > 3 and seam["percentile"] == 100,
        "duplicated column": seam["ratio"] == 0,
        "mirrored": mirror["correlation"] > 0.9 and mirror["mirrored"] == 1,
    }
    return {name for name, is_so in found.items() if is_so}


@pytest.mark.parametrize("seed", range(4))
def test_each_adversary_is_found_and_the_clean_picture_has_no_fault(seed):
    picture = landscape(seed)
    assert faults(picture) == set()
    assert faults(hard_seam(picture)) == {"hard seam"}
    assert faults(duplicated_seam(picture)) == {"duplicated column"}
    assert faults(mirrored_half(picture)) == {"mirrored", "duplicated column"}  # a mirror's axis doubles its column


REDNESS = Measure(
    "how red pictures are",
    Group.CIRCLE,
    {
        "crops": Legend("8-bit steps", "near real", "Mean of the red channel of crops."),
        "panorama": Legend("8-bit steps", "near real", "The same of a panorama.", Group.SINGLES),
    },
    of=lambda samples: Found(
        [Figure.of("redness.crops", float(samples.crops[..., 0].mean()), None, len(samples.crops))],
        {"redness": {"x": [1, 2]}},
    ),
    charts={"redness": lambda curve: f'<p class="toy">a curve of {len(curve["x"])} points</p>'},
    of_picture=lambda picture: {"panorama": float(picture[..., 0].mean())},
    faults=lambda row: ["red"] if row["panorama"] > 0 else [],
    ranking=Ranking("By their red", "panorama", lambda red: red),
)


def words(folder):
    root = ET.parse(folder / "index.html").getroot()
    return ["".join(element.itertext()) for element in root.iter()]


def test_a_measure_is_one_file_and_a_line(model_folder, panorama_folder, tmp_path, monkeypatch):
    """Its name, help, figures, curves, faults, rankings and floors follow from its line in MEASURES."""
    monkeypatch.setitem(MEASURES, "redness", REDNESS)
    command = runpy.run_path(evaluate.__file__)["evaluate"]  # as a new process imports it
    assert "redness        how red pictures are\n" in CliRunner().invoke(command, ["--help"]).stdout

    def run(name, *arguments):
        line = [*map(str, arguments), "--metrics", "redness", "--data", str(panorama_folder), "--out", tmp_path / name]
        assert CliRunner().invoke(command, [*map(str, line)], catch_exceptions=False).exit_code == 0
        return json.loads((tmp_path / name / "figures.json").read_text())

    of_model = run("model", "--model", model_folder, "--crops", 16, "--panoramas", 4, "--resolution", 32)
    crops, panorama = of_model["figures"]
    assert (crops["name"], crops["unit"], panorama["name"]) == ("redness.crops", "8-bit steps", "redness.panorama")
    assert panorama["floor"] > 0
    assert [one["flags"] for one in of_model["pictures"]] == [["red"]] * 4
    assert [one["title"] for one in of_model["samples"]] == ["By their red"]
    shown = words(tmp_path / "model")
    for text in ("Around the circle", "The same of a panorama.", "a curve of 2 points", "By their red"):
        assert text in shown
    of_pictures = run("pictures", "--pictures", panorama_folder)
    assert [one["name"] for one in of_pictures["figures"]] == ["redness.panorama"]
    assert "By their red" in words(tmp_path / "pictures")


def test_a_measure_that_needs_the_network_says_so_in_the_help(monkeypatch):
    monkeypatch.setitem(MEASURES, "redness", replace(REDNESS, needs_inception=True))
    command = runpy.run_path(evaluate.__file__)["evaluate"]
    assert "how red pictures are (needs --inception)" in CliRunner().invoke(command, ["--help"]).stdout
