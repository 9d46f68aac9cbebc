import dataclasses

import pytest
import torch

from panogen.training import TrainState, training
from panogen.training.step import Result, apply_gradients, generator_gradients, penalty_objective, synthesize
from tests.training.helpers import CONFIG, Stripes, config_of, draw, step


def test_a_step_moves_both_networks_and_counts_its_images():
    state = TrainState.new(CONFIG)
    before = {name: value.clone() for name, value in state.tensors().items()}
    report = step(state)
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
    assert ["r1" in step(state).losses for _ in range(4)] == [True, False, True, False]


def test_two_discriminators_both_learn_and_both_teach():
    state = TrainState.new(config_of("two discriminators"))
    before = {name: value.clone() for name, value in state.tensors().items()}
    report = step(state)
    assert {"band_d_loss", "band_g_loss", "band_r1"} < report.losses.keys()
    assert not torch.equal(before["band_d.score.weight"], state.tensors()["band_d.score.weight"])
    part = draw(state)[0]
    both = generator_gradients(state, part, synthesize(state.g, part)).gradients
    alone = dataclasses.replace(part, band=None)
    state.adversaries = state.adversaries[:1]
    one = generator_gradients(state, alone, synthesize(state.g, alone)).gradients
    assert any(not torch.allclose(a, b) for a, b in zip(both, one, strict=True))


def test_a_part_is_generated_through_one_window():
    state = TrainState.new(CONFIG)
    part, _ = draw(state)
    (images,) = synthesize(state.g, part).images
    assert images.shape == (4, 3, 8, 8)
    alone = dataclasses.replace(part, z=part.z[1:2])
    torch.testing.assert_close(synthesize(state.g, alone).images[0][0], images[1])


def test_the_generators_gradient_is_that_of_its_loss():
    # Taken in two steps, at the pixels and then at the parameters; here all at once.
    state = TrainState.new(CONFIG)
    part = draw(state)[0]
    found = generator_gradients(state, part, synthesize(state.g, part)).gradients
    ws = state.g.mapping(part.z)
    rgb = state.g.synthesis(torch.from_numpy(part.views.points.coords), ws)
    images = rgb.transpose(1, 2).unflatten(2, (8, 8))
    loss = torch.nn.functional.softplus(-state.d(images, part.views.fake_place)).mean() / 2  # half of the batch
    expected = torch.autograd.grad(loss, list(state.g.parameters()), materialize_grads=True)
    torch.testing.assert_close(list(expected), found)


def test_a_share_of_the_points_gives_the_gradient_of_all_on_average():
    state = TrainState.new(CONFIG)
    part = draw(state)[0]
    whole = generator_gradients(state, part, synthesize(state.g, part)).gradients
    flat = torch.cat([gradient.flatten() for gradient in whole])
    # Every second point, and the others: each an estimate, and their mean the whole.
    estimates = []
    for first in (0, 1):
        chosen = torch.arange(first, 64, 2).numpy()
        half = dataclasses.replace(part, views=dataclasses.replace(part.views, chosen=chosen))
        gradients = generator_gradients(state, half, synthesize(state.g, half)).gradients
        estimates.append(torch.cat([gradient.flatten() for gradient in gradients]))
    assert not torch.allclose(estimates[0], flat, rtol=1e-2)
    torch.testing.assert_close((estimates[0] + estimates[1]) / 2, flat, rtol=1e-4, atol=1e-7)


def test_r2_is_added_where_fakes_are_penalised():
    plain, r3gan = TrainState.new(CONFIG), TrainState.new(config_of("r3gan"))
    part = draw(plain)[0]
    (fakes,) = synthesize(plain.g, part).images
    r1, _ = penalty_objective(plain, plain.adversaries[0], part.views, fakes)
    both, _ = penalty_objective(r3gan, r3gan.adversaries[0], part.views, fakes)
    swapped = dataclasses.replace(part.views, reals=fakes, real_place=part.views.fake_place)
    r2, _ = penalty_objective(plain, plain.adversaries[0], swapped, fakes)
    torch.testing.assert_close(both, r1 + r2)


def test_gradients_of_parts_add_up_to_those_of_the_batch():
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    data = torch.tensor([[1.0, 0.0], [0.0, 3.0], [2.0, 1.0], [5.0, 1.0]])
    optimizer = torch.optim.SGD([weight], 0.1)
    results = []
    for part in data.split(2):
        loss = (part @ weight).mean()
        results.append(Result({"loss": loss.item()}, list(torch.autograd.grad(loss / 2, [weight]))))
    before = weight.detach().clone()
    assert apply_gradients(results, [optimizer], [weight]) == {"loss": (data @ before).mean().item()}
    torch.testing.assert_close(weight.detach(), before - 0.1 * data.mean(0))


def test_a_loss_that_is_no_number_stops_before_the_step():
    state = TrainState.new(CONFIG)
    with torch.no_grad():
        state.d.score.bias.fill_(float("nan"))
    before = state.tensors()["d.conv.weight"].clone()
    with pytest.raises(FloatingPointError, match="d_loss became nan"):
        step(state)
    assert torch.equal(state.tensors()["d.conv.weight"], before)


@pytest.mark.parametrize("mode", ["plain", "r3gan", "half the points", "bfloat16"])
def test_it_learns(mode):
    # A place that any seed shows alike: bright above, dark below. After a few hundred crops the generator knows.
    config = dataclasses.replace(
        config_of(mode), stages=(dataclasses.replace(CONFIG.stages[0], images=2400),), learning_rate=0.01
    )
    state = TrainState.new(config)
    for _ in training(state, Stripes()):
        pass
    part, _ = draw(state)
    (fakes,) = synthesize(state.g_ema, part).images
    contrast = (fakes[:, :, :2].mean() - fakes[:, :, -2:].mean()).item()
    reals = part.views.reals
    expected = (reals[:, :, :2].mean() - reals[:, :, -2:].mean()).item()
    assert 0.5 * expected < contrast < 1.5 * expected
