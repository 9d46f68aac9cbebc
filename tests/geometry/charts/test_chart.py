"""What every chart is to keep."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import spearmanr

from panogen.base.errors import UsageError
from panogen.geometry import CHARTS, Cylinder, Plane, Sphere, from_azimuth_elevation, pixel_centres
from panogen.grids import GRIDS, Camera, Perspective

FLAT = [Cylinder(90), Cylinder(40, "central"), Cylinder(180), Plane(256 / 255), Plane(0.2)]
SOME = [*FLAT, Sphere()]
SOLID_ANGLES = {
    Cylinder: lambda chart: 4 * np.pi * np.sin(chart.max_elevation_rad),  # Archimedes: that of the cylinder around it
    Plane: lambda chart: 4 * np.arcsin(chart.edge**2 / (1 + chart.edge**2)),
}


def pixels_of(chart, width):
    """Directions of the pixels of a chart's own picture (rows, columns, 3)."""
    grid = GRIDS[chart.natural_projection].lay_out(chart, Camera(), width)
    return grid.directions(0, len(grid)).reshape(*grid.shape, 3)


def steps(chart, places, others):
    """From places (n, lattice axes) of what is unrolled to others, the short way around."""
    turns = np.array(chart.periods) * (np.pi / 2)
    step = others - places
    return np.where(turns > 0, np.mod(step + turns / 2, np.where(turns > 0, turns, 1)) - turns / 2, step)


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

    def test_picture_positions_are_those_of_the_pixels_of_its_own_picture(self, chart, directions):
        width = 24
        grid = GRIDS[chart.natural_projection].lay_out(chart, Camera(), width)
        rows, columns = grid.shape
        assert rows == chart.natural_height(width)
        across, down = (
            places.reshape(rows, columns) for places in chart.picture_positions(grid.directions(0, len(grid)))
        )
        np.testing.assert_allclose(
            across, np.broadcast_to((np.arange(columns) + 0.5) / columns, across.shape), atol=1e-12
        )
        np.testing.assert_allclose(
            down, np.broadcast_to(((np.arange(rows) + 0.5) / rows)[:, None], down.shape), atol=1e-12
        )
        assert all((share >= 0).all() and (share <= 1).all() for share in chart.picture_positions(directions))

    def test_row_elevations_are_those_of_the_rows_ahead(self, chart, directions):
        ahead = from_azimuth_elevation(0.0, chart.row_elevations_rad(9))
        np.testing.assert_allclose(chart.picture_positions(ahead)[1], (np.arange(9) + 0.5) / 9)

    def test_places_on_lattices_have_as_many_axes_as_there_are_periods(self, chart, directions):
        coords = chart.coordinates(directions[chart.valid(directions)])
        assert chart.unrolled(coords).shape == (len(coords), len(chart.periods))

    def test_the_height_is_one_of_the_coordinates(self, chart, directions):
        shown = directions[chart.valid(directions) & (np.abs(directions[:, 1]) < 1)]
        rows = chart.picture_positions(shown)[1]
        heights = chart.coordinates(shown)[:, chart.upright]
        assert abs(spearmanr(rows, heights).statistic) > 1 - 1e-12

    def test_stretch_is_the_root_of_what_areas_grow_by(self, chart, directions):
        shown = directions[chart.valid(directions) & (np.abs(directions[:, 1]) < 0.999)]
        across = np.cross(shown, [0.6, 0.0, 0.8] + shown[:, [2, 0, 1]] * 0.1)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        up, h = np.cross(shown, across), 1e-6

        def gradient(tangent):
            """Change of place for a step along the sphere, from both sides."""
            ahead, behind = (
                chart.unrolled(chart.coordinates(np.cos(h) * shown + np.sin(s) * tangent)) for s in (h, -h)
            )
            return steps(chart, behind, ahead) / (2 * h)

        sides = np.stack([gradient(across), gradient(up)], -1)
        areas = np.sqrt(np.linalg.det(sides.swapaxes(1, 2) @ sides))
        np.testing.assert_allclose(chart.stretch(shown) ** 2, areas, rtol=1e-6)

    def test_its_band_is_that_of_panoramas_if_it_goes_around(self, chart, directions):
        if chart.closed:
            assert chart.band.vertical_fov_deg == chart.vertical_fov_deg
        else:
            with pytest.raises(UsageError, match=f"needs a model that knows the whole circle, got .* {chart.extent}"):
                _ = chart.band

    def test_azimuths_lie_evenly_over_what_it_shows(self, chart, directions):
        azimuths = np.array(chart.azimuths_deg(5))
        ahead = from_azimuth_elevation(np.radians(azimuths), 0.0)
        assert chart.valid(ahead).all()
        across, _ = chart.picture_positions(ahead)
        expected = np.mod(0.5 + np.arange(5) / 5, 1) if chart.closed else pixel_centres(5)
        np.testing.assert_allclose(across, expected, atol=1e-12)

    def test_a_lens_view_for_which_nothing_is_asked(self, chart, directions):
        for width in (1, 7, 320):
            rows, fov_deg = chart.natural_lens(width)
            grid = Perspective(width, rows, fov_deg)
            seen = grid.directions(0, len(grid))
            if not chart.closed:
                assert chart.valid(seen).all()
                corner = chart.picture_positions(seen)[0][0]
                np.testing.assert_allclose(corner, 0.5 / width)
            else:
                assert (rows, fov_deg) == (max(1, round(width * 9 / 16)), 90)


def test_the_middles_of_rows():
    for chart in SOME:
        np.testing.assert_allclose(chart.row_elevations_rad(4), -chart.row_elevations_rad(4)[::-1], atol=1e-15)
        assert (np.diff(chart.row_elevations_rad(6)) < 0).all()
    np.testing.assert_allclose(Cylinder(90).row_elevations_rad(4), np.pi / 4 * (1 - 2 * pixel_centres(4)))


@pytest.mark.parametrize("chart", FLAT, ids=repr)
def test_cells_of_its_picture_add_up_to_its_solid_angle(chart):
    pixels = pixels_of(chart, 512)
    rows, columns, _ = pixels.shape
    places = chart.unrolled(chart.coordinates(pixels))
    tall = np.abs(places[0, 0, 1] - places[-1, 0, 1]) * rows / (rows - 1)
    wide = np.abs(steps(chart, places[0, 0], places[0, 1])[0]) * columns
    np.testing.assert_allclose(tall, chart.side, rtol=0.01)  # rows are whole
    found = (chart.side * wide / (rows * columns) / chart.stretch(pixels) ** 2).sum()
    np.testing.assert_allclose(found, SOLID_ANGLES[type(chart)](chart), rtol=2e-4)


@pytest.mark.parametrize("chart", FLAT, ids=repr)
def test_sides_of_its_picture_make_square_pixels(chart):
    for rows in (64, 192):
        columns = chart.natural_width(rows)
        assert abs(chart.natural_height(columns) - rows) <= 1
        places = chart.unrolled(chart.coordinates(pixels_of(chart, columns)))
        wide, tall = steps(chart, places[0, 0], places[1, 1])
        np.testing.assert_allclose(wide, -tall if chart.closed else tall, rtol=1.5 / rows)


@pytest.mark.parametrize("chart", SOME, ids=repr)
def test_windows_lie_on_it_if_it_is_trained_on(chart):
    rng, side = np.random.default_rng(0), chart.side * np.random.default_rng(1).uniform(0.1, 1, 500)
    if not chart.closed:
        with pytest.raises(UsageError, match=f"goes around the circle, got {chart.extent} ahead"):
            chart.windows(rng, side, side / 8)
        return
    windows = chart.windows(rng, side, side / 8)
    assert windows.band == chart.band
    assert len(windows) == 500
    assert chart.valid(windows.directions(8)).all()
    # What pixels stand for adds up to what the windows show, and that is a square of their side around the middle.
    shown = (windows.footprints(8) ** 2 * chart.stretch(windows.directions(8)) ** 2).sum(1)
    flat = 4 * np.arcsin((side / 2) ** 2 / (1 + (side / 2) ** 2)) if chart.poles else side**2
    np.testing.assert_allclose(shown, flat, rtol=5e-3)
