import json
import math

from panogen.evaluation.figure import Figure


def test_a_figure_survives_json():
    figure = Figure.of("seam.ratio", 1 / 3, (0.25, math.inf), 12, None)
    written = json.loads(json.dumps(figure.written(), allow_nan=False))
    assert written["value"] == 0.333333
    assert written["high"] == "inf"
    read = Figure.read(written)
    assert (read.high, read.floor, read.n) == (math.inf, None, 12)
