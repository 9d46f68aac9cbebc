import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from panogen.training import TrainState, training
from panogen.training.batch import BatchPart
from panogen.training.step import (
    Result,
    adversarial_gradients,
    apply_gradients,
    beside,
    generate_part,
    part_gradients,
    penalty_gradients,
    summed,
)
from tests.training.helpers import CONFIG, Stripes, config_of, draw, picture, step


def test_a_step_moves_both_networks_and_counts_its_images():
    state = TrainState.new(CONFIG)
    before = {name: value.clone() for name, value in state.tensors().items()}
    report = step(state)
    after = state.tensors()
    assert state.n_images == report.n_images == 8
    assert report.losses.keys() == {
        "d_loss", "g_loss", "r1", "real_score", "fake_score", "real_sign", "learning_rate"
    }  # fmt: skip
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
    both = part_gradients(state, part, penalised=False).g_gradients
    views, band = state.adversaries
    apart = []
    for adversary, alone in ((views, part.views), (band, part.band)):
        state.adversaries = [dataclasses.replace(adversary, role=adversary.role._replace(exhibit=0))]
        apart.append(part_gradients(state, BatchPart(part.z, part.layouts, alone, None), penalised=False).g_gradients)
    torch.testing.assert_close(both, [a + b for a, b in zip(*apart, strict=True)])


def test_features_have_their_share_of_the_gradient_at_pixels_and_are_learned_alone():
    state = TrainState.new(config_of("features"))
    before = {name: value.clone() for name, value in state.tensors().items()}
    assert {"feature_d_loss", "feature_real_score"} < step(state).losses.keys()
    own = [name for name in before if name.startswith("feature_d.")]
    assert own and all(not torch.equal(before[name], state.tensors()[name]) for name in own)
    views, features = state.adversaries
    exhibit, images = draw(state)[0].views, picture(state.g, draw(state)[0])
    first, second = (adversarial_gradients(state, one, exhibit, images.detach())[2] for one in (views, features))
    both = beside(first, second, features.weight)
    torch.testing.assert_close((both - first).norm(), first.norm() / 2)
    torch.testing.assert_close(both - first, second * (first.norm() / 2 / second.norm()))
    assert torch.equal(beside(first, torch.zeros_like(first), 0.5), first)
    part = draw(state)[0]
    together = part_gradients(state, part, penalised=False)
    state.adversaries = [views]
    alone = part_gradients(state, part, penalised=False)
    for mine, theirs in zip(alone.d_gradients, together.d_gradients, strict=False):
        assert torch.equal(mine, theirs)
    assert not torch.equal(alone.g_gradients[0], together.g_gradients[0])


def test_a_part_is_generated_through_one_window():
    state = TrainState.new(CONFIG)
    part, _ = draw(state)
    images = picture(state.g, part)
    assert images.shape == (4, 3, 8, 8)
    alone = picture(state.g, part, state.g.mapping(part.z[1:2]))
    torch.testing.assert_close(alone[0], images[1])


def test_groups_of_a_part_are_generated_through_their_own_windows():
    config = dataclasses.replace(config_of("octaves"), batch=16, microbatch=16, backward_share=0.25)
    state = TrainState.new(config)
    (part,) = draw(state)
    images = generate_part(state, part)[0][0]
    for group, points in enumerate(part.views.raster.points):
        span = slice(8 * group, 8 * group + 8)
        exhibit = dataclasses.replace(part.views, raster=dataclasses.replace(part.views.raster, points=(points,)))
        alone = BatchPart(part.z[span], part.layouts[span], exhibit, None)
        torch.testing.assert_close(generate_part(state, alone)[0][0], images[span])


def test_gradients_are_those_of_the_losses():
    # The generator's is taken in two steps, at the pixels and then at the parameters; here all at once.
    state = TrainState.new(CONFIG)
    part = draw(state)[0]
    found = part_gradients(state, part, penalised=False)
    images = picture(state.g, part)
    real, fake = state.d(part.views.reals, part.views.real_position), state.d(images, part.views.fake_position)
    g_loss = functional.softplus(-fake).mean() / 2  # half of the batch
    d_loss = (functional.softplus(-real).mean() + functional.softplus(fake).mean()) / 2
    expected = torch.autograd.grad(g_loss, list(state.g.parameters()), materialize_grads=True, retain_graph=True)
    torch.testing.assert_close(found.g_gradients, list(expected))
    expected = torch.autograd.grad(d_loss, list(state.d.parameters()), materialize_grads=True)
    torch.testing.assert_close(found.d_gradients, list(expected))
    assert found.losses["g_loss"] == pytest.approx(2 * g_loss.item())
    assert found.losses["d_loss"] == pytest.approx(2 * d_loss.item())


def test_a_share_of_the_points_gives_the_gradient_of_all_on_average():
    state = TrainState.new(CONFIG)
    part = draw(state)[0]

    def flat_gradient(chosen):
        views = dataclasses.replace(part.views, chosen=chosen)
        gradients = part_gradients(state, dataclasses.replace(part, views=views), penalised=False).g_gradients
        return torch.cat([gradient.flatten() for gradient in gradients])

    whole = flat_gradient(None)
    # Every second point, and the others: each an estimate, and their mean the whole.
    even, odd = (flat_gradient(np.arange(64) % 2 == first) for first in (0, 1))
    assert not torch.allclose(even, whole, rtol=1e-2)
    torch.testing.assert_close((even + odd) / 2, whole, rtol=1e-4, atol=1e-7)


def test_r2_is_added_where_fakes_are_penalised():
    plain, r3gan = TrainState.new(CONFIG), TrainState.new(config_of("r3gan"))
    exhibit = draw(plain)[0].views
    fakes = torch.rand(4, 3, 8, 8)
    r1, r1_gradients = penalty_gradients(plain, plain.adversaries[0], exhibit, fakes)
    both, gradients = penalty_gradients(r3gan, r3gan.adversaries[0], exhibit, fakes)
    swapped = dataclasses.replace(exhibit, reals=fakes, real_position=exhibit.fake_position)
    r2, r2_gradients = penalty_gradients(plain, plain.adversaries[0], swapped, fakes)
    assert both["r1"] == pytest.approx(r1["r1"] + r2["r1"])
    torch.testing.assert_close(gradients, [a + b for a, b in zip(r1_gradients, r2_gradients, strict=True)])


def test_augmented_views_reach_the_discriminator():
    state = TrainState.new(config_of("ada"))
    part = draw(state)[0]
    before = part_gradients(state, part, penalised=True)
    state.augmentation = 1.0
    after = part_gradients(state, part, penalised=True)
    assert {"d_loss", "g_loss", "r1"} <= {name for name in before.losses if before.losses[name] != after.losses[name]}


def test_gradients_of_parts_add_up_to_those_of_the_batch():
    first, second = (
        Result({"loss": value}, [torch.tensor([value])], [torch.tensor([2 * value])], torch.tensor([3 * value]))
        for value in (1.0, 5.0)
    )
    total, losses = summed([first, second])
    assert losses == {"loss": 3.0}
    assert (total.d_gradients[0].item(), total.g_gradients[0].item(), total.w_mean.item()) == (6, 12, 18)
    linear = torch.nn.Linear(1, 1)
    before = linear.weight.item()
    apply_gradients(linear, torch.optim.SGD(linear.parameters(), 0.5), [torch.full((1, 1), 6.0), torch.zeros(1)])
    assert linear.weight.item() == pytest.approx(before - 3)


def test_a_loss_that_is_no_number_stops_before_the_step():
    state = TrainState.new(CONFIG)
    with torch.no_grad():
        state.d.score.bias.fill_(float("nan"))
    before = state.tensors()["d.conv.weight"].clone()
    with pytest.raises(FloatingPointError, match="d_loss became nan"):
        step(state)
    assert torch.equal(state.tensors()["d.conv.weight"], before)


@pytest.mark.parametrize("mode", ["plain", "r3gan", "octaves", "bfloat16"])
def test_it_learns(mode):
    # A place that any seed shows alike: bright above, dark below. After 512 crops the generator knows.
    stages = (dataclasses.replace(CONFIG.stages[0], images=512),)
    config = dataclasses.replace(config_of(mode), stages=stages, microbatch=8, learning_rate=0.01)
    state = TrainState.new(config)
    for _ in training(state, Stripes()):
        pass
    (part,) = draw(state)
    fakes = picture(state.g_ema, part)
    contrast = (fakes[:, :, :2].mean() - fakes[:, :, -2:].mean()).item()
    reals = part.views.reals
    expected = (reals[:, :, :2].mean() - reals[:, :, -2:].mean()).item()
    assert 0.5 * expected < contrast < 1.5 * expected
