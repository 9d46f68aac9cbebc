import pytest
import torch

from panogen.training import TrainState, training
from tests.training.helpers import CONFIG, Stripes


def train(state, images, workers=1):
    for report in training(state, Stripes(), workers):
        if report.n_images >= images:
            break
    return state


def copied(state):
    tensors = {name: value.clone() for name, value in state.tensors().items()}
    return TrainState.from_tensors(CONFIG, tensors, state.n_images, state.stage)


def same(a, b):
    ours, theirs = a.tensors(), b.tensors()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_run_begins_the_same_and_leaves_torchs_random_state_alone():
    before = torch.random.get_rng_state()
    assert same(TrainState.new(CONFIG), TrainState.new(CONFIG))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("stops", [(8,), (24, 32), (40,), (16, 56, 88)])
def test_resumed_at_any_point_it_ends_the_same_to_the_bit(stops):
    # 32 images at 8 pixels, then 64 at 16: the stops lie before, at and after the growth.
    straight = train(TrainState.new(CONFIG), 96)
    state = TrainState.new(CONFIG)
    for stop in stops:
        state = copied(train(state, stop))
    assert same(train(state, 96), straight)


def test_the_number_of_workers_changes_nothing():
    assert same(train(TrainState.new(CONFIG), 48, workers=1), train(TrainState.new(CONFIG), 48, workers=2))


def test_growing_keeps_what_is_known():
    state = train(TrainState.new(CONFIG), 32)
    before = {name: value.clone() for name, value in state.tensors().items()}
    assert state.grow_if_due()
    assert not state.grow_if_due()
    assert state.stage == 1
    assert state.d.resolution == 16
    assert state.g.embedding.table.shape[:2] == (16, 64)
    after = state.tensors()
    lost = {name for name in before if name not in after}
    assert lost == {name for name in before if name.startswith("g_optimizer.embedding.table")}
    changed = {
        name
        for name in before.keys() & after.keys()
        if before[name].shape != after[name].shape or not torch.equal(before[name], after[name])
    }
    assert changed == {"g.embedding.table", "g_ema.embedding.table"}


def test_a_new_block_fades_in():
    state = train(TrainState.new(CONFIG), 32)
    assert state.fade == 1
    state.grow_if_due()
    assert state.fade == 0
    train(state, 48)
    assert state.fade == 0.5
    train(state, 72)
    assert state.fade == 1


def test_averages_follow():
    state = TrainState.new(CONFIG)
    with torch.no_grad():
        for parameter in state.g.parameters():
            parameter.fill_(1.0)
        for parameter in state.g_ema.parameters():
            parameter.fill_(0.0)
    state.n_images = 792
    state.average(torch.full((12,), 10.0))  # ramp-up: the half-life is 5 % of 800 images
    decay = 0.5 ** (8 / 40)
    torch.testing.assert_close(next(state.g_ema.parameters()).flatten()[0].item(), 1 - decay)
    torch.testing.assert_close(state.g_ema.w_avg, torch.full((12,), 10 * (1 - CONFIG.w_avg_decay)))
