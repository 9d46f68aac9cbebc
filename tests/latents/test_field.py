import numpy as np
import pytest
import torch

from panogen.errors import UsageError
from panogen.latents import Around, Everywhere, LatentField, Mosaic, blended, mixed

DIRECTIONS = np.random.default_rng(0).standard_normal((50, 3))


def field(number, anchors=1):
    ws = torch.arange(anchors * 6.0).reshape(anchors, 3, 2) + 100 * number
    weights = Everywhere() if anchors == 1 else Around(tuple(range(0, 360, 360 // anchors)))
    return LatentField(ws, weights, {"number": number})


def latents_at(field):
    """The w of each direction: styles are affine in w, so their mean is that of the mean w."""
    return torch.einsum("pk,klw->plw", torch.from_numpy(field.weights(DIRECTIONS)).float(), field.anchors)


def test_anchors_and_weights_must_fit():
    with pytest.raises(ValueError, match=r"anchors must be \(2, num_ws, w_dim\)"):
        LatentField(torch.zeros(3, 4, 5), Around((0, 180)))


def test_a_blend_of_fields_is_the_weighted_mean_of_what_they_are():
    weights = Around((10.0, 130.0, 250.0), 1.0)
    parts = [field(1), field(2, 4), field(3, 2)]
    whole = blended(parts, weights)
    shares = torch.from_numpy(weights(DIRECTIONS)).float()
    expected = sum(shares[:, k, None, None] * latents_at(part) for k, part in enumerate(parts))
    torch.testing.assert_close(latents_at(whole), expected)
    assert len(whole.anchors) == 7


def test_a_blend_by_layers_keeps_the_first_elsewhere():
    first, second = field(1), field(2)
    whole = blended([first, second], Around((0, 180)), range(1, 2))
    plain = blended([first, second], Around((0, 180)))
    torch.testing.assert_close(latents_at(whole)[:, 1], latents_at(plain)[:, 1])
    torch.testing.assert_close(latents_at(whole)[:, [0, 2]], first.anchors[:, [0, 2]].expand(50, 2, 2))


def test_mixing_takes_layers_from_the_second():
    constant, varying = field(1), field(2, 4)
    whole = mixed(varying, constant, range(2, 3))
    torch.testing.assert_close(latents_at(whole)[:, :2], latents_at(varying)[:, :2])
    torch.testing.assert_close(latents_at(whole)[:, 2], constant.anchors[:, 2].expand(50, 2))
    torch.testing.assert_close(latents_at(mixed(constant, varying, range(3))), latents_at(varying))
    with pytest.raises(UsageError, match="got two that vary"):
        mixed(varying, field(3, 2), range(1))


def test_truncation_draws_every_anchor_to_the_mean():
    w_avg = torch.tensor([1.0, 2.0])
    torch.testing.assert_close(field(1, 4).truncated(w_avg, 0.0).anchors, w_avg.expand(4, 3, 2))


def test_it_says_what_it_is_made_of():
    mosaic = LatentField(torch.zeros(2, 3, 2), Mosaic(0, 0, 10, 10, 1, 1, 5), {"inverted": "photo.jpg"})
    described = blended([field(4), mosaic], Around((0.0, 90.0))).described()
    assert described["blend"][0] == {"number": 4}
    assert described["blend"][1]["inverted"] == "photo.jpg"
    assert described["at_deg"] == [0.0, 90.0]
