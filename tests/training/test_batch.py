import dataclasses

import numpy as np
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
        assert torch.equal(part.views.reals, half.views.reals)
        assert part.views.seeds == half.views.seeds
    assert not torch.equal(whole[0].z, whole[1].z)
    assert not torch.equal(whole[0].z, draw_parts(CONFIG, 16, Stripes())[0].z)


def test_the_discriminator_is_told_where_views_lie():
    part = draw_parts(config_of("multiscale"), 40, Stripes())[0]  # the stage with 16 rows, seen 8 at a time
    place = part.views.fake_place
    coords = part.views.points.coords[0]
    middle = coords.reshape(8, 8, 3).mean((0, 1))
    np.testing.assert_allclose(np.arctan2(middle[1], middle[0]), place.azimuth_rad[0], atol=1e-6)
    np.testing.assert_allclose(middle[2] / CONFIG.chart.max_height, place.height[0], atol=1e-6)
    extent = np.ptp(coords[:, 2]) * 8 / 7
    np.testing.assert_allclose(np.log2(2 * CONFIG.chart.max_height / extent), place.scale[0], atol=1e-6)


def test_a_whole_band_begins_at_the_back_and_goes_once_around():
    config = config_of("two discriminators")
    part = draw_parts(config, 0, Stripes())[0]
    coords = part.band.points.coords.reshape(8, 32, 3)
    azimuth = np.unwrap(np.arctan2(coords[0, :, 1], coords[0, :, 0]))
    np.testing.assert_allclose(azimuth, -np.pi + (np.arange(32) + 0.5) * 2 * np.pi / 32)
    assert coords[0, 0, 2] > 0 > coords[-1, 0, 2]
    assert part.band.reals.shape == (4, 3, 8, 32)


def test_a_share_of_the_points_is_chosen():
    part, other = draw_parts(config_of("half the points"), 0, Stripes())
    assert part.views.chosen.shape == (64,)
    assert part.views.chosen.sum() == 32
    assert (part.views.chosen != other.views.chosen).any()
    assert draw_parts(CONFIG, 0, Stripes())[0].views.chosen is None
