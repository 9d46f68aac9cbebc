import pytest
import torch

from panogen.training.augmentation import AUGMENTATIONS, augment

RAMP = torch.linspace(-1, 1, 16).expand(400, 3, 16, 16).contiguous()
ALL, NONE = torch.ones(400, dtype=torch.bool), torch.zeros(400, dtype=torch.bool)


def random(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_only_the_chosen_are_changed(name):
    chosen = ALL.clone()
    chosen[::2] = False
    changed = AUGMENTATIONS[name](RAMP, chosen, random())
    torch.testing.assert_close(changed[::2], RAMP[::2], atol=1e-6, rtol=0)
    assert ((changed - RAMP)[1::2].abs().amax((1, 2, 3)) > 0.01).float().mean() > 0.7


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_gradients_pass_through(name):
    images = RAMP[:4].clone().requires_grad_(True)
    AUGMENTATIONS[name](images, ALL[:4], random()).sum().backward()
    assert images.grad.abs().sum() > 0


def test_the_same_seed_is_the_same_change_and_probability_zero_is_none():
    names = tuple(AUGMENTATIONS)
    assert augment(RAMP, names, 0.0, random()) is RAMP
    assert torch.equal(augment(RAMP, names, 0.7, random(1)), augment(RAMP, names, 0.7, random(1)))
    assert not torch.equal(augment(RAMP, names, 0.7, random(1)), augment(RAMP, names, 0.7, random(2)))


def test_each_comes_with_its_probability():
    changed = augment(RAMP, ("mirror",), 0.3, random())
    share = (changed[:, 0, 0, 0] > 0).float().mean().item()
    assert abs(share - 0.3) < 0.07


def test_a_roll_is_a_shift_mirrored_at_the_edges():
    rolled = AUGMENTATIONS["roll"](RAMP, ALL, random())
    kinds = {tuple(row.tolist()) for row in rolled[:, 0, 0]}
    ramp = RAMP[0, 0, 0]
    expected = {
        tuple(torch.cat([ramp[1:], ramp[-1:]]).tolist()),
        tuple(torch.cat([ramp[2:], ramp[-1:], ramp[-2:-1]]).tolist()),
        tuple(ramp.tolist()),
        tuple(torch.cat([ramp[:1], ramp[:-1]]).tolist()),
        tuple(torch.cat([ramp[1:2], ramp[:1], ramp[:-2]]).tolist()),
    }
    assert kinds == expected


def test_all_but_tilt_leave_rows_level():
    rows = torch.linspace(-1, 1, 16)[:, None].expand(400, 3, 16, 16).contiguous()
    for name in AUGMENTATIONS:
        changed = AUGMENTATIONS[name](rows, ALL, random())
        spread = changed.masked_fill(changed == 0, torch.nan)  # what is cut out is 0
        level = spread.nan_to_num(2).amin(3).sub(spread.nan_to_num(-2).amax(3)).abs() < 1e-5
        level |= spread.isnan().all(3)
        assert level.all() == (name != "tilt"), name
