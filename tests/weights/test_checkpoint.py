import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from panogen.base.errors import JobError
from panogen.base.records import to_json
from panogen.geometry import Cylinder
from panogen.networks import FourierConfig, TableConfig
from panogen.training import TrainConfig, TrainState, training
from panogen.weights.checkpoint import (
    Model,
    checkpoint_tensors,
    latest_checkpoint,
    load_model,
    load_state,
    save_model,
    save_state,
    write_latest,
)
from panogen.weights.shipped import shipped_models
from tests.conftest import FLAT, NARROWING, OCTAVES, PARTIAL, tiny_generator
from tests.training.helpers import CONFIG, Stripes, config_of


def weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def refused(folder: Path, match: str) -> None:
    with pytest.raises(JobError, match=match):
        load_model(folder)


def test_round_trip(tmp_path):
    generator = tiny_generator("residual")
    save_model(Model(generator, Cylinder(80, "central"), {"licence": "MIT"}, "# Card\n"), tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    assert loaded.chart == Cylinder(80, "central")
    assert loaded.about == {"licence": "MIT"}
    assert loaded.generator.config == generator.config
    for name, value in generator.state_dict().items():
        assert torch.equal(loaded.generator.state_dict()[name], value)
    assert (tmp_path / "m" / "README.md").read_text() == "# Card\n"


def test_round_trip_on_a_plane(tmp_path):
    generator = tiny_generator("residual", chart=FLAT, **NARROWING)
    save_model(Model(generator, FLAT), tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    assert loaded.chart == FLAT
    assert loaded.generator.config == generator.config
    assert loaded.fingerprint == Model(generator, FLAT).fingerprint


@pytest.mark.parametrize("changes", [OCTAVES, *PARTIAL.values()], ids=["octaves", *PARTIAL])
def test_round_trip_of_a_network_with_other_features(tmp_path, changes):
    generator = tiny_generator(**changes)
    save_model(Model(generator, Cylinder()), tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    assert loaded.generator.config == generator.config
    assert loaded.fingerprint == Model(generator, Cylinder()).fingerprint
    path = tmp_path / "m" / "config.json"
    config = json.loads(path.read_text())
    config["generator"]["encodings"] = to_json(tiny_generator().config)["encodings"]
    path.write_text(json.dumps(config))
    refused(tmp_path / "m", "does not belong to its config.json")


def of_0_5_0(generator):
    """A generator's config as 0.5.0 wrote it."""
    fields = {name: value for name, value in generator.items() if name != "encodings"}
    prefixes = {"fourier": "fourier_", "embedding": "embedding_"}
    for kind, defaults in (("fourier", FourierConfig()), ("embedding", TableConfig())):
        found = next((one for one in generator["encodings"] if one["kind"] == kind), None)
        own = found or {**to_json(defaults), "channels": 0}
        fields |= {prefixes[kind] + name: own[name] for name in own if name not in ("kind", "upright", "fading")}
    return fields


class TestOlderModels:
    @pytest.mark.parametrize("name", ["both", "no-embedding", "no-fourier"])
    def test_encodings_were_fields_of_the_generator(self, tmp_path, name):
        generator = tiny_generator(**PARTIAL.get(name, {}))
        save_model(Model(generator, Cylinder()), tmp_path / "m")
        path = tmp_path / "m" / "config.json"
        config = json.loads(path.read_text())
        config["generator"] = of_0_5_0(config["generator"])
        assert {"fourier_channels", "fourier_scale", "embedding_rows"} < config["generator"].keys()
        path.write_text(json.dumps(config))
        tensors = load_file(weights(tmp_path / "m"))
        if name == "no-embedding":  # what has no channels was written, too
            tensors["embedding.table"] = torch.zeros(8, 32, 0)
        elif name == "no-fourier":
            tensors |= {"fourier.frequencies": torch.zeros(0, 3), "fourier.phases": torch.zeros(0)}
        save_file(tensors, weights(tmp_path / "m"))
        loaded = load_model(tmp_path / "m")
        assert loaded.generator.config == generator.config
        assert loaded.fingerprint == Model(generator, Cylinder()).fingerprint

    def test_charts_had_no_kind_and_layers_no_widths_of_their_own(self, model_folder):
        path = model_folder / "config.json"
        config = json.loads(path.read_text())
        assert config["chart"].pop("kind") == "cylinder"
        del config["generator"]["pair_widths"], config["generator"]["noise"]
        path.write_text(json.dumps(config))
        loaded = load_model(model_folder)
        assert loaded.chart == Cylinder()
        assert loaded.generator.config == tiny_generator().config

    def test_what_0_5_0_could_not_read_is_refused(self, model_folder):
        path = model_folder / "config.json"
        config = json.loads(path.read_text())
        config["generator"] = of_0_5_0(config["generator"])
        for change, message in (
            ({"fourier_colour": 3}, "FourierConfig must have the fields"),
            ({"fourier_channels": "10"}, "FourierConfig.channels must be of type int, got '10'"),
            ({"embedding_rows": 2}, "at least 4 x 4 cells"),
            ({"fourier_channels": 0, "embedding_channels": 0}, "nothing would tell where a point is"),
        ):
            path.write_text(json.dumps({**config, "generator": {**config["generator"], **change}}))
            refused(model_folder, message)

    def test_shipped_models_know_what_their_configs_say(self):
        for folder in shipped_models().values():
            written = json.loads((folder / "config.json").read_text())["generator"]
            config = load_model(folder).generator.config
            if "encodings" in written:
                assert to_json(config) == written
                continue
            fourier, table = config.encodings
            assert fourier == FourierConfig(written["fourier_channels"], written["fourier_scale"])
            assert table == TableConfig(*(written[f"embedding_{name}"] for name in ("channels", "rows", "columns")))


def test_truncated_weights(model_folder):
    data = weights(model_folder).read_bytes()
    for size in (0, 4, 100, len(data) // 2, len(data) - 1):
        weights(model_folder).write_bytes(data[:size])
        refused(model_folder, r"model.safetensors: (not a safetensors file|broken or cut short)")


def test_a_renamed_pickle_is_not_executed(model_folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "executed",)

    weights(model_folder).write_bytes(pickle.dumps(Bomb()))
    refused(model_folder, "not a safetensors file; pickled weights are not read")
    torch.save({"a": torch.zeros(3)}, weights(model_folder))
    refused(model_folder, "not a safetensors file")
    assert not (tmp_path / "executed").exists()


def test_a_huge_header(model_folder):
    weights(model_folder).write_bytes((2**40).to_bytes(8, "little") + b"{}")
    refused(model_folder, "not a safetensors file")


def test_missing_foreign_and_misshapen_tensors(model_folder):
    tensors = load_file(weights(model_folder))
    name = "fourier.phases"
    for changed, message in (
        ({key: value for key, value in tensors.items() if key != name}, f"tensor {name} is missing"),
        ({**tensors, "extra": torch.zeros(1)}, "tensor extra is not of this network"),
        ({**tensors, name: torch.zeros(3)}, rf"tensor {name} must be \(10,\) torch.float32, got \(3,\)"),
        ({**tensors, name: torch.zeros(10, dtype=torch.float64)}, "got .* torch.float64"),
        ({**tensors, name: torch.full((10,), float("nan"))}, f"tensor {name} has values that are no finite numbers"),
        ({**tensors, name: torch.full((10,), float("inf"))}, f"tensor {name} has values that are no finite numbers"),
    ):
        save_file(changed, weights(model_folder))
        refused(model_folder, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=2), "format must be 1, got 2"),
        (lambda c: c.pop("chart"), "not a panogen model's config: 'chart'"),
        (lambda c: c["generator"].update(depth="7"), "GeneratorConfig.depth must be of type int, got '7'"),
        (lambda c: c["generator"].update(depth=True), "GeneratorConfig.depth must be of type int, got True"),
        (lambda c: c["generator"].update(depth=6), "depth must be odd"),
        (lambda c: c["generator"].update(width=10**6), "must be .* got .* does not belong to its config.json"),
        (lambda c: c["generator"].update(width=10**30), "not a panogen model's config"),
        (lambda c: c["generator"]["encodings"][0].update(scale=10**400), "not a panogen model's config"),
        (lambda c: c["generator"]["encodings"][0].update(channels=0), "fourier channels must be above 0, got 0"),
        (lambda c: c["generator"]["encodings"][1].pop("rows"), "TableConfig must have the fields"),
        (lambda c: c["generator"]["encodings"][0].pop("kind"), "kind of EncodingConfig must be one of .*, got None"),
        (lambda c: c["generator"].update(encodings="both"), "GeneratorConfig.encodings must be a list, got 'both'"),
        (lambda c: c["generator"].update(encodings=[]), "encodings must be some of fourier, .*, got none"),
        (lambda c: c.update(about="x"), "about must be a JSON object, got 'x'"),
        (lambda c: c["generator"].update(colour=1), "GeneratorConfig must have the fields"),
        (lambda c: c["chart"].update(vertical_fov_deg=-1.0), "vertical_fov_deg must be in"),
        (lambda c: c.update(chart=[]), "Chart must be a JSON object, got list"),
        (lambda c: c["chart"].update(kind="cone"), "kind of Chart must be one of cylinder, sphere, plane, got 'cone'"),
        (lambda c: c["chart"].update(kind=[]), "not a panogen model's config"),
        (lambda c: c["chart"].update(kind="plane"), r"Plane must have the fields \['edge'\], got"),
        (lambda c: c["generator"].update(pair_widths=[16, "8"]), "pair_widths must be of type int, got '8'"),
        (lambda c: c["generator"].update(width=32), "must be .* got .* does not belong to its config.json"),
    ],
)
def test_wrong_configs(model_folder, change, message):
    path = model_folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))
    refused(model_folder, message)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "[" * 100_000, "x" * 1_000_001])
def test_configs_that_are_no_json_object(model_folder, text):
    (model_folder / "config.json").write_text(text)
    refused(model_folder, r"config.json: (not JSON|must hold a JSON object|1000001 bytes is too large)")


def test_missing_files(model_folder, tmp_path):
    weights(model_folder).unlink()
    refused(model_folder, "model.safetensors: cannot be read: No such file")
    refused(tmp_path, "config.json: cannot be read: No such file")


def test_state_round_trip(tmp_path):
    state = TrainState.new(CONFIG)
    save_state(state, tmp_path / "000", 12.5, "# Card\n", {})
    loaded, seconds = load_state(CONFIG, tmp_path / "000")
    assert seconds == 12.5
    ours, theirs = state.tensors(), loaded.tensors()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert load_model(tmp_path / "000" / "model").generator.config == state.g_ema.config


def test_a_checkpoint_of_another_run(tmp_path):
    save_state(TrainState.new(CONFIG), tmp_path / "000", 0.0, "", {})
    with pytest.raises(
        JobError, match=r"000: not a checkpoint of this run: Error\(s\) in loading state_dict for Generator:$"
    ):
        load_state(TrainConfig(), tmp_path / "000")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_images": "x"}, "must be of type int, got 'x'"),
        ({"stage": -1}, "must not be negative"),
        ({"stage": 7}, "out of range"),
    ],
)
def test_wrong_counters(tmp_path, change, message):
    save_state(TrainState.new(CONFIG), tmp_path / "000", 0.0, "", {})
    path = tmp_path / "000" / "training.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(JobError, match=message):
        load_state(CONFIG, tmp_path / "000")


def test_a_checkpoint_without_a_moment_is_refused(tmp_path):
    state = TrainState.new(CONFIG)
    for _ in training(state, Stripes()):
        break
    save_state(state, tmp_path / "000", 0.0, "", {})
    path = tmp_path / "000" / "training.safetensors"
    tensors = load_file(path)
    del tensors["g_optimizer.fourier.phases.exp_avg_sq"]
    save_file(tensors, path)
    with pytest.raises(JobError, match="not a checkpoint of this run"):
        load_state(CONFIG, tmp_path / "000")


@pytest.mark.parametrize("mode", ["plain", "ada", "two discriminators", "octaves", *PARTIAL])
def test_a_state_that_has_trained_round_trips(tmp_path, mode):
    config = config_of(mode)
    state = TrainState.new(config)
    for _ in training(state, Stripes()):
        break
    save_state(state, tmp_path / "000", 1.5, "", {})
    loaded, seconds = load_state(config, tmp_path / "000")
    assert (loaded.n_images, loaded.augmentation, loaded.real_sign, seconds) == (
        state.n_images, state.augmentation, state.real_sign, 1.5,
    )  # fmt: skip
    for found in (loaded.tensors(), checkpoint_tensors(tmp_path / "000" / "training.safetensors", tmp_path / "000")):
        assert found.keys() == state.tensors().keys()
        assert all(torch.equal(found[key], value) for key, value in state.tensors().items())


def test_what_0_5_0_packed_is_refused(tmp_path):
    save_state(TrainState.new(CONFIG), tmp_path / "000", 0.0, "", {})
    for path in ("training.safetensors", "model/model.safetensors"):
        (tmp_path / "000" / path).unlink()
    (tmp_path / "000" / "state.json").write_text("{}")
    told = r"000: was packed by --state-shard-mb of panogen 0\.5, which this one does not read; go on with its run"
    with pytest.raises(JobError, match=told):
        load_state(CONFIG, tmp_path / "000")
    refused(tmp_path / "000" / "model", told)


def test_a_state_of_one_discriminator_is_none_of_two(tmp_path):
    save_state(TrainState.new(CONFIG), tmp_path / "000", 0.0, "", {})
    with pytest.raises(JobError, match="000: not a checkpoint of this run"):
        load_state(config_of("two discriminators"), tmp_path / "000")
    save_state(TrainState.new(config_of("two discriminators")), tmp_path / "001", 0.0, "", {})
    with pytest.raises(JobError, match="001: not a checkpoint of this run: 'tensor band_d"):
        load_state(CONFIG, tmp_path / "001")


def test_latest(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    (tmp_path / "file").write_text("")
    assert latest_checkpoint(tmp_path / "file") is None
    (tmp_path / "latest").write_bytes(b"\xff\xfe")
    with pytest.raises(JobError, match="latest: cannot be read"):
        latest_checkpoint(tmp_path)
    write_latest(tmp_path, tmp_path / "checkpoints" / "000000008")
    assert latest_checkpoint(tmp_path) == tmp_path / "checkpoints" / "000000008"


def test_a_run_without_a_checkpoint_says_so(tmp_path):
    (tmp_path / "config.json").write_text('{"data": "procedural:landscapes", "train": {}}')
    refused(tmp_path, "a training run that has no checkpoint yet; wait for its first one")
