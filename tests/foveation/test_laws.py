import math

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.foveation import LAWS, Acuity, LogPolar

FITTED = {"pitch_rad": math.radians(0.06), "farthest_rad": math.radians(60), "shape": (1080, 1920)}


@pytest.mark.parametrize("law", LAWS.values())
def test_positions_and_eccentricities_are_inverse(law):
    spacing = law().fit(**FITTED)
    eccentricity = np.linspace(spacing.fovea_rad, FITTED["farthest_rad"], 100)
    np.testing.assert_allclose(spacing.eccentricity_rad(spacing.position(eccentricity)), eccentricity, rtol=1e-12)
    assert spacing.position(np.array([spacing.fovea_rad]))[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("law", LAWS.values())
def test_steps_are_those_of_the_eccentricity(law):
    spacing, position = law().fit(**FITTED), np.linspace(-1, 90, 50)
    found = (spacing.eccentricity_rad(position + 1e-4) - spacing.eccentricity_rad(position - 1e-4)) / 2e-4
    np.testing.assert_allclose(spacing.step_rad(position), found, rtol=1e-6)


@pytest.mark.parametrize("law", LAWS.values())
def test_single_precision_stays_single(law):
    spacing, ones = law().fit(**FITTED), np.ones(3, np.float32)
    assert (
        spacing.position(ones).dtype
        == spacing.eccentricity_rad(ones).dtype
        == spacing.step_rad(ones).dtype
        == np.float32
    )


def test_acuity_s_rings_are_half_an_angle_of_resolution_apart():
    law = Acuity(0.03, 1 / 50)
    spacing = law.fit(**FITTED)
    rings = np.degrees(spacing.eccentricity_rad(np.arange(0, 40.0)))
    np.testing.assert_allclose(np.diff(rings), (1 / 50 + 0.03 * rings[:-1]) / 2, rtol=1e-9)
    arc = 360 * np.sin(np.radians(rings)) / spacing.points
    assert (arc <= (1 / 50 + 0.03 * rings) / 2).all()


def test_acuity_s_fovea_ends_where_pixels_are_as_far_apart():
    # (1/60 + 0.022 e)/2 = 0.06
    assert np.degrees(Acuity().fit(**FITTED).fovea_rad) == pytest.approx((0.12 - 1 / 60) / 0.022)
    dense = Acuity().fit(math.radians(0.001), FITTED["farthest_rad"], FITTED["shape"])
    assert np.degrees(dense.fovea_rad) == pytest.approx(1)


def test_log_polar_is_the_kernel_s_buffer():
    law = LogPolar(2.0, 4.0)
    spacing = law.fit(**FITTED)
    rings, points = 960, 540
    assert spacing.points == points
    longest = np.log(FITTED["farthest_rad"] / FITTED["pitch_rad"])
    at = np.array([0.9, 0.95, 1.0]) * rings  # columns of the buffer, of which u^4 L is the logarithm
    r = np.exp(longest * (at / rings) ** 4) * FITTED["pitch_rad"]
    first = rings * (np.log(spacing.fovea_rad / FITTED["pitch_rad"]) / longest) ** 0.25
    np.testing.assert_allclose(spacing.position(r), at - first, rtol=1e-9)


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.5, 4.0, 100.0])
@pytest.mark.parametrize("sigma", [1.0, 100.0])
def test_extreme_log_polar_buffers_have_rings_before_and_behind_the_picture(sigma, alpha):
    """The one before column 0, the other one farther away than numbers go."""
    shape = (36, 64)
    spacing = LogPolar(sigma, alpha).fit(math.radians(1.5), FITTED["farthest_rad"], shape)
    eccentricity = np.linspace(spacing.fovea_rad, FITTED["farthest_rad"], 100)
    position = spacing.position(eccentricity)
    np.testing.assert_allclose(spacing.eccentricity_rad(position), eccentricity, rtol=1e-10)
    before, behind = spacing.eccentricity_rad(np.array([-1.0, position[-1] + 3]))
    assert 0 < before <= spacing.fovea_rad and FITTED["farthest_rad"] < behind <= 2 * math.pi * (1 + 1e-12)
    steps = spacing.step_rad(np.array([-1.0, 0.0, position[-1] + 3]))
    assert (steps > 0).all() and np.isfinite(steps).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Acuity(0), r"acuity must be in \(0, 1\] degrees per degree, got 0"),
        (lambda: Acuity(float("nan")), "got nan"),
        (lambda: Acuity(0.022, 2), r"base_deg must be in \(0, 1\] degrees, got 2"),
        (lambda: LogPolar(0), r"sigma must be in \[0.1, 100\], got 0"),
        (lambda: LogPolar(1.8, 1000), "alpha must be in"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
