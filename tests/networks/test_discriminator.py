import pytest
import torch

from panogen.networks import Discriminator, DiscriminatorConfig
from panogen.networks.discriminator import azimuth_features, blur, blur_half, minibatch_stddev

SMALL = DiscriminatorConfig(channel_base=64, channel_max=16)


def test_one_score_a_crop_at_every_resolution():
    for resolution in (8, 16, 32):
        scores = Discriminator(SMALL, resolution)(torch.randn(4, 3, resolution, resolution), torch.zeros(4))
        assert scores.shape == (4,)


def test_the_azimuth_matters_only_where_it_is_told():
    torch.manual_seed(0)
    images, here, there = torch.randn(2, 3, 16, 16), torch.zeros(2), torch.ones(2)
    told = Discriminator(SMALL, 16)
    assert (told(images, here) - told(images, there)).abs().max() > 1e-4
    torch.testing.assert_close(told(images, here), told(images, here + 2 * torch.pi), atol=1e-4, rtol=1e-4)
    untold = Discriminator(DiscriminatorConfig(64, 16, told_azimuth=False), 16)
    assert torch.equal(untold(images, here), untold(images, there))


def test_azimuth_features_are_cosines_and_sines_of_multiples():
    features = azimuth_features(torch.tensor([0.3]))[0]
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
    images, azimuth = torch.randn(2, 3, 32, 32), torch.tensor([0.1, 2.0])
    low = torch.nn.functional.avg_pool2d(images, 2)
    torch.testing.assert_close(new(images, azimuth, 0.0), old(low, azimuth))
    assert (new(images, azimuth, 1.0) - new(images, azimuth, 0.0)).abs().max() > 1e-4


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


@pytest.mark.parametrize("resolution", [4, 12, 33])
def test_impossible_resolutions(resolution):
    with pytest.raises(ValueError, match=f"must be a power of two, at least 8, got {resolution}"):
        Discriminator(SMALL, resolution)
