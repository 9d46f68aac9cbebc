import dataclasses

import pytest
import torch

from panogen.networks import OctavesConfig
from panogen.training import Stage, TrainState, training
from tests.conftest import PARTIAL
from tests.training.helpers import CONFIG, MODES, Stripes, begun, config_of, draw, short

TOGETHER = [  # every mode, those that do not exclude each other in one run
    ["plain"],
    ["patches", "ada", "schedule", "features"],
    ["multiscale", "two discriminators", "half the points"],
    ["r3gan", "bfloat16"],
    ["octaves"],
    *([name] for name in PARTIAL),
]


def train(state, images, workers=1):
    for report in training(state, Stripes(), workers):
        if report.n_images >= images:
            break
    return state


def copied(state):
    tensors = {name: value.clone() for name, value in state.tensors().items()}
    resumed = TrainState.from_tensors(state.config, tensors, state.n_images, state.stage)
    resumed.augmentation, resumed.real_sign = state.augmentation, state.real_sign
    return resumed


def same(a, b):
    ours, theirs = a.tensors(), b.tensors()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_run_begins_the_same_and_leaves_torchs_random_state_alone():
    before = torch.random.get_rng_state()
    assert same(TrainState.new(CONFIG), TrainState.new(CONFIG))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_every_mode_is_resumed():
    assert {mode for modes in TOGETHER for mode in modes} == MODES.keys()


@pytest.mark.parametrize("modes", TOGETHER, ids=", ".join)
def test_resumed_at_any_point_it_ends_the_same_to_the_bit(modes):
    # 16 images at 8 pixels, then 32 at 16: the stops lie before, at and after the growth.
    straight = train(begun(*modes), 48)
    state = begun(*modes)
    for stop in (8, 16, 24):
        state = copied(train(state, stop))
    resumed = train(state, 48)
    assert same(resumed, straight)
    assert (resumed.augmentation, resumed.real_sign) == (straight.augmentation, straight.real_sign)
    assert (resumed.augmentation > 0.3) == ("ada" in modes)


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
    assert state.adversaries[0].fade(state) == 1
    state.grow_if_due()
    assert state.adversaries[0].fade(state) == 0
    train(state, 48)
    assert state.adversaries[0].fade(state) == 0.5
    train(state, 72)
    assert state.adversaries[0].fade(state) == 1


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


def test_augmentation_follows_the_sign_of_real_scores():
    config = dataclasses.replace(CONFIG, ada_target=0.1, ada_images=64.0)  # 8 images a step
    state = TrainState.new(config)
    assert state.adapt_augmentation(1.0) == 1 / 8
    assert state.adapt_augmentation(1.0) == 2 / 8
    state.real_sign = 0.0
    assert state.adapt_augmentation(0.0) == 1 / 8
    for _ in range(12):
        state.adapt_augmentation(-1.0)
    assert state.augmentation == 0
    for _ in range(20):
        state.adapt_augmentation(1.0)
    assert state.augmentation == 1


def test_a_run_begins_with_a_trained_model_resampled():
    trained = train(TrainState.new(CONFIG), 32)
    finer = dataclasses.replace(CONFIG, stages=(Stage(16, 64),))
    state = TrainState.new(finer, start=trained.tensors())
    assert state.g.embedding.table.shape[:2] == (16, 64)
    trained.grow_if_due()
    assert torch.equal(state.g_ema.embedding.table, trained.g_ema.embedding.table)
    assert torch.equal(state.d.conv.weight, trained.d.conv.weight)
    assert state.adversaries[0].fade(state) == 0  # its first block is new
    moments = {name for name in state.tensors() if name.endswith("exp_avg_sq")}
    assert "g_optimizer.fourier.phases.exp_avg_sq" in moments
    assert "d_optimizer.conv.weight.exp_avg_sq" in moments
    assert "g_optimizer.embedding.table.exp_avg_sq" not in moments
    model_alone = {name: value for name, value in trained.tensors().items() if name.startswith("g_ema.")}
    again = TrainState.new(dataclasses.replace(CONFIG, stages=(Stage(16, 64),)), start=model_alone)
    assert torch.equal(again.g.embedding.table, again.g_ema.embedding.table)
    assert again.adversaries[0].fade(again) == 1


def test_the_embedding_it_begins_with_may_be_smoothed():
    trained = train(TrainState.new(CONFIG), 32)
    state = TrainState.new(dataclasses.replace(CONFIG, start_smoothing=1.5), start=trained.tensors())
    for name in ("g", "g_ema"):
        smooth, rough = (getattr(one, name).embedding.table.detach() for one in (state, trained))
        torch.testing.assert_close(smooth.mean(1), rough.mean(1))
        assert smooth.diff(dim=1).abs().mean() < 0.6 * rough.diff(dim=1).abs().mean()


@pytest.mark.parametrize("name", ["octaves", *PARTIAL])
def test_a_run_begins_with_a_model_of_other_features(name):
    trained = train(TrainState.new(config_of(name)), 32)
    finer = dataclasses.replace(config_of(name), stages=(Stage(16, 64),), start_smoothing=1.5)
    state = TrainState.new(finer, start=trained.tensors())
    ours, theirs = (dict(one.g_ema.named_parameters()) for one in (state, trained))
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        if key == "embedding.table":
            assert value.shape == (16, 64, 6)
        else:
            assert torch.equal(value, theirs[key]), key
    octaves = state.g.config.encoding(OctavesConfig)
    assert octaves is None or octaves.finest_rad == state.g.octaves.finest_rad == CONFIG.chart.side / 16


def test_octaves_of_a_finer_stage_know_finer_footprints():
    state = train(TrainState.new(config_of("octaves")), 32)
    finest = [network.octaves.finest_rad for network in (state.g, state.g_ema)]
    before = {name: value.clone() for name, value in state.tensors().items()}
    assert state.grow_if_due()
    assert finest == [CONFIG.chart.side / 8] * 2
    assert [network.octaves.finest_rad for network in (state.g, state.g_ema)] == [CONFIG.chart.side / 16] * 2
    assert state.g_ema.config == state.config.generator_at(1)
    after = state.tensors()
    assert after.keys() == before.keys()  # the discriminator sees as many pixels as before
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("pixels", [16, 8])
def test_a_discriminator_that_knows_the_size_is_taken_as_it_is(pixels):
    # Its run has grown from 8 to 16 pixels, and what the block of 16 was faded in with is out of use.
    trained = train(TrainState.new(short(CONFIG)), 48)
    config = dataclasses.replace(CONFIG, stages=(Stage(pixels, 64),))
    state = TrainState.new(config, start=trained.tensors())
    assert not state.d.fades_in
    assert state.adversaries[0].fade(state) == 1
    if pixels == 16:
        part = draw(state)[0]
        scores = state.d(part.views.reals, part.views.real_position)
        torch.testing.assert_close(scores, trained.d(part.views.reals, part.views.real_position))


def test_a_block_fades_in_once_though_the_band_grows():
    config = dataclasses.replace(config_of("patches"), stages=(Stage(16, 64), Stage(32, 64)), patch=16)
    state = TrainState.new(config, start=train(TrainState.new(CONFIG), 32).tensors())
    fades = {}
    for _ in training(state, Stripes()):
        fades[state.n_images] = state.adversaries[0].fade(state)
    assert (fades[16], fades[32], fades[64], fades[72]) == (0.5, 1, 1, 1)


def test_the_rate_is_that_of_the_schedule():
    state = TrainState.new(config_of("schedule"))  # warm-up over 32 images, 8 a step
    rates = []
    for _ in training(state, Stripes()):
        rates.append(state.g_optimizer.param_groups[0]["lr"] / CONFIG.learning_rate)
    assert rates[:5] == [0.25, 0.5, 0.75, 1, 1]
    assert rates[-1] < rates[-2] < rates[-3] < 1
