import math

import numpy as np
import pytest

from panogen.metrics.psnr import mean_square_of, psnr_db


def test_psnr():
    assert psnr_db(255**2) == 0
    assert psnr_db(2.55**2) == pytest.approx(40)
    assert psnr_db(0.04, peak=2) == pytest.approx(20)
    assert psnr_db(0) == psnr_db(0, peak=2) == math.inf
    assert math.isnan(psnr_db(math.nan))


def test_errors_come_back():
    errors = np.array([0, 1e-9, 1, 255**2])
    np.testing.assert_allclose(mean_square_of(np.array([psnr_db(error) for error in errors])), errors, rtol=1e-12)
    assert mean_square_of(40.0) == pytest.approx(2.55**2)
