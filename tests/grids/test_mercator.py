import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.geometry import Cylinder, azimuth_elevation
from panogen.grids import Camera
from panogen.grids.mercator import Mercator
from tests.geometry.helpers import angle_between
from tests.grids.helpers import CHART, all_of


def test_small_things_keep_their_shape():
    directions = all_of(Mercator(720, 720, Camera()))
    down = angle_between(directions[1:-1, 0], directions[2:, 0]) + angle_between(
        directions[1:-1, 0], directions[:-2, 0]
    )
    across = angle_between(directions[1:-1, 0], directions[1:-1, 1]) * 2
    np.testing.assert_allclose(down / across, 1, atol=1e-4)


@pytest.mark.parametrize(("fov", "height"), [(90, 280), (60, 174), (170, 996), (180, 1000)])
def test_the_natural_height_is_the_largest_within_the_chart(fov, height):
    grid = Mercator.lay_out(Cylinder(fov), Camera(), 1000)
    assert grid.shape == (height, 1000)
    assert CHART.valid(all_of(Mercator.lay_out(CHART, Camera(), 1000))).all()


def test_a_square_reaches_85_degrees():
    top = Mercator(10**6, 10**6).directions(0, 1)[0]
    assert np.degrees(azimuth_elevation(top)[1]) == pytest.approx(85.0511287798066, abs=1e-4)


@pytest.mark.parametrize("height", [0, 101])
def test_heights_that_would_reach_the_poles(height):
    message = rf"height must be in \[1, 100\] for a mercator picture 100 wide, got {height}; leave it out for the band"
    with pytest.raises(UsageError, match=message):
        Mercator(100, height)


def test_has_no_field_of_view():
    with pytest.raises(UsageError, match="fov_deg has no meaning for projection mercator, got 60"):
        Mercator.lay_out(CHART, Camera(), 64, fov_deg=60.0)
