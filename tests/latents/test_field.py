import numpy as np
import pytest
import torch

from panogen.base.errors import UsageError
from panogen.geometry import from_azimuth_elevation
from panogen.latents import Around, Everywhere, LatentField, Layout
from panogen.latents.field import between, blended, style_mixed

DIRECTIONS = np.random.default_rng(0).standard_normal((50, 3))


def field(number, anchors=1, layouts=()):
    ws = torch.arange(anchors * 6.0).reshape(anchors, 3, 2) + 100 * number
    weights = Everywhere() if anchors == 1 else Around(tuple(range(0, 360, 360 // anchors)))
    return LatentField(ws, weights, layouts or (Layout.of(number),) * anchors)


def latents_at(field):
    """The w of each direction: styles are affine in w, so their mean is that of the mean w."""
    return torch.einsum("pk,klw->plw", torch.from_numpy(field.weights(DIRECTIONS)).float(), field.anchors)


def numbers(field):
    """The layout seed of each anchor, where they have one each."""
    return [seed for layout in field.layouts for seed, share in layout.shares if share == 1]


def test_anchors_weights_and_layouts_must_fit():
    with pytest.raises(ValueError, match=r"anchors must be \(2, num_ws, w_dim\)"):
        LatentField(torch.zeros(3, 4, 5), Around((0, 180)))
    with pytest.raises(ValueError, match="layouts must be 2, one an anchor, got 3"):
        LatentField(torch.zeros(2, 4, 5), Around((0, 180)), (Layout.of(0),) * 3)


def test_without_layouts_all_is_of_layout_0():
    assert numbers(LatentField(torch.zeros(2, 4, 5), Around((0, 180)))) == [0, 0]
    assert numbers(LatentField.constant(torch.zeros(4, 5))) == [0]


def test_amplitudes_are_shares_that_keep_the_variance():
    rng = np.random.default_rng(0)
    for count in (2, 3, 8):
        layouts = [Layout.mean([Layout.of(k), Layout.of(k + 1), Layout.of(3)], rng.random(3)) for k in range(count)]
        place = LatentField(torch.zeros(count, 3, 2), Around(tuple(range(count))), tuple(layouts))
        weights = rng.dirichlet(np.ones(count), 40)
        amplitudes, seeds = place.layout_shares(weights), place.layout_seeds
        assert amplitudes.shape == (40, len(seeds)) and len(set(seeds)) == len(seeds)
        np.testing.assert_allclose((amplitudes**2).sum(1), 1, atol=1e-14)
        for point in range(40):
            expected = [
                sum(weights[point, k] * dict(layouts[k].shares).get(seed, 0) for k in range(count)) for seed in seeds
            ]
            np.testing.assert_allclose(amplitudes[point] * np.linalg.norm(expected), expected, atol=1e-14)
            np.testing.assert_array_equal(place.layout_shares(weights[point : point + 1])[0], amplitudes[point])


def test_layouts_are_named_in_order_and_once():
    layouts = (Layout.of(9), Layout(((4, 0.5), (9, 0.5))), Layout.of(2), Layout.of(9))
    assert LatentField(torch.zeros(4, 3, 2), Around((0, 1, 2, 3)), layouts).layout_seeds == (9, 4, 2)


def test_a_single_layout_counts_in_full():
    place = field(1, 3, (Layout.of(7),) * 3)
    assert place.layout_seeds == (7,)
    np.testing.assert_array_equal(place.layout_shares(place.weights(DIRECTIONS)), np.ones((50, 1)))


def test_at_its_own_azimuth_a_place_has_its_own_layout():
    around = Around((10.0, 130.0, 250.0), 0.5)
    place = blended([field(4), field(9), field(4)], around)
    ahead = from_azimuth_elevation(np.radians([10.0, 130, 250, 70]), np.zeros(4))
    amplitudes = place.layout_shares(place.weights(ahead))
    assert place.layout_seeds == (4, 9)
    np.testing.assert_array_equal(amplitudes[:3], [[1, 0], [0, 1], [1, 0]])
    np.testing.assert_allclose(amplitudes[3], np.sqrt(0.5))  # half-way


def test_a_blend_of_fields_is_the_weighted_mean_of_what_they_are():
    weights = Around((10.0, 130.0, 250.0), 1.0)
    parts = [field(1), field(2, 4), field(3, 2)]
    whole = blended(parts, weights)
    shares = torch.from_numpy(weights(DIRECTIONS)).float()
    expected = sum(shares[:, k, None, None] * latents_at(part) for k, part in enumerate(parts))
    torch.testing.assert_close(latents_at(whole), expected)
    assert len(whole.anchors) == 7
    assert numbers(whole) == [1, 2, 2, 2, 2, 3, 3]


def test_a_blend_by_layers_keeps_the_first_elsewhere():
    first, second = field(1), field(2)
    whole = blended([first, second], Around((0, 180)), range(1, 2))
    plain = blended([first, second], Around((0, 180)))
    torch.testing.assert_close(latents_at(whole)[:, 1], latents_at(plain)[:, 1])
    torch.testing.assert_close(latents_at(whole)[:, [0, 2]], first.anchors[:, [0, 2]].expand(50, 2, 2))
    assert (numbers(whole), numbers(plain)) == ([1, 1], [1, 2])


def test_a_blend_by_layers_is_laid_out_as_the_first():
    first = field(1, 2, (Layout.of(7), Layout.of(8)))
    whole = blended([first, field(2)], Around((90, 270)), range(1, 2))
    assert whole.layout_seeds == (7, 8)
    alone, both = (one.layout_shares(one.weights(DIRECTIONS)) for one in (first, whole))
    np.testing.assert_allclose(both, alone, atol=1e-14)


def test_mixing_takes_layers_from_the_second():
    constant, varying = field(1), field(2, 4)
    whole = style_mixed(varying, constant, range(2, 3))
    torch.testing.assert_close(latents_at(whole)[:, :2], latents_at(varying)[:, :2])
    torch.testing.assert_close(latents_at(whole)[:, 2], constant.anchors[:, 2].expand(50, 2))
    torch.testing.assert_close(latents_at(style_mixed(constant, varying, range(3))), latents_at(varying))
    assert (numbers(whole), numbers(style_mixed(constant, varying, range(3)))) == ([2] * 4, [1] * 4)
    with pytest.raises(UsageError, match="got two that vary"):
        style_mixed(varying, field(3, 2), range(1))


def test_truncation_draws_every_anchor_to_the_mean():
    w_avg = torch.tensor([1.0, 2.0])
    truncated = field(1, 4).truncated(w_avg, 0.0)
    torch.testing.assert_close(truncated.anchors, w_avg.expand(4, 3, 2))
    assert numbers(truncated) == [1] * 4


def test_between_two_places_lie_others():
    one, other = field(1), field(2)
    middle = between(one, other, 0.25)
    torch.testing.assert_close(middle.anchors, 0.75 * one.anchors + 0.25 * other.anchors)
    assert middle.layouts == (Layout(((1, 0.75), (2, 0.25))),)


def test_a_place_is_laid_out_anew():
    place = field(1, 4)
    anew = place.laid_out(7)
    assert anew.anchors is place.anchors and anew.weights is place.weights
    assert numbers(anew) == [7] * 4
    with pytest.raises(UsageError, match=r"layout must be in \[0, 4294967295\], got -1"):
        place.laid_out(-1)
