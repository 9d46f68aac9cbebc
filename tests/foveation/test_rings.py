from dataclasses import replace

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.foveation import LAWS, Acuity, LogPolar
from panogen.foveation.eye import Gaze
from panogen.foveation.rings import Rings
from panogen.geometry import Cylinder, from_azimuth_elevation
from panogen.grids import Camera, Cylindrical, Equirectangular, Perspective
from panogen.grids.fisheye import Fisheye
from panogen.latents import LatentField
from panogen.rendering import OUTSIDE, Renderer, plan_of
from tests.conftest import FLAT, tiny_generator
from tests.geometry.helpers import angle_between
from tests.grids.helpers import LAID_OUT, grid_named

CHART = Cylinder()
LAW = Acuity(0.3)
VIEW = Perspective(320, 180, 90.0, Camera(30, 5, 3))
BAND = Cylindrical(512, CHART, Camera(65))
LIKE_FISHEYE = {"fisheye-equisolid", "fisheye-stereographic"}  # but for the radius of an angle
SPHERE = Equirectangular(512, 256, Camera(-20, 30))


def rings(grid, right=0.0, up=0.0, law=LAW):
    return Rings(Gaze(grid, right, up), law, CHART)


@pytest.fixture(scope="module")
def picture():
    generator = tiny_generator()
    field = LatentField.constant(generator.mapping(generator.w_avg[None, :8])[0])
    return lambda grid: np.concatenate(list(Renderer(plan_of(generator, field, grid), CHART, grid, 1).blocks()))


@pytest.mark.parametrize("grid", [VIEW, BAND], ids=["perspective", "cylindrical"])
def test_the_fovea_is_the_full_picture_to_the_bit(picture, grid):
    full, random = picture(grid), np.random.default_rng(0)
    rows, columns = grid.shape
    for number in range(50):
        column = random.integers(columns) if number % 5 else (0, columns - 1)[number % 2]  # the edges and the seam, too
        found = Rings(Gaze.at_pixel(grid, column, random.integers(rows)), LAW, CHART)
        assert 9 < len(found.fovea) < 0.1 * len(grid)
        colours = picture(found)
        np.testing.assert_array_equal(colours[: len(found.fovea)], full[found.fovea])
        made = found.reconstruct(colours, OUTSIDE).reshape(-1, 3)
        np.testing.assert_array_equal(made[found.fovea], full[found.fovea])


def assert_directions_are_reconstructed(found):
    # Directions themselves as colours: any sample that is missing, or taken for another, is far off. OpenCV's cubic
    # misplaces what it interpolates by up to a twentieth of the distance between samples.
    made = found.reconstruct(found.directions(0, len(found)).astype(np.float32), OUTSIDE)
    across, grid = found.positions[0], found.gaze.grid
    here, beyond = (found.spacing.eccentricity_rad(across + step) for step in (0, 1))
    spacing = np.maximum(beyond - here, 2 * np.pi * np.sin(here) / found.spacing.points)
    error = np.abs(made - grid.directions(0, len(grid)).reshape(made.shape)).max(2)
    blank = found.gaze.blank
    assert (error < 0.07 * spacing + 1e-4)[~blank].all()
    assert (made[blank] == OUTSIDE).all()


@pytest.mark.parametrize("grid", [VIEW, BAND, SPHERE], ids=["perspective", "cylindrical", "equirectangular"])
@pytest.mark.parametrize("law", LAWS.values())
def test_what_is_smooth_is_reconstructed_everywhere(grid, law):
    for right, up in ((0.0, 0.0), (-44.0, 20.0), (39.0, -20.0), *(((179.9, 5.0),) if grid is not VIEW else ())):
        assert_directions_are_reconstructed(Rings(Gaze(grid, right, up), law(), Cylinder(180.0)))


@pytest.mark.parametrize("law", LAWS.values())
@pytest.mark.parametrize("name", [name for name in LAID_OUT if name not in LIKE_FISHEYE])
def test_every_projection_is_reconstructed(name, law, tmp_path):
    grid = grid_named(name, tmp_path, width=720)
    gaze = Gaze.at_pixel(grid, 0.6 * grid.shape[1], 0.45 * grid.shape[0])
    found = Rings(gaze, law().scaled(2), Cylinder(180.0))
    assert_directions_are_reconstructed(found)
    assert not np.isnan(found.directions(0, len(found))).any()
    assert len(found) < len(grid) - gaze.blank.sum()
    assert not found.density[gaze.blank].any() and not found.sampled[gaze.blank].any()


@pytest.mark.parametrize("law", [LogPolar(1.8, 0.1), LogPolar(100, 0.5), LogPolar(100, 20)], ids=repr)
def test_a_picture_of_one_colour_keeps_it_however_the_rings_lie(law):
    found = rings(Perspective(64, 36), law=law)
    assert len(found.fovea) < len(found)
    directions, footprints = found.directions(0, len(found)), found.footprints(np.arange(len(found)))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-12)
    assert (footprints > 0).all() and np.isfinite(footprints).all()
    made = found.reconstruct(np.full((len(found), 3), 0.25, np.float32), OUTSIDE)
    np.testing.assert_allclose(made, 0.25, atol=1e-6)


def test_poles_can_be_looked_at():
    assert_directions_are_reconstructed(Rings(Gaze(Equirectangular(512, 256), 0.0, 90.0), Acuity(0.1), Cylinder(180.0)))


@pytest.mark.parametrize(("right", "up"), [(0.0, 0.0), (30.0, -20.0), (-44.0, 20.0)])
@pytest.mark.parametrize("law", [Acuity(), Acuity(0.1), Acuity(0.3, 1 / 20)], ids=repr)
def test_samples_are_as_near_as_half_the_angle_of_resolution(right, up, law):
    found = Rings(Gaze(Perspective(640, 360), right, up), law, Cylinder(180.0))
    gaze = from_azimuth_elevation(np.radians(right), np.radians(up))
    whole = np.full((*found.needed.shape, 3), np.nan)
    whole[found.needed] = found.around[0]
    whole = np.concatenate([whole, whole[:, :1]], 1)  # rings close
    for here, there in ((whole[:-1], whole[1:]), (whole[:, :-1], whole[:, 1:])):
        both = np.isfinite(here[..., 0]) & np.isfinite(there[..., 0])
        limit = law.resolution_rad(np.minimum(*(angle_between(x[both], gaze) for x in (here, there)))) / 2
        assert both.sum() > 100
        assert (angle_between(here[both], there[both]) <= limit * (1 + 1e-9)).all()
    within = angle_between(found.gaze.grid.directions(0, 640 * 360), gaze) <= found.spacing.fovea_rad - 1e-6
    assert set(np.flatnonzero(within)) <= set(found.fovea)


def test_footprints_of_the_fovea_are_those_of_the_whole_picture_to_the_bit():
    for grid in (VIEW, BAND, SPHERE):
        found = rings(grid, 20.0, 10.0)
        footprints, samples = found.footprints(np.arange(len(found))), np.random.default_rng(0).permutation(len(found))
        np.testing.assert_array_equal(footprints[: len(found.fovea)], grid.footprints(found.fovea))
        np.testing.assert_array_equal(found.footprints(samples), footprints[samples])
        assert footprints.dtype == np.float64 and (footprints > 0).all()


@pytest.mark.parametrize("law", LAWS.values())
@pytest.mark.parametrize("display", [None, 20.0, 150.0])
def test_footprints_on_rings_are_those_of_the_steps_between_them(law, display):
    # Of the world, whatever the display magnifies: the parallelogram of a step across the rings and one along them.
    gaze = Gaze(Perspective(320, 180, 90.0, Camera(30, 5, 3)), 5.0, -3.0, display)
    found = Rings(gaze, law(), Cylinder(180.0))

    def world(position, turns):
        away, angle = found.spacing.eccentricity_rad(position), 2 * np.pi * (turns / found.spacing.points - 0.5)
        return gaze.world(np.stack([np.sin(away) * np.cos(angle), np.sin(away) * np.sin(angle), np.cos(away)], 1))

    ring, point = np.nonzero(found.needed)
    ring = ring - 1.0
    footprints, step = found.footprints(np.arange(len(found.fovea), len(found))), 1e-4
    np.testing.assert_allclose(world(ring, point), found.around[0], atol=1e-12)
    across = (world(ring + step, point) - world(ring - step, point)) / (2 * step)
    along = (world(ring, point + step) - world(ring, point - step)) / (2 * step)
    np.testing.assert_allclose(footprints, np.sqrt(np.linalg.norm(np.cross(across, along), axis=1)), rtol=1e-5)


@pytest.mark.parametrize("law", LAWS.values())
def test_the_fovea_and_the_cells_of_the_rings_tile_the_sphere(law):
    found = Rings(Gaze(SPHERE, 50.0, 10.0), law(), Cylinder(180.0))
    solid, spacing = np.square(found.footprints(np.arange(len(found)))), found.spacing
    rings = np.flatnonzero(found.needed.all(1)) - 1  # the whole ones
    last = rings[spacing.eccentricity_rad(rings + 0.5) < np.pi].max()
    inner, outer = spacing.eccentricity_rad(np.array([-0.5, last + 0.5]))
    assert outer > np.radians(160)
    ring = np.nonzero(found.needed)[0] - 1
    around = solid[len(found.fovea) :][(ring >= 0) & (ring <= last)].sum()
    assert around == pytest.approx(2 * np.pi * (np.cos(inner) - np.cos(outer)), rel=2e-3)
    fovea = solid[: len(found.fovea)].sum()
    assert fovea == pytest.approx(2 * np.pi * (1 - np.cos(spacing.fovea_rad)), rel=0.02)


def test_footprints_do_not_change_where_points_are_moved_to_the_edge_of_the_chart():
    grid = Perspective(320, 180, 120.0)
    moved, kept = (Rings(Gaze(grid), LAW, chart) for chart in (Cylinder(40.0), Cylinder(180.0)))
    assert moved.around[1] and not kept.around[1]
    samples = np.arange(len(kept))
    np.testing.assert_array_equal(moved.footprints(samples), kept.footprints(samples))


def test_across_the_seam_the_fovea_has_two_halves():
    found = rings(Cylindrical(512, CHART), 180.0, 0.0)
    columns = found.fovea % 512
    assert (columns < 10).sum() == (columns > 501).sum() == len(found.fovea) / 2


def test_what_the_chart_does_not_show_is_black_as_in_full(picture):
    grid = Perspective(160, 160, 100.0, Camera(10, 35, 20))
    found = rings(grid, 5.0, 10.0)
    made = found.reconstruct(picture(found), OUTSIDE)
    full = picture(grid).reshape(160, 160, 3)
    np.testing.assert_array_equal((made == OUTSIDE).all(2), (full == OUTSIDE).all(2))
    assert 0.1 < (full == OUTSIDE).mean() < 0.9


def test_a_flat_model_is_foveated_to_its_edges():
    grid = Perspective(300, 200, 130.0, Camera(10, 5, 3))
    generator = tiny_generator(chart=FLAT)
    field = LatentField.constant(generator.mapping(generator.w_avg[None, :8])[0])

    def picture(grid):
        return np.concatenate(list(Renderer(plan_of(generator, field, grid), FLAT, grid, 1).blocks()))

    full, found = picture(grid), Rings(Gaze(grid, 5.0, 5.0), Acuity(), FLAT)
    colours = picture(found)
    assert found.around[1]
    assert (colours[len(found.fovea) :] != OUTSIDE).any(1).all()  # moved to the edge, not black
    made = found.reconstruct(colours, OUTSIDE).reshape(-1, 3)
    np.testing.assert_array_equal(made[found.fovea], full[found.fovea])
    shown = FLAT.valid(grid.directions(0, len(grid)))
    assert 0.1 < shown.mean() < 0.9
    assert (made[~shown] == OUTSIDE).all()
    assert np.abs(made - full)[shown].mean() < 0.1 * full[shown].std()


def test_the_edge_of_the_chart_does_not_darken_what_is_beside_it(picture):
    grid = Cylindrical(1024, CHART)
    found = rings(grid, 0.0, 0.0, Acuity(0.1))
    error = np.abs(found.reconstruct(picture(found), OUTSIDE) - picture(grid).reshape(*grid.shape, 3)).mean((1, 2))
    assert error[[0, -1]].max() < 2 * np.median(error)


def test_contrast_is_restored_around_the_fovea_alone(picture):
    grid = Perspective(640, 360)
    plain, more = (Rings(Gaze(grid, 20.0, -5.0), Acuity(0.1), CHART, contrast) for contrast in (0.0, 1.5))
    colours = picture(plain)
    before, after = (found.reconstruct(colours, OUTSIDE) for found in (plain, more))
    np.testing.assert_array_equal(before.reshape(-1, 3)[plain.fovea], after.reshape(-1, 3)[plain.fovea])
    far = plain.gaze.eccentricity_rad.numpy() > np.radians(15)
    edges = [np.abs(np.diff(shown, axis=1)).mean(2)[far[:, 1:]].mean() for shown in (before, after)]
    assert 1.02 * edges[0] < edges[1] < 1.6 * edges[0]
    assert abs(after[far].mean() - before[far].mean()) < 0.01


def test_colours_without_details_stay_as_they_are():
    found = Rings(Gaze(VIEW), LAW, Cylinder(180.0), 2.0)
    made = found.reconstruct(np.full((len(found), 3), 0.3, np.float32), OUTSIDE)
    np.testing.assert_allclose(made, 0.3, atol=1e-5)


def test_density_counts_the_samples():
    found = rings(Perspective(640, 360), 10.0, 5.0, Acuity(0.05))
    assert found.density.sum() == pytest.approx(len(found), rel=0.15)  # those beside the picture are not in it
    assert (found.density.flat[found.fovea] == 1).all()
    assert found.sampled.sum() == pytest.approx(len(found), rel=0.15)


def test_a_picture_as_coarse_as_the_eye_is_computed_in_full(picture):
    grid = Perspective(32, 18)
    found = rings(grid, law=Acuity())
    assert len(found) == len(grid) == len(found.fovea)
    np.testing.assert_array_equal(found.reconstruct(picture(found), OUTSIDE).reshape(-1, 3), picture(grid))


@pytest.mark.parametrize("law", [*(law() for law in LAWS.values()), Acuity(0.002)], ids=repr)
@pytest.mark.parametrize("grid", [Perspective(*size, 20.0) for size in ((1, 1), (96, 54), (192, 108))], ids=repr)
def test_there_are_never_more_samples_than_pixels(picture, grid, law):
    # Rings that begin in the fovea and end beyond the picture had 5292 points for 5184 pixels, gaze 8, 3.
    for right, up in ((0.0, 0.0), *(((8.0, 3.0),) if len(grid) > 1 else ())):
        found = Rings(Gaze(grid, right, up), law, CHART, contrast=1.0)
        assert len(found) <= len(grid)
        if len(found) == len(grid):
            made = found.reconstruct(picture(found), OUTSIDE)
            np.testing.assert_array_equal(made.reshape(-1, 3), picture(grid))
            assert (found.density == 1).all() and found.sampled.all()


def test_a_round_picture_has_no_more_samples_than_it_shows():
    for width in range(32, 200, 24):
        gaze = Gaze(Fisheye(width, width, 180.0))
        assert len(Rings(gaze, Acuity(), CHART)) <= len(gaze.grid) - gaze.blank.sum()


def test_sides_that_cannot_be_remapped_are_refused():
    with pytest.raises(UsageError, match="at most 32766 pixels a side, got 40000"):
        Rings(Gaze(Perspective(40000, 2)), LAW, CHART)


def test_rings_of_more_points_than_are_interpolated_give_way_to_all_pixels():
    grid = Perspective(8, 3400, 0.3)
    found = Rings(Gaze(grid), LogPolar(0.1), CHART)
    assert found.spacing.points > 32_766
    np.testing.assert_array_equal(found.at(np.arange(len(found))), grid.directions(0, len(grid)))
    colours = np.random.default_rng(0).uniform(-1, 1, (len(found), 3)).astype(np.float32)
    np.testing.assert_array_equal(found.reconstruct(colours, -1.0), colours.reshape(3400, 8, 3))


def test_more_cells_than_int32_counts_give_way_to_all_pixels(monkeypatch):
    # As those of LogPolar(0.1, 0.1) at 32000 x 760 are, here of a small picture.
    fit = LogPolar.fit
    monkeypatch.setattr(LogPolar, "fit", lambda self, *picture: replace(fit(self, *picture), points=2**28))
    grid = Perspective(64, 36)
    found = Rings(Gaze(grid), LogPolar(), CHART)
    assert (found.positions[0].max() + 1) * found.spacing.points > np.iinfo(np.int32).max
    np.testing.assert_array_equal(found.at(np.arange(len(found))), grid.directions(0, len(grid)))
