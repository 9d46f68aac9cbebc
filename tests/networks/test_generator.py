import math
from dataclasses import replace

import pytest
import torch

from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, Perspective
from panogen.latents.seeds import truncate
from panogen.networks import HEADS, FourierConfig, Generator, GeneratorConfig, OctavesConfig, TableConfig
from tests.conftest import FLAT, KNOWING, NARROWING, PARTIAL, tiny_generator
from tests.networks.helpers import points_of_grid

CHART = Cylinder()
SHAPES = {**KNOWING, **PARTIAL, "narrowing": NARROWING}


def points(width=24):
    return points_of_grid(CHART, Cylindrical(width, CHART))


def mixture(count):
    """Weights (count, 3) of three anchors."""
    weights = torch.rand(count, 3)
    return weights / weights.sum(1, keepdim=True)


def for_each(generator, features, ws):
    """Colours (n, 3) of points from their features (n, channels), each under latents of its own (n, num_ws, w_dim)."""
    return generator.synthesis(features[:, None], ws)[:, 0]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
class TestEveryShape:
    @pytest.fixture
    def generator(self, head, changes):
        return tiny_generator(head, **changes)

    def test_each_pixel_is_computed_on_its_own(self, generator):
        here, ws = points(), generator.mapping(torch.randn(1, 8))
        order = torch.randperm(len(here))
        whole = generator.synthesis(generator.features(here), ws)[0]
        assert whole.shape == (len(here), 3)  # 6 x 24: not square
        torch.testing.assert_close(generator.synthesis(generator.features(here[order]), ws)[0], whole[order])

    def test_a_field_equals_a_latent_for_each_point_and_so_do_its_gradients(self, generator):
        (features,) = generator.features(points())
        anchors = torch.randn(3, 5, 12, requires_grad=True)
        weights, probe = mixture(len(features)), torch.randn(len(features), 3)
        field = generator.synthesis_field(features, anchors, weights)
        each = for_each(generator, features, torch.einsum("nk,kld->nld", weights, anchors))
        torch.testing.assert_close(field, each, atol=1e-5, rtol=0)
        (gradient,) = torch.autograd.grad((field * probe).sum(), anchors)
        (expected,) = torch.autograd.grad((each * probe).sum(), anchors)
        torch.testing.assert_close(gradient, expected, atol=1e-4, rtol=1e-4)

    def test_a_field_of_one_anchor_is_the_same_everywhere(self, generator):
        features, ws = generator.features(points()), torch.randn(3, 5, 12)
        expected = generator.synthesis(features, ws[1:2])[0]
        alone = generator.synthesis_field(
            features[0], ws, torch.tensor([[0.0, 1.0, 0.0]]).expand(features.shape[1], -1)
        )
        torch.testing.assert_close(alone, expected, atol=1e-5, rtol=0)
        shared = generator.synthesis_field(features[0], ws[1:2], torch.ones(1, 1))
        torch.testing.assert_close(shared, expected, atol=1e-5, rtol=0)

    def test_each_latent_is_computed_on_its_own(self, generator):
        features, ws = generator.features(points()), generator.mapping(torch.randn(3, 8))
        together = generator.synthesis(features, ws)
        assert (together[0] - together[1]).abs().max() > 0.1
        torch.testing.assert_close(together[1:2], generator.synthesis(features, ws[1:2]))

    def test_each_place_has_the_features_of_its_own_layout(self, generator):
        features, ws = generator.features(points(), (4, 7, 9)), generator.mapping(torch.randn(3, 8))
        assert len(features) == (3 if generator.config.knows_layouts else 1)
        together = generator.synthesis(features, ws)
        for number, layout in enumerate((4, 7, 9)):
            alone = generator.synthesis(generator.features(points(), (layout,)), ws[number : number + 1])
            torch.testing.assert_close(together[number : number + 1], alone)

    def test_no_noise(self, generator):
        features, ws = generator.features(points()), generator.mapping(torch.randn(1, 8))
        assert torch.equal(generator.features(points()), features)
        assert torch.equal(generator.synthesis(features, ws), generator.synthesis(features, ws))

    def test_every_parameter_learns(self, generator):
        generator.requires_grad_(True)
        features = generator.features(points(), (1, 2))
        generator.synthesis(features, generator.mapping(torch.randn(2, 8))).square().sum().backward()
        for name, parameter in generator.named_parameters():
            if name.endswith("noise"):  # which is for plans alone
                assert parameter.grad is None, name
            else:
                assert parameter.grad is not None, name
                assert parameter.grad.abs().max() > 0, name

    def test_every_layer_has_its_own_latent(self, generator):
        features, ws = generator.features(points()), generator.mapping(torch.randn(1, 8))
        before = generator.synthesis(features, ws)
        for layer in range(generator.num_ws):
            changed = ws.clone()
            changed[:, layer] += 1
            assert (generator.synthesis(features, changed) - before).abs().max() > 1e-4

    def test_features_are_those_of_the_encodings_side_by_side(self, generator):
        here = points()
        parts = generator.features(here, (3,)).split(generator.widths_of_encodings, 2)
        for encoding, part in zip(generator.encodings, parts, strict=True):
            assert torch.equal(encoding(here, (3,)), part)
        assert [encoding.config for encoding in generator.encodings] == list(generator.config.encodings)
        assert generator.finest_rad == min(encoding.finest_rad for encoding in generator.encodings)
        assert generator.comes_apart
        assert (generator.table is None) == (generator.config.encoding(TableConfig) is None)


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_another_resolution_keeps_the_picture(changes):
    generator = tiny_generator(**changes)
    ws, here = generator.mapping(torch.randn(1, 8)), points(width=64)  # the centres of the grown table's cells
    before = generator.synthesis(generator.features(here), ws)
    count = sum(p.numel() for name, p in generator.named_parameters() if "table" not in name)
    shape = generator.config.with_encoding(TableConfig, rows=16, columns=64)
    shape = shape.with_encoding(OctavesConfig, finest_rad=math.pi / 640)
    generator.reshaped(shape)
    assert generator.config == shape
    assert [encoding.config for encoding in generator.encodings] == list(shape.encodings)
    assert count == sum(p.numel() for name, p in generator.named_parameters() if "table" not in name)
    torch.testing.assert_close(generator.synthesis(generator.features(here), ws), before, atol=1e-4, rtol=0)


def test_octaves_that_have_seen_finer_views_are_heard_in_finer_pictures():
    generator, fine = tiny_generator(encodings=(OctavesConfig(7, 3, math.pi / 64, continued=0),)), points(width=512)
    before = generator.features(fine)
    generator.reshaped(generator.config.with_encoding(OctavesConfig, finest_rad=math.pi / 256))
    after = generator.features(fine)
    assert torch.equal(after[..., :18], before[..., :18])  # octaves whose cells are larger than both
    assert not before[..., 18:].any()
    assert after[..., 18:].any()


def test_the_papers_size():
    config = GeneratorConfig(
        width=512, depth=15, z_dim=512, w_dim=512, mapping_layers=8, encodings=(FourierConfig(512), TableConfig(512))
    )  # fmt: skip
    with torch.device("meta"):
        generator = Generator(config, Cylinder(90))
    assert generator.num_ws == 15
    assert generator.widths_of_encodings == [512, 512]
    assert sum(block.rgb is not None for block in generator.blocks) == 7


@pytest.mark.parametrize("head", HEADS)
def test_widths_are_those_of_the_layers(head):
    generator = tiny_generator(head, **NARROWING)
    shapes = [tuple(layer.linear.weight.shape) for layer in generator.styled_layers]
    assert shapes == [(24, 16), (19, 24), (19, 19), (17, 19), (17, 17)]
    skips = [block.skip and tuple(block.skip.weight.shape) for block in generator.blocks]
    assert skips == ([None, (19, 24), (17, 19)] if head == "residual" else [None, None, None])


@pytest.mark.parametrize("head", HEADS)
class TestOneKindOfFeatures:
    def spread(self, generator, smallest=True):
        colours = generator.synthesis(generator.features(points()), generator.mapping(torch.randn(1, 8)))
        return colours.std(1).min() if smallest else colours.std(1).max()

    @pytest.mark.parametrize(
        ("name", "silenced", "value"),
        [
            ("no-embedding", "fourier.frequencies", 0.0),
            ("no-fourier", "embedding.table", 0.0),
        ],
    )
    def test_nothing_else_tells_places_apart(self, head, name, silenced, value):
        generator = tiny_generator(head, **PARTIAL[name])
        assert self.spread(generator) > 0.01
        dict(generator.named_parameters())[silenced].fill_(value)
        assert self.spread(generator, smallest=False) < 1e-6

    def test_octaves_alone_tell_places_apart(self, head):
        generator = tiny_generator(head, **PARTIAL["octaves alone"])
        assert self.spread(generator) > 0.01
        generator.octaves.config = replace(generator.octaves.config, gain=1e-30)
        assert self.spread(generator, smallest=False) < 1e-6


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("changes", [*KNOWING.values(), NARROWING], ids=[*KNOWING, "narrowing"])
def test_a_truncated_one_paints_what_lies_nearer_to_the_mean(head, changes):
    generator = tiny_generator(head, **changes)
    generator.w_avg.normal_()
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    near, z, here = generator.truncated(0.6), torch.randn(3, 8), points(5)
    ws, features = generator.mapping(z), generator.features(here)
    for further in (1.0, 0.5, 0.0):
        expected = generator.synthesis(features, truncate(ws, generator.w_avg, 0.6 * further))
        found = near.synthesis(near.features(here), truncate(near.mapping(z), near.w_avg, further))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_the_strengths_of_noise_are_those_before_the_leaky_relu():
    generator = tiny_generator(**NARROWING)
    expected = [layer.noise.item() * 2**0.5 for layer in generator.styled_layers]
    torch.testing.assert_close(generator.noise_strengths, torch.tensor(expected))
    with pytest.raises(ValueError, match="no strengths of noise"):
        _ = tiny_generator().noise_strengths


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_on_a_plane_points_have_two_coordinates(changes):
    generator = tiny_generator(chart=FLAT, **changes)
    here = points_of_grid(FLAT, Perspective(12, 12, FLAT.vertical_fov_deg))
    assert here.coordinates.shape == (144, 2)
    assert generator.synthesis(generator.features(here), generator.mapping(torch.randn(1, 8))).std() > 0
    assert not generator.comes_apart
    if changes == {}:
        assert generator.fourier.frequencies.shape == (10, 2)
        with pytest.raises(ValueError, match="only the embedding of a cylinder is resampled"):
            generator.reshaped(generator.config.with_encoding(TableConfig, rows=16, columns=16))
