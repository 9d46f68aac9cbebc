import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.geometry import from_azimuth_elevation
from panogen.grids import GRIDS, Camera
from panogen.grids.fisheye import Fisheye, LittlePlanet
from tests.geometry.helpers import angle_between
from tests.grids.helpers import CHART, TILTED, all_of

FISHEYES = ["fisheye", "fisheye-equisolid", "fisheye-stereographic"]


@pytest.mark.parametrize("name", FISHEYES)
class TestFisheyes:
    @pytest.mark.parametrize("fov", [60, 180, 300])
    def test_the_field_of_view_is_the_angle_across_the_circle(self, name, fov):
        grid = GRIDS[name].lay_out(CHART, TILTED, 2001, 1, fov)
        row = all_of(grid)[0]
        ahead = from_azimuth_elevation(np.radians(30), np.radians(20))
        angle = angle_between(row, ahead)
        assert angle[1000] < 1e-15  # the very middle
        half, step = np.radians(fov) / 2, angle[0] - angle[1]
        assert angle[0] == pytest.approx(half - step / 2, abs=0.01 * step)
        np.testing.assert_allclose(angle[:1000], angle[:1000:-1], atol=1e-14)

    def test_shows_nothing_beside_the_circle(self, name):
        grid = GRIDS[name].lay_out(CHART, TILTED, 40)
        offset = np.arange(40) - 19.5
        beside = np.hypot(offset, offset[:, None]) > 20
        np.testing.assert_array_equal(np.isnan(all_of(grid)), np.repeat(beside[..., None], 3, 2))

    def test_other_heights_cut_the_circle_or_leave_room(self, name):
        square, low, high = (all_of(GRIDS[name].lay_out(CHART, TILTED, 40, height)) for height in (None, 20, 50))
        np.testing.assert_array_equal(low, square[10:30])
        np.testing.assert_array_equal(high[5:45], square)
        assert np.isnan(high[:5]).all()

    @pytest.mark.parametrize("fov", [0, -3, 361, float("nan"), float("inf")])
    def test_impossible_fields_of_view(self, name, fov):
        limits = r"\(0, 360\)" if name == "fisheye-stereographic" else r"\(0, 360\]"
        with pytest.raises(UsageError, match=rf"fov_deg must be in {limits} for a {name} picture, got .* for 180"):
            GRIDS[name].lay_out(CHART, Camera(), 8, fov_deg=fov)


def test_only_a_stereographic_picture_never_shows_everything():
    for name in FISHEYES[:2]:
        assert len(GRIDS[name].lay_out(CHART, Camera(), 8, fov_deg=360)) == 64
    with pytest.raises(UsageError, match=r"fov_deg must be in \(0, 360\) for a fisheye-stereographic picture, got 360"):
        GRIDS["fisheye-stereographic"].lay_out(CHART, Camera(), 8, fov_deg=360)


def test_a_dome_of_180_degrees_ends_at_the_horizon_when_it_looks_up():
    directions = all_of(Fisheye(64, 64, 180.0, Camera(0, 90)))
    assert np.nanmin(directions[..., 1]) > 0
    assert np.nanmin(directions[..., 1]) < 0.02


class TestLittlePlanet:
    def test_looks_down_with_the_ground_ahead_at_its_top(self):
        directions = all_of(LittlePlanet(101, 101, 200.0))
        np.testing.assert_allclose(directions[50, 50], [0, -1, 0], atol=1e-15)
        assert directions[0, 50, 2] > 0.9 and abs(directions[0, 50, 0]) < 1e-15  # ahead
        assert directions[50, 100, 0] > 0.9 and abs(directions[50, 100, 2]) < 1e-15  # right
        assert not np.isnan(directions).any()

    def test_yaw_spins_it(self):
        still, spun = (all_of(LittlePlanet(40, 40, 270.0, Camera(yaw))) for yaw in (0, 90))
        np.testing.assert_allclose(spun, np.rot90(still), atol=1e-15)  # what was at the right is at the top

    def test_naturally_a_model_of_90_degrees_fills_its_corners(self):
        directions = all_of(LittlePlanet.lay_out(CHART, Camera(), 400))
        assert np.mean(directions[..., 1] < 0) == pytest.approx(np.pi / 4 * 0.589**2, rel=0.01)
        np.testing.assert_allclose(np.degrees(np.arcsin(directions[[0, 0, -1, -1], [0, -1, 0, -1], 1])), 44.7, atol=0.1)
