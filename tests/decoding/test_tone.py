import numpy as np
import pytest

from panogen.base.colour import LUMINANCE
from panogen.decoding.tone import KEY, WHITE, expose, tone_map


def test_exposure_does_not_depend_on_the_unit_of_light():
    light = np.random.default_rng(0).lognormal(0, 2, (32, 64, 3)).astype(np.float32)
    exposed = expose(light)
    np.testing.assert_allclose(expose(light * 1000), exposed, rtol=1e-4)
    assert np.exp(np.log(exposed @ LUMINANCE).mean()) == pytest.approx(KEY, rel=1e-3)


def test_the_curve():
    for luminance, stops in ((KEY, 0.0), (1.0, 0.0), (1.0, -1.0), (WHITE, 0.0)):
        shown = tone_map(np.full((1, 1, 3), luminance, np.float32), stops)
        light = luminance * 2**stops
        display = light * (1 + light / WHITE**2) / (1 + light)
        expected = 255 * (1.055 * display ** (1 / 2.4) - 0.055)
        np.testing.assert_allclose(shown, expected, atol=0.51)
    assert tone_map(np.zeros((1, 1, 3), np.float32)).max() == 0
    assert tone_map(np.full((1, 1, 3), 60_000, np.float16)).min() == 255


def test_darkness_stays_dark():
    assert tone_map(expose(np.zeros((4, 4, 3), np.float32))).max() == 0
