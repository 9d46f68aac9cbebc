import math

import numpy as np
import pytest

from panogen.metrics import PICTURE_METRICS
from tests.metrics.adversarial import duplicated_seam, hard_seam, landscape, mirrored_half

FIGURES = {
    "seam": ("ratio", "percentile", "ratio_second", "percentile_second"),
    "discontinuity": ("score", "excess"),
    "spectrum": ("grid_peak", "grid_peak_horizontal", "grid_peak_vertical"),
    "poles": ("spread_top", "spread_bottom", "step_top", "step_bottom"),
    "mirror": ("correlation", "mirrored"),
}
FULL = landscape(0, 128, 256)  # of the shape of a full equirectangular picture


def test_the_table_names_what_reports_are_made_of():
    assert {name: tuple(measure(FULL)) for name, measure in PICTURE_METRICS.items()} == FIGURES


@pytest.mark.parametrize("name", PICTURE_METRICS)
def test_figures_are_plain_numbers_that_a_picture_gives_again(name):
    before = FULL.copy()
    figures = PICTURE_METRICS[name](FULL)
    assert all(type(figure) is float and math.isfinite(figure) for figure in figures.values())
    assert PICTURE_METRICS[name](FULL) == figures
    np.testing.assert_array_equal(FULL, before)


@pytest.mark.parametrize("name", ["seam", "discontinuity", "spectrum", "mirror"])
def test_bands_of_any_size_have_all_figures_but_the_poles(name):
    for shape in ((32, 128), (48, 300), (200, 800)):
        assert tuple(PICTURE_METRICS[name](landscape(1, *shape))) == FIGURES[name]


@pytest.mark.parametrize(("name", "shape"), [("poles", (64, 256)), ("spectrum", (16, 64)), ("mirror", (32, 8))])
def test_a_picture_that_does_not_suit_is_refused(name, shape):
    with pytest.raises(ValueError, match="must be"):
        PICTURE_METRICS[name](np.zeros((*shape, 3), np.uint8))


def faults(picture):
    """Which of the faults the figures see."""
    seam, mirror = PICTURE_METRICS["seam"](picture), PICTURE_METRICS["mirror"](picture)
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
