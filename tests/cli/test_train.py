import json

import pytest

from panogen.cli.train import parts_in_flight, require_parts
from panogen.errors import UsageError
from panogen.training import Ranks, TrainConfig

SMALL = (
    "--stages", "8:16,16:16", "--batch", "8", "--microbatch", "4", "--width", "16", "--depth", "3", "--threads", "1",
)  # fmt: skip


def test_trains_and_its_model_renders(panogen, tmp_path):
    run = tmp_path / "run"
    result = panogen("train", run, *SMALL, "--seed", 3)
    assert result.exit_code == 0
    assert f"{run}: 32 of 32 images seen; show it with panogen render --model {run}" in result.stderr
    assert json.loads((run / "config.json").read_text())["train"]["seed"] == 3
    result = panogen("render", "--model", run, "--width", 64, "--quiet", tmp_path / "out.png")
    assert result.exit_code == 0
    assert result.output == ""


def test_trains_on_a_folder(panogen, panorama_folder, tmp_path):
    assert panogen("train", tmp_path / "run", "--data", panorama_folder, *SMALL, "--quiet").exit_code == 0
    config = json.loads((tmp_path / "run" / "checkpoints" / "000000032" / "model" / "config.json").read_text())
    assert config["about"]["trained_on"] == (
        "2 panoramas of the folder panoramas (taken for panoramas by their shapes)"
    )


def test_stops_after_minutes_and_goes_on(panogen, tmp_path):
    assert panogen("train", tmp_path / "run", *SMALL, "--minutes", 0, "--quiet").exit_code == 0
    assert (tmp_path / "run" / "latest").read_text() == "000000008\n"
    assert panogen("train", tmp_path / "run", "--resume", "--threads", 1, "--quiet").exit_code == 0
    assert (tmp_path / "run" / "latest").read_text() == "000000032\n"


def test_a_dry_run_prints_the_recipe(panogen, tmp_path):
    result = panogen("train", tmp_path / "run", *SMALL, "--dry-run")
    assert json.loads(result.stdout)["train"]["generator"]["width"] == 16
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stages", "32"), "stages must be RESOLUTION:IMAGES,... like 32:60000,64:100000, got '32'"),
        (("--stages", "24:100"), "crop resolution must be a power of two, at least 8, got 24"),
        (("--stages", "32:10,16:10"), "stages must grow in resolution, got [32, 16]"),
        (("--batch", "1"), "batch must be at least 2, got 1"),
        (("--depth", "4"), "depth must be odd and at least 3"),
        (("--learning-rate", "nan"), "learning_rate must be above 0, got nan"),
        (("--r1-gamma", "-1"), "r1_gamma must be at least 0, got -1.0"),
        (("--seed", "-1"), "seed must be at least 0, got -1"),
        (("--minutes", "nan"), "minutes must be at least 0, got nan"),
        (("--vertical-fov", "200"), "vertical_fov_deg must be in (0, 180), got 200.0"),
        (("--stages", "32:" + 5000 * "9"), "stages must be RESOLUTION:IMAGES"),
        (("--threads", "0"), "threads must be at least 1, got 0"),
        (("--checkpoint-images", "0"), "checkpoint_images must be at least 1, got 0"),
        (("--data", "nowhere"), "data 'nowhere' is no folder"),
        (("--head", "three"), "'three' is not one of 'skip', 'residual'"),
    ],
)
def test_bad_usage_is_one_sentence(panogen, tmp_path, arguments, message):
    result = panogen("train", tmp_path / "run", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_keeps_its_recipe(panogen, tmp_path):
    panogen("train", tmp_path / "run", *SMALL, "--minutes", 0, "--quiet")
    result = panogen("train", tmp_path / "run", "--resume", "--batch", 16)
    assert result.exit_code == 2
    assert "--batch 16 cannot change a run that is resumed" in result.stderr
    result = panogen("train", tmp_path / "run", *SMALL)
    assert result.exit_code == 2
    assert "add --resume to go on with the run in it" in result.stderr


def test_no_run_to_resume(panogen, tmp_path):
    result = panogen("train", tmp_path, "--resume")
    assert result.exit_code == 1
    assert "config.json: cannot be read" in result.stderr


def test_every_process_needs_a_part_of_the_batch():
    config = TrainConfig(batch=16, microbatch=8)
    require_parts(config, Ranks(1, 2))
    with pytest.raises(UsageError, match="each of 4 processes a part of the batch of 16, got 8, which makes 2"):
        require_parts(config, Ranks(0, 4))


def test_a_gpu_takes_one_part_at_a_time():
    assert parts_in_flight("cuda:0", Ranks()) == 1
    assert parts_in_flight("cpu", Ranks(0, 10_000)) == 1
