import numpy as np
import pytest

from panogen.foveation import Acuity, Gaussian
from panogen.foveation.comparison import psnr_by_ring
from panogen.foveation.eye import Gaze
from panogen.foveation.samples import samples_of
from panogen.geometry import Cylinder
from panogen.grids import Camera, Perspective
from panogen.grids.fisheye import Fisheye

EIGHT_STEPS_DB = 20 * np.log10(255 / 8)
FISHEYE = Fisheye(256, 256)
RAISED = Perspective(320, 180, 120.0, Camera(0, 40))  # a third of it beyond a band of 90 degrees
GREY = 120


def ring_of(samples, wrong):
    """PSNR by ring of a grey picture that is ``wrong`` (rows, columns) by eight steps where it is."""
    full = np.full((*wrong.shape, 3), GREY, np.uint8)
    return psnr_by_ring(full, (full + 8 * wrong[..., None]).astype(np.uint8), samples)


@pytest.mark.parametrize("mode", [Acuity(), Gaussian(0.05)], ids=repr)
@pytest.mark.parametrize(("grid", "degrees"), [(FISHEYE, 180.0), (RAISED, 90.0)], ids=["fisheye", "raised"])
def test_pixels_that_show_nothing_do_not_count(grid, degrees, mode):
    samples = samples_of(Gaze(grid), mode, Cylinder(degrees))
    unseen = samples.gaze.unseen(samples.chart)
    assert unseen.mean() > 0.15
    found = ring_of(samples, ~unseen)  # what is seen is wrong by as much everywhere, but for the blur at its edge
    np.testing.assert_allclose(list(found.values()), EIGHT_STEPS_DB, atol=0.3)


@pytest.mark.parametrize("outside", ["edge", "mirror"])
def test_what_is_shown_beyond_the_chart_counts(outside):
    black, shown = (samples_of(Gaze(RAISED), Acuity(), Cylinder(), 0, one) for one in ("black", outside))
    beyond = black.gaze.unseen(black.chart)
    share = beyond[np.degrees(black.gaze.eccentricity_rad.numpy()) >= 30].mean()
    found = ring_of(shown, beyond)[">30"]
    assert found == pytest.approx(EIGHT_STEPS_DB - 10 * np.log10(share), abs=0.5)  # but for the blur at its edge
    assert ring_of(black, beyond)[">30"] > found + 5
