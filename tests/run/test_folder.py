import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from panogen.api import load
from panogen.base.errors import JobError, UsageError
from panogen.base.tensors import read_json
from panogen.data import Landscapes, open_source
from panogen.grids.view import View
from panogen.networks import TableConfig
from panogen.run import Run, RunConfig, Session, run_config, train
from panogen.run.snapshots import SAMPLES, WALK, Snapshots
from panogen.weights.checkpoint import (
    latest_checkpoint,
    load_model,
    save_model,
    start_names,
    start_tensors,
    write_latest,
)
from panogen.weights.shipped import DEFAULT_MODEL, model_folder
from tests.conftest import TINY, tiny_generator
from tests.run.helpers import CONFIGURED, SOURCE, log_often, new_mode, new_run
from tests.training.helpers import CONFIG


@pytest.fixture
def few_snapshots(monkeypatch):
    """Snapshots show few places."""
    log_often(monkeypatch)


def test_a_run_is_found_again(tmp_path):
    config = RunConfig("photos", CONFIG, "photos", 50.0, "landscapes")
    assert Run.begin(tmp_path / "run", config, SOURCE).config == config
    assert Run.open(tmp_path / "run").config == config
    assert read_json(tmp_path / "run" / "data.json") == {
        "description": SOURCE.description,
        "licence": "CC0-1.0",
        "count": 4,
        "skipped": {},
        "fingerprint": SOURCE.fingerprint(),
    }


def test_a_run_finds_its_folders_from_elsewhere(panorama_folder, model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").symlink_to(model_folder)
    source = open_source("~/panoramas")
    Run.begin("~/run", run_config("panoramas", source, CONFIG, start="~/model"), source)
    monkeypatch.chdir("/")
    found = Run.open("~/run").config
    assert (found.data, found.start) == (str(panorama_folder), str(model_folder.resolve()))
    Run.open("~/run").require_same_data(open_source(found.data))


def test_what_a_run_began_with_is_the_same_in_any_folder(few_snapshots, tmp_path, monkeypatch):
    """Though there lie a folder and a run that are called like the shipped model."""
    train(new_run(tmp_path / DEFAULT_MODEL), SOURCE, Session(minutes=0))
    expected = start_tensors(DEFAULT_MODEL)
    config = replace(CONFIGURED, data="panoramas", start=DEFAULT_MODEL)
    Run.begin(tmp_path / "run", config, SOURCE)
    (tmp_path / "panoramas").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Run.open("run").config == config
    assert start_names(DEFAULT_MODEL) == set()
    found = start_tensors(DEFAULT_MODEL)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_a_run_that_was_not_begun_whole_is_made_whole(tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("panogen.run.folder.write_text", stop)  # after the config
        with pytest.raises(KeyboardInterrupt):
            new_run(tmp_path / "run")
    run = Run.begin(tmp_path / "run", CONFIGURED, SOURCE, resume=True)
    run.require_same_data(SOURCE)


def test_with_resume_it_begins_or_goes_on_with_the_same(tmp_path):
    for _ in range(2):
        assert Run.begin(tmp_path / "run", CONFIGURED, SOURCE, resume=True).config == CONFIGURED
    other = replace(CONFIGURED, train=replace(CONFIGURED.train, seed=7))
    with pytest.raises(UsageError, match=r"run' is of another run: train\.seed was 0, not 7; ask for that one"):
        Run.begin(tmp_path / "run", other, SOURCE, resume=True)


def test_a_config_that_lacks_what_is_new_is_the_same(tmp_path, few_snapshots):
    run = new_run(tmp_path / "run")
    config = read_json(run.folder / "config.json")
    del config["train"]["generator"]["noise"]
    (run.folder / "config.json").write_text(json.dumps(config))
    train(Run.begin(run.folder, CONFIGURED, SOURCE, resume=True), SOURCE, Session(minutes=0))
    assert read_json(run.folder / "config.json") == config


def test_what_a_crash_has_left_is_dropped(tmp_path):
    run = new_run(tmp_path / "run")
    (run.checkpoints / ".000000250.0123abcd.part" / "model").mkdir(parents=True)
    (run.folder / "snapshots").mkdir()
    for name in (".latest.0123abcd.part", "snapshots/.000000250.png.0123abcd.part"):
        (run.folder / name).write_text("0")
    with run.work.opened(resume=True):
        assert not list(run.folder.rglob("*.part"))
        assert not list(run.checkpoints.iterdir())


def test_other_files_among_the_checkpoints_are_left_alone(tmp_path, few_snapshots):
    run = new_run(tmp_path / "run")
    for name in ("best", "old", "999"):
        (run.checkpoints / name).mkdir(parents=True)
    train(run, SOURCE, Session(checkpoint_images=16))
    assert {path.name for path in run.checkpoints.iterdir()} == {"best", "old", "999", "000000032", "000000048"}


def test_what_a_run_that_was_taken_back_had_beyond_is_dropped_when_it_has_trained(tmp_path, few_snapshots):
    def names(folder):
        return {path.stem for path in folder.iterdir()}

    def snapshots_of(*counts):
        return {f"{n_images:09d}{kind}" for n_images in counts for kind in (SAMPLES, WALK)}

    run = new_run(tmp_path / "run")
    train(run, SOURCE, Session(checkpoint_images=16))
    snapshots = run.snapshots.folder
    assert names(snapshots) == snapshots_of(16, 32, 48)
    write_latest(run.folder, run.checkpoints / "000000032")
    state, seconds = run.load("cpu")
    run.save(state, seconds, SOURCE)  # no step yet
    assert names(snapshots) == snapshots_of(16, 32, 48)
    assert names(run.checkpoints) == {"000000032", "000000048"}
    train(run, SOURCE, Session(minutes=0))
    assert names(snapshots) == snapshots_of(16, 32, 40)
    assert names(run.checkpoints) == {"000000032", "000000040"}
    assert latest_checkpoint(run.folder) == run.checkpoints / "000000040"


def test_no_checkpoint_without_its_snapshot(tmp_path, few_snapshots, monkeypatch):
    run = new_run(tmp_path / "run")
    with monkeypatch.context() as patch:

        def stop(*arguments):
            raise KeyboardInterrupt

        patch.setattr(Snapshots, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            train(run, SOURCE, Session(minutes=0))
    assert not list(run.checkpoints.iterdir())
    train(run, SOURCE, Session(minutes=0))
    assert run.snapshots.path(8).exists()


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    run = new_run(tmp_path / "run")
    state, _ = run.load("cpu")
    state.g.fourier.phases.data[0] = float("inf")
    with pytest.raises(FloatingPointError, match=r"tensor g\.fourier\.phases is no longer finite"):
        run.save(state, 0.0, SOURCE)
    assert not run.checkpoints.exists()


def test_a_folder_in_use_is_not_overwritten(tmp_path):
    new_run(tmp_path / "run")
    with pytest.raises(UsageError, match=r"run' has been begun: --resume goes on with it"):
        new_run(tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"folder must be new or empty, got .*file'; name another"):
        new_run(tmp_path / "file")
    with pytest.raises(JobError, match=r"file/run: cannot be written: Not a directory"):
        new_run(tmp_path / "file" / "run")


def test_no_run_to_resume(tmp_path):
    with pytest.raises(JobError, match=r"config.json: cannot be read"):
        Run.open(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"data": "procedural:landscapes"}))
    with pytest.raises(JobError, match=r"config.json: not a training run's config: RunConfig must have the fields"):
        Run.open(tmp_path)


def test_other_data_are_refused(tmp_path):
    run = new_run(tmp_path / "run")
    run.require_same_data(Landscapes(count=4))
    with pytest.raises(
        JobError,
        match=r"procedural:landscapes: not the pictures that .*run began with: 4 then, 3 now, fingerprint "
        r"[0-9a-f]{8} then, [0-9a-f]{8} now; bring those back, or let a new run begin with '.*run'",
    ):
        train(run, Landscapes(count=3))
    assert not run.checkpoints.exists()


def test_data_that_have_moved_are_remembered(tmp_path):
    run = new_run(tmp_path / "run")
    before = read_json(run.folder / "config.json")
    moved = replace(CONFIGURED, data="elsewhere")
    with pytest.raises(JobError, match=r"^elsewhere: not the pictures that .*run began with: 4 then, 3 now"):
        Run.begin(run.folder, moved, Landscapes(count=3), resume=True)
    assert read_json(run.folder / "config.json") == before
    assert Run.begin(run.folder, moved, SOURCE, resume=True).config == moved
    assert read_json(run.folder / "config.json") == {**before, "data": "elsewhere"}
    assert Run.begin(run.folder, moved, SOURCE, resume=True).config == moved


def test_whole_bands_need_panoramas(tmp_path):
    class Half(Landscapes):
        def extent_rad(self, index):
            return 3.0

    config = replace(CONFIGURED, train=replace(CONFIG, global_weight=1.0))
    with pytest.raises(UsageError, match=r"global_weight needs panoramas, got procedural landscapes.*; leave it out"):
        Run.begin(tmp_path / "run", config, Half(count=4))
    assert not (tmp_path / "run").exists()
    assert config.suited(SOURCE) is SOURCE


def test_a_reason_for_each_of_many_pictures(tmp_path):
    source = Landscapes(count=4)
    source.skipped = {f"{k}.jpg": "fills the chart's band for 50.0 degrees" for k in range(30_000)}
    run = Run.begin(tmp_path / "run", CONFIGURED, source)
    assert len(run.data_at_start()["skipped"]) == 30_000
    run.require_same_data(source)


def test_it_begins_with_a_model(model_folder, tmp_path):
    config = RunConfig(CONFIGURED.data, CONFIG, start=str(model_folder))
    state, seconds = new_run(tmp_path / "run", config).load("cpu")
    assert seconds == 0
    assert TINY.encoding(TableConfig).rows == CONFIG.stages[0].resolution  # so nothing is resampled
    for name, value in tiny_generator().state_dict().items():
        assert torch.equal(state.g.state_dict()[name], value)
        assert torch.equal(state.g_ema.state_dict()[name], value)


@pytest.mark.parametrize("mode", ["two discriminators", "octaves"])
def test_it_begins_with_all_that_a_run_knows(tmp_path, few_snapshots, mode):
    first = new_mode(tmp_path / "first", mode)
    train(first, SOURCE, Session(minutes=0))
    before, _ = first.load("cpu")
    config = RunConfig(CONFIGURED.data, first.config.train, start=str(first.folder))
    state, _ = new_run(tmp_path / "second", config).load("cpu")
    assert (state.n_images, state.stage) == (0, 0)
    expected, found = before.tensors(), state.tensors()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_it_begins_with_the_mean_of_two_and_the_rest_of_the_first(tmp_path, few_snapshots):
    first = new_mode(tmp_path / "first", "octaves")
    train(first, SOURCE, Session(minutes=0))
    ones = load_model(model_folder(str(first.folder)))
    for values in ones.generator.state_dict().values():
        values.fill_(1)
    save_model(ones, tmp_path / "ones")
    config = RunConfig(CONFIGURED.data, first.config.train, start=str(first.folder), mean_with=str(tmp_path / "ones"))
    state, _ = new_run(tmp_path / "third", config).load("cpu")
    known, found = first.load("cpu")[0].tensors(), state.tensors()
    assert found.keys() == known.keys()
    for name, value in known.items():
        network, _, rest = name.partition(".")
        expected = (known[f"g_ema.{rest}"] + 1) / 2 if network in ("g", "g_ema") else value
        torch.testing.assert_close(found[name], expected)


def test_a_model_of_another_shape_is_refused(tmp_path):
    config = RunConfig(CONFIGURED.data, CONFIG, start="landscapes")
    with pytest.raises(JobError, match=r"landscapes: not a model of this run's shape: "):
        new_run(tmp_path / "run", config).load("cpu")


def test_the_last_snapshot_shows_the_last_model(tmp_path):
    run = new_run(tmp_path / "run")
    state = train(run, SOURCE, Session(checkpoint_images=32))
    assert {path.name for path in (run.folder / "snapshots").iterdir()} == {
        f"{n:09d}{kind}.png" for n in (32, 48) for kind in ("", "-walk")
    }
    width = CONFIG.chart.natural_width(32)
    with Image.open(run.snapshots.path(state.n_images, WALK)) as walk:
        assert walk.width == width
        assert walk.height >= 6 * 32
    assert load(run.folder).render(0, View(width=width)).shape == (32, width, 3)
