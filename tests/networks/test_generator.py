import pytest
import torch

from panogen.geometry import Cylinder, Plane
from panogen.grids import Cylindrical
from panogen.networks import GENERATORS, Generator, GeneratorConfig
from tests.conftest import NARROWING, PARTIAL, tiny_generator

CHART = Cylinder()


def points(width=24):
    grid = Cylindrical(width, CHART)
    return torch.from_numpy(CHART.coordinates(grid.directions(0, len(grid))))


@pytest.mark.parametrize("head", GENERATORS)
class TestEveryHead:
    def test_each_pixel_is_computed_on_its_own(self, head):
        generator, coords = tiny_generator(head), points()
        ws = generator.mapping(torch.randn(1, 8))
        order = torch.randperm(len(coords))
        whole = generator.synthesis(coords[None], ws)[0]
        assert whole.shape == (len(coords), 3)  # 6 x 24: not square
        torch.testing.assert_close(generator.synthesis(coords[order][None], ws)[0], whole[order])

    def test_a_field_equals_a_latent_for_each_point_and_so_do_its_gradients(self, head):
        generator, coords = tiny_generator(head), points()
        anchors = torch.randn(3, 5, 12, requires_grad=True)
        weights = torch.rand(len(coords), 3)
        weights /= weights.sum(1, keepdim=True)
        probe = torch.randn(len(coords), 3)
        field = generator.synthesis_field(generator.features(coords), anchors, weights)
        each = generator.synthesis(coords[:, None], torch.einsum("nk,kld->nld", weights, anchors))[:, 0]
        torch.testing.assert_close(field, each, atol=1e-5, rtol=0)
        (gradient,) = torch.autograd.grad((field * probe).sum(), anchors)
        (expected,) = torch.autograd.grad((each * probe).sum(), anchors)
        torch.testing.assert_close(gradient, expected, atol=1e-4, rtol=1e-4)

    def test_a_field_of_one_anchor_is_the_same_everywhere(self, head):
        generator, coords = tiny_generator(head), points()
        ws = torch.randn(3, 5, 12)
        features = generator.features(coords)
        expected = generator.synthesis(coords[None], ws[1:2])[0]
        alone = generator.synthesis_field(features, ws, torch.tensor([[0.0, 1.0, 0.0]]).expand(len(coords), -1))
        torch.testing.assert_close(alone, expected, atol=1e-5, rtol=0)
        shared = generator.synthesis_field(features, ws[1:2], torch.ones(1, 1))
        torch.testing.assert_close(shared, expected, atol=1e-5, rtol=0)

    def test_each_latent_is_computed_on_its_own(self, head):
        generator, coords = tiny_generator(head), points()[None]
        ws = generator.mapping(torch.randn(3, 8))
        together = generator.synthesis(coords.expand(3, -1, -1), ws)
        assert (together[0] - together[1]).abs().max() > 0.1
        torch.testing.assert_close(together[1:2], generator.synthesis(coords, ws[1:2]))

    def test_no_noise(self, head):
        generator, coords = tiny_generator(head), points()[None]
        ws = generator.mapping(torch.randn(1, 8))
        assert torch.equal(generator.synthesis(coords, ws), generator.synthesis(coords, ws))

    def test_every_parameter_learns(self, head):
        generator = tiny_generator(head).requires_grad_(True)
        generator.synthesis(points()[None], generator.mapping(torch.randn(1, 8))).square().sum().backward()
        for name, parameter in generator.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name

    def test_every_layer_has_its_own_latent(self, head):
        generator, coords = tiny_generator(head), points()[None]
        ws = generator.mapping(torch.randn(1, 8)).repeat(1, 1, 1)
        before = generator.synthesis(coords, ws)
        for layer in range(generator.num_ws):
            changed = ws.clone()
            changed[:, layer] += 1
            assert (generator.synthesis(coords, changed) - before).abs().max() > 1e-4


@pytest.mark.parametrize("changes", [{}, *PARTIAL.values()], ids=["both", *PARTIAL])
def test_growing_the_embedding_keeps_the_picture(changes):
    generator = tiny_generator(**changes)
    ws = generator.mapping(torch.randn(1, 8))
    coords = points(width=64)[None]  # the centres of the grown table's cells
    before = generator.synthesis(coords, ws)
    count = sum(p.numel() for name, p in generator.named_parameters() if "table" not in name)
    generator.grow_embedding(16, 64)
    assert generator.config.embedding_rows == 16
    assert count == sum(p.numel() for name, p in generator.named_parameters() if "table" not in name)
    torch.testing.assert_close(generator.synthesis(coords, ws), before, atol=1e-4, rtol=0)


def test_the_papers_size():
    config = GeneratorConfig(
        head="skip", width=512, depth=15, z_dim=512, w_dim=512, mapping_layers=8, fourier_channels=512,
        embedding_channels=512, embedding_rows=4, embedding_columns=4,
    )  # fmt: skip
    generator = Generator(config, Cylinder(90))
    assert generator.num_ws == 15
    assert sum(block.rgb is not None for block in generator.blocks) == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"depth": 4}, "depth must be odd and at least 3 .* got 4"),
        ({"head": "none"}, "head must be one of skip, residual, got 'none'"),
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"embedding_channels": -1}, "embedding_channels must be at least 0, got -1"),
        ({"fourier_channels": 0, "embedding_channels": 0}, "must not both be 0"),
        ({"embedding_rows": 2}, "at least 4 x 4 cells, got 2 x 128"),
        ({"pair_widths": (64, 64)}, "pair_widths must be 3 numbers or none, got 2"),
        ({"pair_widths": (64, 64, 129)}, r"pair_widths must be in \[1, 128\], the width, got 129"),
        ({"pair_widths": (64, 0, 64)}, "the width, got 0"),
    ],
)
def test_impossible_shapes(wrong, message):
    with pytest.raises(ValueError, match=message):
        GeneratorConfig(**wrong)


@pytest.mark.parametrize("head", GENERATORS)
class TestNarrowing:
    def test_widths_are_those_of_the_layers(self, head):
        generator = tiny_generator(head, **NARROWING)
        shapes = [tuple(layer.linear.weight.shape) for layer in generator.styled_layers]
        assert shapes == [(16, 16), (11, 16), (11, 11), (7, 11), (7, 7)]
        skips = [block.skip and tuple(block.skip.weight.shape) for block in generator.blocks]
        assert skips == ([None, (11, 16), (7, 11)] if head == "residual" else [None, None, None])

    def test_the_way_around_learns_and_noise_is_for_plans_alone(self, head):
        generator = tiny_generator(head, **NARROWING).requires_grad_(True)
        generator.synthesis(points()[None], generator.mapping(torch.randn(1, 8))).square().sum().backward()
        unused = {name for name, parameter in generator.named_parameters() if parameter.grad is None}
        assert unused == {name for name, _ in generator.named_parameters() if name.endswith("noise")}
        assert len(unused) == 5


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize("changes", [NARROWING, *PARTIAL.values()], ids=["narrowing", *PARTIAL])
def test_a_field_equals_a_latent_for_each_point_in_other_shapes(head, changes):
    generator, coords = tiny_generator(head, **changes), points()
    weights = torch.rand(len(coords), 3)
    weights /= weights.sum(1, keepdim=True)
    anchors = torch.randn(3, 5, 12)
    field = generator.synthesis_field(generator.features(coords), anchors, weights)
    each = generator.synthesis(coords[:, None], torch.einsum("nk,kld->nld", weights, anchors))[:, 0]
    torch.testing.assert_close(field, each, atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", GENERATORS)
class TestOneKindOfFeatures:
    @pytest.mark.parametrize("changes", PARTIAL.values(), ids=PARTIAL)
    def test_all_that_there_is_learns(self, head, changes):
        generator = tiny_generator(head, **changes).requires_grad_(True)
        generator.synthesis(points()[None], generator.mapping(torch.randn(1, 8))).square().sum().backward()
        empty = {name for name, parameter in generator.named_parameters() if not parameter.numel()}
        absent = {"embedding.table"} if "embedding_channels" in changes else {"fourier.frequencies", "fourier.phases"}
        assert empty == absent
        assert all(p.grad.abs().max() > 0 for name, p in generator.named_parameters() if name not in empty)

    def test_without_the_embedding_only_frequencies_tell_places_apart(self, head):
        generator = tiny_generator(head, **PARTIAL["no-embedding"])
        ws = generator.mapping(torch.randn(1, 8))
        assert generator.synthesis(points()[None], ws).std(1).min() > 0.01
        generator.fourier.frequencies.zero_()
        assert generator.synthesis(points()[None], ws).std(1).max() < 1e-6

    def test_without_fourier_features_only_the_table_tells_places_apart(self, head):
        generator = tiny_generator(head, **PARTIAL["no-fourier"])
        ws = generator.mapping(torch.randn(1, 8))
        assert generator.synthesis(points()[None], ws).std(1).min() > 0.01
        generator.embedding.table.fill_(1.0)
        assert generator.synthesis(points()[None], ws).std(1).max() < 1e-6


def test_the_strengths_of_noise_are_those_before_the_leaky_relu():
    generator = tiny_generator(**NARROWING)
    expected = [layer.noise.item() * 2**0.5 for layer in generator.styled_layers]
    torch.testing.assert_close(generator.noise_strengths, torch.tensor(expected))
    with pytest.raises(ValueError, match="no strengths of noise"):
        _ = tiny_generator().noise_strengths


def test_on_a_plane_points_have_two_coordinates():
    generator = tiny_generator(chart=Plane())
    assert generator.fourier.frequencies.shape == (10, 2)
    assert generator.synthesis(torch.rand(1, 9, 2, dtype=torch.float64), generator.mapping(torch.randn(1, 8))).std() > 0
    with pytest.raises(ValueError, match="only the embedding of a cylinder is resampled"):
        generator.grow_embedding(16, 16)
