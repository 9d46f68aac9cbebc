import hashlib
import json
import math
import shutil
from dataclasses import replace

import pytest
import torch

from panogen.base.errors import JobError, UsageError
from panogen.base.tensors import read_tensors, write_tensors
from panogen.networks import Generator
from panogen.training import Stage, TrainState, training
from panogen.training.presets import PRESETS
from panogen.weights.checkpoint import load_state, save_state
from panogen.weights.compact import EXACT_BELOW, INDEX, pack, read_shards, unpack, write_shards
from tests.training.helpers import CONFIG, Stripes


def some_state():
    """Tensors as a run has them, with second moments from 1e-14 to 1e-4."""
    rng = torch.Generator().manual_seed(3)
    weight = torch.randn(64, 32, generator=rng)
    return {
        "g.weight": weight,
        "g.huge": weight * 1e9,
        "g.bias": torch.randn(64, generator=rng),
        "g.nothing": torch.zeros(2000),
        "g_optimizer.weight.step": torch.tensor(12345.0),
        "g_optimizer.weight.exp_avg": weight * 1e-3,
        "g_optimizer.weight.exp_avg_sq": 10 ** (-14 + 10 * torch.rand(64, 32, generator=rng)),
        "g.counts": torch.arange(3000),
        "augmentation.p": torch.tensor(0.1, dtype=torch.float64),
    }


def same_kind(ours, theirs):
    return ours.keys() == theirs.keys() and all(
        ours[name].dtype == theirs[name].dtype and ours[name].shape == theirs[name].shape for name in ours
    )


def largest_relative_error(found, wanted):
    wanted = wanted.double()
    return ((found.double() - wanted).abs() / wanted.abs()).max().item()


def test_half_the_bits_keep_their_bound():
    state = some_state()
    restored = unpack(pack(state, drop_first_moment=True))
    assert same_kind(restored, state)
    for name in ("g.weight", "g.huge"):
        assert 0 < largest_relative_error(restored[name], state[name]) <= 2**-11
    moment = "g_optimizer.weight.exp_avg_sq"
    assert 0 < largest_relative_error(restored[moment], state[moment]) <= 2**-10 * 1.001
    for name in ("g.bias", "g.nothing", "g_optimizer.weight.step", "g.counts", "augmentation.p"):
        assert torch.equal(restored[name], state[name])


def test_first_moments_are_dropped_only_where_asked():
    state = some_state()
    name = "g_optimizer.weight.exp_avg"
    assert not unpack(pack(state, drop_first_moment=True))[name].any()
    kept = unpack(pack(state, drop_first_moment=False))[name]
    assert largest_relative_error(kept, state[name]) <= 2**-11


def test_no_second_moment_is_rounded_to_zero():
    moments = torch.full((EXACT_BELOW,), 1e-38)
    moments[0], moments[1] = 1.0, 0.0
    restored = unpack(pack({"exp_avg_sq": moments, "d.exp_avg_sq": moments}, False))["d.exp_avg_sq"]
    assert restored[0] == 1
    assert restored[1] == 0
    assert (restored[2:] > 0).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_packed(value):
    with pytest.raises(FloatingPointError, match=r"tensor g\.weight is no longer finite"):
        pack({"g.weight": torch.full((2000,), value)}, False)


def test_a_packed_state_without_an_exponent_is_refused():
    packed = pack(some_state(), True)
    for change in (torch.tensor(30_000, dtype=torch.int16), torch.tensor(0.0), torch.zeros(2, dtype=torch.int16)):
        with pytest.raises(ValueError, match=r"exponent of tensor g\.weight must be one within"):
            unpack({**packed, "g.weight:exponent": change})
    with pytest.raises(KeyError):
        unpack({name: value for name, value in packed.items() if name != "g.weight:exponent"})
    with pytest.raises(ValueError, match=r"tensor g\.weight has values that are no finite numbers"):
        unpack({**packed, "g.weight:exponent": torch.tensor(200, dtype=torch.int16)})


@pytest.mark.parametrize("shard_mb", [0.01, 0.02, 1])
def test_shards_give_back_what_they_took(tmp_path, shard_mb):
    state = {**some_state(), "empty": torch.zeros(0, 4), "long name " * 20: torch.ones(3, dtype=torch.bfloat16)}
    write_shards(state, tmp_path, shard_mb)
    shards = sorted(tmp_path.glob("*.safetensors"))
    assert len(shards) == math.ceil(sum(value.nbytes for value in state.values()) / (shard_mb * 1e6))
    assert shards[-1].name == f"state-{len(shards):05d}-of-{len(shards):05d}.safetensors"
    assert max(path.stat().st_size for path in shards) <= shard_mb * 1e6
    restored = read_shards(tmp_path)
    assert same_kind(restored, state)
    assert all(torch.equal(restored[name], state[name]) for name in state)


def test_many_small_tensors_stay_below_the_size_with_their_header(tmp_path):
    state = {f'a "quoted" and tächerlich long name, number {number}': torch.ones(2) for number in range(300)}
    write_shards(state, tmp_path, 0.01)
    assert max(path.stat().st_size for path in tmp_path.glob("*.safetensors")) <= 10_000
    assert read_shards(tmp_path).keys() == state.keys()


@pytest.mark.parametrize("shard_mb", [0, -1, float("nan"), float("inf"), 0.001])
def test_sizes_that_hold_nothing(tmp_path, shard_mb):
    with pytest.raises(UsageError, match=r"shard_mb must be at least 0\.01, got"):
        write_shards({}, tmp_path, shard_mb)


@pytest.fixture
def shards(tmp_path):
    write_shards(some_state(), tmp_path, 0.02)
    return tmp_path


def refused(folder, match):
    with pytest.raises(JobError, match=match):
        read_shards(folder)


def test_a_flipped_bit_anywhere_is_found(shards):
    path = shards / "state-00002-of-00004.safetensors"
    whole = path.read_bytes()
    for place in (0, 8, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused(shards, r"state-00002-of-00004.safetensors: SHA-256 is .*; copy it again from its source")
    path.write_bytes(whole[:-1])
    refused(shards, "SHA-256 is")


def test_missing_files(shards):
    (shards / "state-00003-of-00004.safetensors").unlink()
    refused(shards, r"state-00003-of-00004.safetensors: cannot be read: No such file.*copy it again")
    (shards / INDEX).unlink()
    refused(shards, r"state.json: cannot be read")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index: index.update(format=2), "format must be 1, got 2"),
        (lambda index: index.pop("tensors"), "not a whole training state: 'tensors'; copy the folder again"),
        (lambda index: index.update(shards=[1, 2]), "shards must be numbered from 1 to 2"),
        (lambda index: index.update(shards={"../../etc/passwd": ""}), "shards must be numbered from 1 to 1"),
        (lambda index: index["tensors"].pop("g.bias"), "tensor g.bias#0 is in a shard, but not in the index"),
        (lambda index: index["tensors"].update(more=index["tensors"]["g.bias"]), "tensor more is missing"),
        (lambda index: index["tensors"]["g.bias"].update(shape=[65]), r"g.bias must be \(65,\) float32, got 64 of"),
        (lambda index: index["tensors"]["g.bias"].update(shape=[-64]), r"g.bias must be \(-64,\) float32"),
        (lambda index: index["tensors"]["g.bias"].update(shape="x"), "not a whole training state"),
        (lambda index: index["tensors"]["g.bias"].update(dtype="float16"), "must be .* float16, got 64 of float32"),
    ],
)
def test_wrong_indices(shards, change, message):
    index = json.loads((shards / INDEX).read_text())
    change(index)
    (shards / INDEX).write_text(json.dumps(index))
    refused(shards, message)


def test_shards_that_were_made_again_with_no_numbers_in_them(shards):
    path = shards / "state-00001-of-00004.safetensors"
    tensors = read_tensors(path)
    tensors["g.weight#0"][3] = float("nan")
    write_tensors(tensors, path)
    index = json.loads((shards / INDEX).read_text())
    index["shards"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (shards / INDEX).write_text(json.dumps(index))
    refused(shards, r"tensor g\.weight has values that are no finite numbers")


def trained(state, images):
    for step in training(state, Stripes()):
        if step.n_images >= images:
            return state
    return state


def apart(one, other):
    """Distance of two generators' parameters."""
    return sum((a - b).square().sum() for a, b in zip(one.g.parameters(), other.g.parameters(), strict=True)).sqrt()


def test_a_state_that_travelled_goes_on_like_one_resumed_in_full(tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.weights.compact.EXACT_BELOW", 2)  # the test's networks are small
    save_state(trained(TrainState.new(CONFIG), 48), tmp_path / "full", 0.0, "", {})
    full, _ = load_state(CONFIG, tmp_path / "full")
    (tmp_path / "compact").mkdir()
    write_shards(pack(full.tensors(), drop_first_moment=True), tmp_path / "compact", 0.05)
    packed = read_shards(tmp_path / "compact")
    travelled = TrainState.from_tensors(CONFIG, unpack(packed), full.n_images, full.stage)
    rounding = apart(full, travelled)
    norm = sum(value.square().sum() for value in full.g.parameters()).sqrt()
    assert 0 < rounding <= 2**-11 * norm
    ours, theirs = trained(full, 64), trained(travelled, 64)
    assert same_kind(theirs.tensors(), ours.tensors())
    assert rounding / 2 < apart(ours, theirs) < rounding * 1.2


def test_first_moments_are_worth_nothing_to_adam_without_beta1(tmp_path):
    state = trained(TrainState.new(CONFIG), 48)
    tensors = {name: value.clone() for name, value in state.tensors().items()}
    without = {name: torch.zeros_like(value) if name.endswith(".exp_avg") else value for name, value in tensors.items()}
    restored = TrainState.from_tensors(CONFIG, without, state.n_images, state.stage)
    ours, theirs = trained(state, 64).tensors(), trained(restored, 64).tensors()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if not name.endswith(".exp_avg"))


def test_the_model_of_128_pixels_travels_in_64_mb(tmp_path):
    config = replace(PRESETS["cpu-table"].config, stages=(Stage(32, 1), Stage(64, 1), Stage(128, 1)))
    with torch.device("meta"):
        g = Generator(config.generator_at(2), config.chart)
        d = config.discriminator.build(128, fades_in=True)
    named = {f"{name}.{key}": value for name in ("g", "g_ema") for key, value in g.state_dict().items()}
    named |= {f"d.{key}": value for key, value in d.state_dict().items()}
    for name, network in (("g", g), ("d", d)):
        for key, value in network.named_parameters():
            named |= {f"{name}_optimizer.{key}.{kind}": value for kind in ("exp_avg", "exp_avg_sq")}
            named[f"{name}_optimizer.{key}.step"] = torch.zeros(())
    noise = torch.rand(max(value.numel() for value in named.values()))
    state = {name: noise[: value.numel()].reshape(value.shape) for name, value in named.items()}
    write_shards(pack(state, drop_first_moment=True), tmp_path, 15)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    shutil.rmtree(tmp_path)
    values = 2 * sum(v.numel() for v in g.state_dict().values()) + sum(v.numel() for v in d.state_dict().values())
    moments = sum(v.numel() for network in (g, d) for v in network.parameters())
    assert 1 < sum(sizes) / (2 * (values + moments)) < 1.01
    assert len(sizes) == 4
    assert sum(sizes) < 64e6
    assert max(sizes) <= 15e6
