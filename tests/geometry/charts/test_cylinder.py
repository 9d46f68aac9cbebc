import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from panogen.geometry import CHARTS, PROFILES, Cylinder, Plane, azimuth_elevation, from_azimuth_elevation
from panogen.grids import GRIDS, Camera

SOME = [Cylinder(90), Cylinder(40, "central"), Cylinder(180), Plane(256 / 255), Plane(0.2)]


@pytest.mark.parametrize("profile", PROFILES)
def test_heights_and_elevations_are_inverse(profile):
    chart = Cylinder(100, profile)
    elevation = np.linspace(-0.8, 0.8, 101)
    np.testing.assert_allclose(chart.elevation_rad(chart.height(elevation)), elevation, atol=1e-12)
    np.testing.assert_allclose(chart.elevation_rad(chart.max_height), np.radians(50))


def test_coordinates_are_cos_sin_and_height():
    chart = Cylinder(90, "central")
    coords = chart.coordinates(from_azimuth_elevation(0.3, 0.5))
    np.testing.assert_allclose(coords, [np.cos(0.3), np.sin(0.3), np.tan(0.5)], atol=1e-12)


def test_a_pole_has_finite_coordinates():
    coords = Cylinder().coordinates([[0, 1.0, 0], [0, -1.0, 0]])
    np.testing.assert_allclose(coords, [[1, 0, np.pi / 2], [1, 0, -np.pi / 2]])


def test_only_the_band_is_valid():
    elevation = np.radians([-90, -45.1, -45, 0, 45, 45.1, 90])
    valid = Cylinder(90).valid(from_azimuth_elevation(1.0, elevation))
    np.testing.assert_array_equal(valid, [False, False, True, True, True, False, False])


def test_square_pixels():
    assert Cylinder(90).natural_height(4096) == 1024
    assert Cylinder(90).natural_width(64) == 256
    assert Cylinder(90, "central").natural_height(314) == 100  # 2 tan 45 degrees of 2 pi radii


@pytest.mark.parametrize(
    ("fov", "profile"), [(0, "equirectangular"), (181, "equirectangular"), (180, "central"), (float("nan"), "central")]
)
def test_impossible_fields_of_view(fov, profile):
    with pytest.raises(ValueError, match="vertical_fov_deg must be in"):
        Cylinder(fov, profile)


def test_unknown_profile():
    with pytest.raises(ValueError, match="profile must be one of equirectangular, central, got 'flat'"):
        Cylinder(90, "flat")


def test_all_charts_are_tried_here():
    assert {type(chart) for chart in SOME} == set(CHARTS.values())


@pytest.mark.parametrize("chart", SOME, ids=repr)
class TestEveryChart:
    @pytest.fixture
    def directions(self):
        vectors = np.random.default_rng(0).standard_normal((2000, 3))
        axes = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]]
        return np.concatenate([vectors / np.linalg.norm(vectors, axis=1, keepdims=True), axes])

    @pytest.mark.parametrize("change", ["clamped", "mirrored"])
    def test_directions_that_are_moved_are_shown_and_others_stay(self, chart, directions, change):
        before, shown = directions.copy(), chart.valid(directions)
        found = getattr(chart, change)(directions)
        np.testing.assert_array_equal(directions, before)
        np.testing.assert_array_equal(found[shown], directions[shown])
        assert chart.valid(found).all()
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
        np.testing.assert_array_equal(getattr(chart, change)(directions[0]), found[0])

    def test_edges_are_continuous(self, chart, directions):
        for axis in np.eye(3):
            beside = Rotation.from_rotvec(1e-7 * axis).apply(chart.clamped(directions))
            for change in (chart.clamped, chart.mirrored):
                assert np.abs(change(beside) - beside).max() < 3e-7

    def test_coordinates_are_finite_and_as_many_as_it_says(self, chart, directions):
        coords = chart.coordinates(directions)
        assert coords.shape == (len(directions), chart.axes)
        assert np.isfinite(coords).all()

    def test_single_precision_hides_what_is_not_valid(self, chart, directions):
        world = (directions * np.random.default_rng(1).uniform(0.5, 3, (len(directions), 1))).T.astype(np.float32)
        np.testing.assert_array_equal(chart.hides(world.reshape(3, -1, 2)).ravel(), ~chart.valid(directions))

    def test_places_are_those_of_the_pixels_of_its_own_picture(self, chart, directions):
        width = 24
        grid = GRIDS[chart.natural_projection].lay_out(chart, Camera(), width)
        rows, columns = grid.shape
        assert rows == chart.natural_height(width)
        across, down = (places.reshape(rows, columns) for places in chart.places(grid.directions(0, len(grid))))
        np.testing.assert_allclose(
            across, np.broadcast_to((np.arange(columns) + 0.5) / columns, across.shape), atol=1e-12
        )
        np.testing.assert_allclose(
            down, np.broadcast_to(((np.arange(rows) + 0.5) / rows)[:, None], down.shape), atol=1e-12
        )
        assert all((place >= 0).all() and (place <= 1).all() for place in chart.places(directions))

    def test_row_elevations_are_those_of_the_places_ahead(self, chart, directions):
        ahead = from_azimuth_elevation(0.0, chart.row_elevations_rad(9))
        np.testing.assert_allclose(chart.places(ahead)[1], (np.arange(9) + 0.5) / 9)


def test_elevations_beyond_a_band_are_clipped_or_reflected():
    chart = Cylinder(60)
    directions = from_azimuth_elevation(1.0, np.radians([-90, -31, -30, 10, 45, 89]))
    azimuth, elevation = azimuth_elevation(chart.clamped(directions))
    np.testing.assert_allclose(np.degrees(elevation), [-30, -30, -30, 10, 30, 30])
    np.testing.assert_allclose(azimuth, 1.0)
    azimuth, elevation = azimuth_elevation(chart.mirrored(directions))
    np.testing.assert_allclose(np.degrees(elevation), [30, -29, -30, 10, 15, -29], atol=1e-9)
    np.testing.assert_allclose(azimuth, 1.0)
