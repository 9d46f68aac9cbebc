"""What every discriminator is to keep."""

from dataclasses import replace

import pytest
import torch

from panogen.base.records import from_json, to_json
from panogen.networks import DISCRIMINATORS, DiscriminatorConfig, StyleGAN2Config
from panogen.networks.discriminators.position import ViewPosition

SMALL = {"stylegan2": StyleGAN2Config(channel_base=64, channel_max=16)}


def at(*azimuths_rad):
    azimuth = torch.tensor(azimuths_rad)
    return ViewPosition(azimuth, torch.zeros_like(azimuth), torch.full_like(azimuth, 0.5))


def test_all_are_tried_here():
    assert SMALL.keys() == DISCRIMINATORS.keys()
    assert all(type(SMALL[kind]) is config and config.kind == kind for kind, config in DISCRIMINATORS.items())


@pytest.mark.parametrize("config", SMALL.values(), ids=SMALL)
class TestEveryDiscriminator:
    def test_it_scores_views_one_by_one_or_together_and_says_what_it_is(self, config):
        network = config.build(16)
        assert (network.config, network.resolution, network.fades_in) == (config, 16, False)
        assert network(torch.randn(4, 3, 16, 16), at(0.0, 1.0, 2.0, 3.0)).shape == (4,)

    def test_pixels_and_parameters_have_gradients(self, config):
        network, images = config.build(16), torch.randn(2, 3, 16, 16, requires_grad=True)
        network(images, at(0.3, 2.0)).sum().backward()
        assert images.grad.abs().amax((1, 2, 3)).min() > 0
        assert all(parameter.grad is not None for parameter in network.parameters())
        assert isinstance(config.penalised, bool)

    def test_it_heeds_what_it_is_told_alone(self, config):
        images = torch.randn(2, 3, 16, 16)
        here, there = at(0.0, 0.0), at(1.0, 2.0)
        higher = replace(here, height=here.height + 0.5)
        for azimuth in (False, True):
            for view in (False, True):
                network = replace(config, told_azimuth=azimuth, told_view=view).build(16)
                assert torch.equal(network(images, here), network(images, there)) != azimuth
                assert torch.equal(network(images, here), network(images, higher)) != view

    def test_one_for_whole_bands_needs_no_position(self, config):
        network = replace(config, told_azimuth=False, told_view=False).build(8, columns=32, circular=True)
        assert network(torch.randn(2, 3, 8, 32), None).shape == (2,)

    def test_one_that_fades_in_has_all_that_one_of_half_the_resolution_has(self, config):
        half, whole = config.build(8), config.build(16, fades_in=True)
        assert whole.fades_in
        assert half.state_dict().keys() < whole.state_dict().keys()

    def test_its_config_survives_json(self, config):
        assert from_json(DiscriminatorConfig, to_json(config)) == config
