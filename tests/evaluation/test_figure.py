import json
import math

import pytest

from panogen.evaluation.figure import LEGENDS, Figure, legend_of
from panogen.evaluation.page import GROUPS


def test_a_figure_survives_json():
    figure = Figure.of("seam.ratio", 1 / 3, (0.25, math.inf), 12, None)
    assert (figure.unit, figure.better) == ("", "near 1")
    written = json.loads(json.dumps(figure.written(), allow_nan=False))
    assert written["value"] == 0.333333
    assert written["high"] == "inf"
    read = Figure.read(written)
    assert (read.high, read.floor, read.n) == (math.inf, None, 12)


@pytest.mark.parametrize("name", ["swd.mean", "swd.64", "fid.2048", "kid.768", "foveation.psnr_>30", "scale.lanczos_4"])
def test_names_that_end_in_a_size_have_a_legend(name):
    assert legend_of(name).words


@pytest.mark.parametrize("name", LEGENDS)
def test_every_figure_has_one_place_on_the_page(name):
    assert sum(name.startswith(beginnings) for beginnings in GROUPS.values()) == 1


def test_an_unknown_name_has_none():
    with pytest.raises(KeyError):
        legend_of("seam.colour")
