from dataclasses import replace

import pytest
import torch

from panogen.networks import StyleGAN2Config
from panogen.networks.discriminators.position import ViewPosition, harmonics
from panogen.networks.discriminators.stylegan2 import Discriminator, blur, blur_half, minibatch_stddev

SMALL = StyleGAN2Config(channel_base=64, channel_max=16, told_azimuth=True, told_view=False)
UNTOLD = replace(SMALL, told_azimuth=False)


def at(azimuth_rad, height=0.0, scale=0.0):
    return ViewPosition(azimuth_rad, torch.full_like(azimuth_rad, height), torch.full_like(azimuth_rad, scale))


def test_one_score_a_crop_at_every_resolution():
    for resolution in (8, 16, 32):
        scores = Discriminator(SMALL, resolution)(torch.randn(4, 3, resolution, resolution), at(torch.zeros(4)))
        assert scores.shape == (4,)


def test_the_azimuth_matters_only_where_it_is_told():
    torch.manual_seed(0)
    images, here, there = torch.randn(2, 3, 16, 16), at(torch.zeros(2)), at(torch.ones(2))
    told = Discriminator(SMALL, 16)
    assert (told(images, here) - told(images, there)).abs().max() > 1e-4
    torch.testing.assert_close(
        told(images, here), told(images, at(torch.full((2,), 2 * torch.pi))), atol=1e-4, rtol=1e-4
    )
    untold = Discriminator(UNTOLD, 16)
    assert torch.equal(untold(images, here), untold(images, there))


def test_harmonics_are_cosines_and_sines_of_multiples():
    features = harmonics(torch.tensor([0.3]))[0]
    expected = [torch.cos(torch.tensor(0.3 * k)) for k in (1, 2, 3)] + [
        torch.sin(torch.tensor(0.3 * k)) for k in (1, 2, 3)
    ]
    torch.testing.assert_close(features, torch.stack(expected))


def test_fading_in_goes_from_the_old_network_to_the_new():
    torch.manual_seed(0)
    old, new = Discriminator(SMALL, 16), Discriminator(SMALL, 32, fades_in=True)
    kept = {name: value for name, value in old.state_dict().items() if name in new.state_dict()}
    assert set(kept) == set(old.state_dict())
    new.load_state_dict(kept, strict=False)
    images, place = torch.randn(2, 3, 32, 32), at(torch.tensor([0.1, 2.0]))
    low = torch.nn.functional.avg_pool2d(images, 2)
    torch.testing.assert_close(new(images, place, 0.0), old(low, place))
    assert (new(images, place, 1.0) - new(images, place, 0.0)).abs().max() > 1e-4


def test_the_low_pass_keeps_flat_pictures_and_stops_a_checkerboard():
    inside = blur(torch.ones(1, 2, 8, 8))[..., 3:-3, 3:-3]
    torch.testing.assert_close(inside, torch.ones_like(inside))
    assert blur_half(torch.ones(1, 2, 8, 8)).shape == (1, 2, 4, 4)
    checkerboard = torch.ones(1, 1, 8, 8)
    checkerboard[..., ::2, 1::2] = checkerboard[..., 1::2, ::2] = -1
    assert blur(checkerboard)[..., 3:-3, 3:-3].abs().max() < 1e-6


def test_minibatch_deviation_tells_look_alikes_from_pictures():
    torch.manual_seed(0)
    x = torch.randn(4, 3, 2, 2)
    deviation = minibatch_stddev(x)[:, 3:]
    torch.testing.assert_close(deviation, x.std(0, correction=0).expand(4, 3, 2, 2), atol=1e-4, rtol=0)
    x[:, 1, 0, 1] = 5.0  # alike in one channel and place
    deviation = minibatch_stddev(x)[:, 3:]
    assert deviation[:, 1, 0, 1].max() < 1e-3
    assert deviation[:, 0, 0, 1].min() > 0.1


def test_height_and_scale_matter_where_they_are_told():
    torch.manual_seed(0)
    images, zero = torch.randn(2, 3, 16, 16), torch.zeros(2)
    told = Discriminator(replace(UNTOLD, told_view=True), 16)
    assert (told(images, at(zero)) - told(images, at(zero, height=0.5))).abs().max() > 1e-4
    assert (told(images, at(zero)) - told(images, at(zero, scale=0.5))).abs().max() > 1e-4


def test_a_circular_one_cannot_tell_where_a_band_was_cut():
    # A roll by as many columns as a cell of its last map is a roll of that map.
    torch.manual_seed(0)
    network = Discriminator(SMALL, 16, columns=48, circular=True).double()
    maps = []
    network.conv.register_forward_hook(lambda module, inputs, output: maps.append(output))
    images = torch.randn(2, 3, 16, 48, dtype=torch.float64)
    assert network(images, None).shape == (2,)
    network(images.roll(8, 3), None)
    torch.testing.assert_close(maps[1], maps[0].roll(2, 3))
    network(images.roll(1, 3), None)
    assert (maps[2] - maps[0]).abs().max() > 1e-3


@pytest.mark.parametrize("resolution", [4, 12, 33])
def test_impossible_resolutions(resolution):
    with pytest.raises(ValueError, match=f"must be a power of two, at least 8, got {resolution}"):
        Discriminator(SMALL, resolution)
