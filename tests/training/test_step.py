import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from panogen.training import TrainState, train_step, training
from panogen.training.step import apply_gradients, draw_parts, gradients, synthesize
from tests.training.helpers import CONFIG, Stripes

POOL = ThreadPoolExecutor(1)


def test_a_step_moves_both_networks_and_counts_its_images():
    state = TrainState.new(CONFIG)
    before = {name: value.clone() for name, value in state.tensors().items()}
    report = train_step(state, Stripes(), POOL)
    after = state.tensors()
    assert state.n_images == report.n_images == 8
    assert {"d_loss", "g_loss", "r1", "real_score", "fake_score", "real_sign"} == report.losses.keys()
    for name in (
        "g.embedding.table",
        "g.fourier.frequencies",
        "d.score.weight",
        "g_ema.embedding.table",
        "g.mapping_network.w_avg",
    ):
        assert not torch.equal(before[name], after[name]), name


def test_r1_comes_every_so_many_steps():
    state = TrainState.new(CONFIG)
    assert ["r1" in train_step(state, Stripes(), POOL).losses for _ in range(4)] == [True, False, True, False]


def test_a_part_is_generated_through_one_window():
    state = TrainState.new(CONFIG)
    part, _ = draw_parts(state, Stripes())
    fake = synthesize(state.g, part.z, part.window, 8)
    assert fake.images.shape == (4, 3, 8, 8)
    assert fake.azimuth_rad.shape == (4,)
    alone = synthesize(state.g, part.z[1:2], part.window, 8)
    torch.testing.assert_close(alone.images[0], fake.images[1])


def test_crops_are_mirrored_at_random():
    class Slope(Stripes):
        def batch(self, rng, windows, resolution):
            ramp = np.linspace(0, 255, resolution).astype(np.uint8)
            return np.broadcast_to(
                ramp[None, None, :, None], (len(windows.azimuth_rad), resolution, resolution, 3)
            ).copy()

    config = dataclasses.replace(CONFIG, batch=64, microbatch=64)
    (part,) = draw_parts(TrainState.new(config), Slope())
    falling = (part.reals[:, 0, 0, 0] > 0).sum().item()
    assert 16 < falling < 48
    (straight,) = draw_parts(TrainState.new(dataclasses.replace(config, mirror=False)), Slope())
    assert (straight.reals[:, 0, 0, 0] == -1).all()
    assert (straight.reals[:, 0, 0, -1] == 1).all()


def test_gradients_of_parts_add_up_to_those_of_the_batch():
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    data = torch.tensor([[1.0, 0.0], [0.0, 3.0], [2.0, 1.0], [5.0, 1.0]])
    optimizer = torch.optim.SGD([weight], 0.1)
    parts = [
        ({"loss": (part @ weight).mean().item()}, gradients((part @ weight).mean() / 2, [weight]))
        for part in data.split(2)
    ]
    before = weight.detach().clone()
    assert apply_gradients(parts, optimizer, [weight]) == {"loss": (data @ before).mean().item()}
    torch.testing.assert_close(weight.detach(), before - 0.1 * data.mean(0))


def test_a_loss_that_is_no_number_stops_before_the_step():
    state = TrainState.new(CONFIG)
    with torch.no_grad():
        state.d.score.bias.fill_(float("nan"))
    before = state.tensors()["d.conv.weight"].clone()
    with pytest.raises(FloatingPointError, match="d_loss became nan"):
        train_step(state, Stripes(), POOL)
    assert torch.equal(state.tensors()["d.conv.weight"], before)


def test_it_learns():
    # A place that any seed shows alike: bright above, dark below. After a few hundred crops the generator knows.
    config = dataclasses.replace(
        CONFIG, stages=(dataclasses.replace(CONFIG.stages[0], images=2400),), learning_rate=0.01
    )
    state = TrainState.new(config)
    for _ in training(state, Stripes()):
        pass
    part, _ = draw_parts(state, Stripes())
    fakes = synthesize(state.g_ema, part.z, part.window, 8).images
    contrast = (fakes[:, :, :2].mean() - fakes[:, :, -2:].mean()).item()
    expected = (part.reals[:, :, :2].mean() - part.reals[:, :, -2:].mean()).item()
    assert 0.5 * expected < contrast < 1.5 * expected
