from dataclasses import replace

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.geometry import from_azimuth_elevation, rotate, rotation
from panogen.latents import Above, Around, Everywhere, Mosaic
from panogen.latents.weights import MEETING_DEG

RNG = np.random.default_rng(0)
DIRECTIONS = RNG.standard_normal((2000, 3))
MOSAIC = Mosaic(170.0, 10.0, 60.0, 40.0, 3, 4, 8.0)
ALL = [
    Everywhere(),
    *(Around((350.0, 20.0, 200.0), softness, kernel) for softness in (0.0, 0.3, 1.0) for kernel in Around.kernels),
    Above((30.0, -10.0, 0.0), 0.7),
    Around((0.0, 90.0), meeting=True),
    MOSAIC,
    Mosaic(33.0, -4.0, 60.0, 40.0, 3, 4, 8.0, yaw_deg=30.0, pitch_deg=70.0),
]


def ahead(azimuth_deg, elevation_deg=0.0):
    return from_azimuth_elevation(np.radians(np.atleast_1d(azimuth_deg)), np.radians(elevation_deg))


@pytest.mark.parametrize("weights", ALL, ids=repr)
def test_rows_are_shares(weights):
    shares = weights(DIRECTIONS)
    assert shares.shape == (2000, weights.count)
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-14)


@pytest.mark.parametrize("weights", ALL, ids=repr)
def test_each_direction_is_on_its_own(weights):
    np.testing.assert_array_equal(weights(DIRECTIONS)[100:150], weights(DIRECTIONS[100:150]))


@pytest.mark.parametrize("kernel", Around.kernels)
def test_each_anchor_is_alone_at_its_azimuth(kernel):
    at = (0.0, 75.0, 180.0, -60.0)
    np.testing.assert_allclose(Around(at, 1.0, kernel)(ahead(at)), np.eye(4), atol=1e-12)


def test_half_way_two_neighbours_share():
    weights = Around((350.0, 20.0), 0.5, "linear")
    np.testing.assert_allclose(weights(ahead([5.0, 185.0])), 0.5)
    # A quarter of a change of 15 degrees before the middle at 5 degrees.
    np.testing.assert_allclose(weights(ahead(5.0 - 15 / 4)), [[0.75, 0.25]], atol=1e-12)


def test_softness_is_the_share_of_the_way_that_changes():
    azimuths = np.arange(0, 360, 0.01) + 0.005
    for softness in (0.2, 0.5, 1.0):
        shares = Around((0.0, 90.0), softness)(ahead(azimuths))
        mixed = (shares.min(1) > 0).mean()
        assert mixed == pytest.approx(softness, abs=2e-4)


def test_the_circle_closes():
    weights = Around((100.0, 200.0, 300.0), 1.0)
    here, there = weights(ahead([-180 + 1e-9, 180 - 1e-9]))
    np.testing.assert_allclose(here, there, atol=1e-9)
    np.testing.assert_array_equal(
        Around((-60.0, 420.0))(DIRECTIONS).round(12), Around((300.0, 60.0))(DIRECTIONS).round(12)
    )


def test_a_hard_kernel_and_no_softness_cut():
    for weights in (Around((0.0, 180.0), 1.0, "hard"), Around((0.0, 180.0), 0.0)):
        np.testing.assert_allclose(weights(ahead([89.9, 90.1])), [[1, 0], [0, 1]], atol=1e-12)


def test_where_azimuths_meet_places_give_way_to_their_means():
    azimuth = np.linspace(-np.pi, np.pi, 73)
    apart, meeting = (Around((0.0, 90.0, 120.0), meeting=meets) for meets in (False, True))
    low = from_azimuth_elevation(azimuth, np.radians(MEETING_DEG))
    np.testing.assert_allclose(meeting(low), apart(low), atol=1e-12)
    for pole in (-1, 1):
        above = from_azimuth_elevation(azimuth, pole * np.radians(89.9))
        assert np.ptp(meeting(above), axis=0).max() < 1e-4
        # Each has what lies half-way to its neighbours: 45 + 120, 45 + 15 and 15 + 120 degrees.
        np.testing.assert_allclose(meeting(above)[0], np.array([165, 60, 135]) / 360, atol=1e-3)
        assert np.ptp(apart(above), axis=0).min() > 0.9
    assert (apart.azimuthal, meeting.azimuthal) == (True, False)


def test_over_heights_the_outer_anchors_go_on():
    weights = Above((10.0, -10.0), 0.5, "linear")  # the sky of the first, the ground of the second
    np.testing.assert_allclose(weights(ahead(0.0, 80.0)), [[1, 0]])
    np.testing.assert_allclose(weights(ahead(0.0, -80.0)), [[0, 1]])
    np.testing.assert_allclose(weights(ahead(123.0, 0.0)), [[0.5, 0.5]])


def test_a_mosaic_is_bilinear_inside_and_lets_go_outside():
    nodes = [(e, a) for e in (30.0, 10.0, -10.0) for a in (140.0, 160.0, 180.0, 200.0)]
    shares = np.concatenate([MOSAIC(ahead(a, e)) for e, a in nodes])
    np.testing.assert_allclose(shares[:, 1:], np.eye(12), atol=1e-12)
    middle = MOSAIC(ahead(150.0, 20.0))[0]
    np.testing.assert_allclose(middle[[1, 2, 5, 6]], 0.25)
    edge = MOSAIC(ahead(200.0 + 4.0, 10.0))[0]  # half-way through the margin, beyond azimuth 180
    np.testing.assert_allclose(edge[[0, 8]], 0.5)
    assert MOSAIC(ahead(0.0))[0, 0] == 1


@pytest.mark.parametrize("pitch_deg", [60.0, 90.0, -90.0])
def test_a_mosaic_is_pitched_as_a_camera_is(pitch_deg):
    pitched = replace(MOSAIC, yaw_deg=160.0, pitch_deg=pitch_deg)
    level = rotate(DIRECTIONS, rotation(np.radians(160)).T)  # as a camera at yaw 160 sees them
    seen = rotate(level, rotation(np.radians(160), np.radians(pitch_deg)))
    np.testing.assert_allclose(pitched(seen), MOSAIC(DIRECTIONS), atol=1e-12)
    np.testing.assert_array_equal(replace(MOSAIC, yaw_deg=160.0)(DIRECTIONS), MOSAIC(DIRECTIONS))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Around((0.0,)), "at least two latents, got 1"),
        (lambda: Around((0.0, 360.0)), "azimuths must differ, got 0 and 360 degrees, which are one place; move one"),
        (lambda: Around((0.0, 90.0, -270.0)), "azimuths must differ, got 90 and -270 degrees"),
        (lambda: Around((-1e-12, 90.0, 0.0)), "azimuths must differ, got -1e-12 and 0 degrees"),
        (lambda: Above((5.0, -9.0, 5.0)), "elevations must differ, got 5 and 5 degrees"),
        (lambda: Above((5.0, 95.0)), r"elevations must be in \[-90, 90\] degrees, got 95"),
        (lambda: Around((0.0, float("nan"))), "finite numbers of degrees, got nan"),
        (lambda: Around((0.0, 1.0), 1.5), r"softness must be in \[0, 1\], got 1.5"),
        (
            lambda: Around((0.0, 1.0), 0.5, "cubic"),
            "kernel must be one of even, linear, smoothstep, cosine, hard, got 'cubic'",
        ),
        (lambda: Mosaic(0, 0, 0, 10, 2, 2, 1), "at most 360 by 180 degrees"),
        (lambda: Mosaic(0, 0, 10, 10, 0, 2, 1), "at least 1 x 1 anchors, got 0 x 2"),
        (lambda: Mosaic(float("nan"), 0, 10, 10, 1, 2, 1), "azimuth_deg must be a finite number, got nan"),
        (lambda: Mosaic(0, 0, 9, 9, 1, 2, 1, pitch_deg=float("inf")), "pitch_deg must be a finite number, got inf"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
