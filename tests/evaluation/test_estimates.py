import math

import pytest

from panogen.evaluation.estimates import means


def test_a_psnr_is_that_of_the_mean_error():
    """Mean square errors of 1 and 9 make 5, and none makes an infinite PSNR."""
    rows = [{"foveation.psnr_0-5": math.inf, "pan.half_pixel_psnr": 10 * math.log10(255**2 / e)} for e in (1, 9)]
    sharp, shifted = means(rows, 0)
    assert shifted.value == pytest.approx(10 * math.log10(255**2 / 5))
    assert (shifted.low, shifted.high) == pytest.approx([10 * math.log10(255**2 / e) for e in (9, 1)])
    assert (sharp.value, sharp.low, sharp.high, sharp.n) == (math.inf, math.inf, math.inf, 2)


def test_other_figures_are_means():
    (figure,) = means([{"scale.ssim_2": value} for value in (0.9, 1.0)], 0)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.95, 0.9, 1.0))
