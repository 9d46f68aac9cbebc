import dataclasses

import numpy as np
import pytest
import torch

from panogen.training import Ranks
from panogen.training.batch import draw_parts
from tests.training.helpers import CONFIG, Stripes, config_of


class Slope(Stripes):
    """Places that brighten to the right."""

    def bands(self, rng, count, rows, columns):
        ramp = np.linspace(0, 255, columns).astype(np.uint8)
        return np.broadcast_to(ramp[None, None, :, None], (count, rows, columns, 3)).copy()


def test_crops_are_mirrored_at_random():
    config = dataclasses.replace(CONFIG, batch=64, microbatch=64)
    (part,) = draw_parts(config, 0, Slope())
    falling = (part.views.reals[:, 0, 0, 0] > 0).sum().item()
    assert 16 < falling < 48
    (straight,) = draw_parts(dataclasses.replace(config, mirror=False), 0, Slope())
    assert (straight.views.reals[:, 0, 0, 0] == -1).all()
    assert (straight.views.reals[:, 0, 0, -1] == 1).all()


def test_processes_draw_the_parts_of_one_batch():
    whole = draw_parts(CONFIG, 8, Stripes())
    halves = [draw_parts(CONFIG, 8, Stripes(), Ranks(rank, 2))[0] for rank in (0, 1)]
    for part, half in zip(whole, halves, strict=True):
        assert torch.equal(part.z, half.z)
        assert part.layouts == half.layouts
        assert torch.equal(part.views.reals, half.views.reals)
        assert part.views.seeds == half.views.seeds
    assert not torch.equal(whole[0].z, whole[1].z)
    assert not torch.equal(whole[0].z, draw_parts(CONFIG, 16, Stripes())[0].z)


def test_the_discriminator_is_told_where_views_lie():
    part = draw_parts(config_of("multiscale"), 40, Stripes())[0]  # the stage with 16 rows, seen 8 at a time
    position, points = part.views.fake_position, part.views.raster.points[0]
    middle = points.coordinates.reshape(8, 8, 3).mean((0, 1)).numpy()
    np.testing.assert_allclose(np.arctan2(middle[1], middle[0]), position.azimuth_rad[0], atol=1e-6)
    np.testing.assert_allclose(middle[2] / CONFIG.chart.max_height, position.height[0], atol=1e-6)
    extent = np.ptp(points.coordinates[:, 2].numpy()) * 8 / 7
    np.testing.assert_allclose(np.log2(2 * CONFIG.chart.max_height / extent), position.scale[0], atol=1e-6)
    assert {len(values) for values in (position.azimuth_rad, position.height, position.scale)} == {4}


def test_each_group_of_a_part_looks_through_windows_of_its_own():
    config = dataclasses.replace(config_of("multiscale"), batch=32, microbatch=16)
    for part in draw_parts(config, 40, Stripes()):
        views = part.views
        assert views.reals.shape == (16, 3, 8, 8)
        for place in (views.real_position, views.fake_position):
            groups = place.azimuth_rad.view(2, 8)
            assert (groups == groups[:, :1]).all()
            assert groups[0, 0] != groups[1, 0]
        for points, azimuth in zip(views.raster.points, views.fake_position.azimuth_rad[::8], strict=True):
            x, y = points.coordinates[:, :2].mean(0)
            assert torch.atan2(y, x).item() == pytest.approx(azimuth.item(), abs=1e-6)


def test_points_stand_for_the_squares_that_a_real_pixel_averages():
    for mode in ("plain", "patches", "multiscale"):
        points = draw_parts(config_of(mode), 40, Stripes())[0].views.raster.points[0]
        assert points.footprints.unique().numel() == 1
        step = points.unrolled[1, 0] - points.unrolled[0, 0]
        strides = step / points.footprints[0]
        assert strides.item() == pytest.approx(round(strides.item()))
        assert mode == "patches" or round(strides.item()) == 1


def test_every_place_has_a_layout_of_its_own():
    config = dataclasses.replace(CONFIG, batch=64, microbatch=32)
    layouts = [layout for n in (0, 64) for part in draw_parts(config, n, Stripes()) for layout in part.layouts]
    assert len(layouts) == 128 == len(set(layouts))
    assert 0 <= min(layouts) < 2**27
    assert 2**32 - 2**27 < max(layouts) < 2**32


def test_a_whole_band_begins_at_the_back_and_goes_once_around():
    config = config_of("two discriminators")
    part = draw_parts(config, 0, Stripes())[0]
    raster = part.band.raster
    unrolled = raster.points[0].unrolled.reshape(8, 32, 2).numpy()
    np.testing.assert_allclose(unrolled[0, :, 0], -np.pi + (np.arange(32) + 0.5) * 2 * np.pi / 32)
    assert unrolled[0, 0, 1] > 0 > unrolled[-1, 0, 1]
    assert part.band.reals.shape == (4, 3, 8, 32)
    assert (raster.rows, raster.columns) == (8, 32)
    assert part.exhibits == [part.views, part.band]
    assert part.band.real_position is part.band.fake_position is None


def test_colours_are_laid_out_row_after_row():
    raster = draw_parts(config_of("two discriminators"), 0, Stripes())[0].band.raster
    laid_out = raster.laid_out(torch.arange(2 * 8 * 32 * 3).view(2, 256, 3))
    assert laid_out.shape == (2, 3, 8, 32)
    assert laid_out[1, 2, 5, 7] == ((1 * 256) + 5 * 32 + 7) * 3 + 2


def test_a_share_of_the_points_is_chosen():
    part, other = draw_parts(config_of("half the points"), 0, Stripes())
    assert part.views.chosen.shape == (64,)
    assert part.views.chosen.sum() == 32
    assert (part.views.chosen != other.views.chosen).any()
    assert draw_parts(CONFIG, 0, Stripes())[0].views.chosen is None
