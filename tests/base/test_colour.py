import cv2
import numpy as np
import pytest

from panogen.base.colour import LUMINANCE, linear_to_srgb, srgb_to_linear

LEVELS = np.arange(256) / 255


def test_levels_and_their_light_by_hand():
    # 128/255: ((0.50196 + 0.055) / 1.055)^2.4; 10/255 lies on the straight part.
    found = srgb_to_linear(np.array([0.0, 10 / 255, 128 / 255, 1.0]))
    np.testing.assert_allclose(found, [0, 10 / 255 / 12.92, 0.2158605, 1], atol=1e-7)
    assert linear_to_srgb(np.array([0.18]))[0] == pytest.approx(0.4613561, abs=1e-7)


def test_there_and_back():
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(LEVELS)), LEVELS, atol=1e-12)
    # The constants of the standard are rounded, so the two parts do not quite meet: 4e-8 apart, in light.
    light = np.linspace(0, 1, 10_001)
    np.testing.assert_allclose(srgb_to_linear(linear_to_srgb(light)), light, atol=1e-7)


def test_both_are_increasing_and_meet_at_the_ends():
    for curve in (srgb_to_linear, linear_to_srgb):
        values = curve(np.linspace(0, 1, 10_001))
        assert (np.diff(values) > 0).all()
        np.testing.assert_allclose(values[[0, -1]], [0, 1], atol=1e-15)


@pytest.mark.parametrize("curve", [srgb_to_linear, linear_to_srgb])
def test_shape_and_precision_stay(curve):
    picture = np.random.default_rng(0).random((4, 5, 3))
    single = curve(picture.astype(np.float32))
    assert (single.shape, single.dtype) == ((4, 5, 3), np.float32)
    np.testing.assert_allclose(single, curve(picture), atol=1e-6)


def test_opencv_agrees_on_the_luminance_of_light():
    light = np.random.default_rng(0).random((8, 9, 3)).astype(np.float32)
    y = cv2.cvtColor(light, cv2.COLOR_RGB2XYZ)[..., 1]
    np.testing.assert_allclose(light @ LUMINANCE, y, atol=1e-4)
