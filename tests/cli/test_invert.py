import numpy as np
import pytest
from PIL import Image

from tests.apps.inversion.helpers import save_noise
from tests.cli.helpers import resolved


@pytest.fixture
def invert(panogen, model_folder, monkeypatch):
    monkeypatch.setattr("panogen.apps.inversion.job.COMPARISON_SIDE", 36)
    return lambda *arguments: panogen("invert", "--model", model_folder, *arguments)


@pytest.fixture
def photo(tmp_path):
    return save_noise(tmp_path / "photo.png")


def test_the_latent_takes_the_place_of_a_seed(invert, panogen, model_folder, photo, tmp_path):
    result = invert(photo, tmp_path / "out", "--fov", 80, "--yaw", 90, "--steps", 30)
    assert result.exit_code == 0
    assert "spatial" in result.stderr
    assert result.stdout == ""
    latent = tmp_path / "out" / "latent.safetensors"
    view = ("--projection", "perspective", "--fov", 80, "--yaw", 90, "--width", 9, "--height", 7)
    rendered = panogen("render", "--model", model_folder, "--latent", latent, *view, tmp_path / "seen.png")
    assert rendered.exit_code == 0
    seen = np.asarray(Image.open(tmp_path / "seen.png"), float)
    wanted = np.asarray(Image.open(photo).resize((9, 7), Image.Resampling.BOX), float)
    noise = np.asarray(Image.open(save_noise(tmp_path / "other.png", seed=1)).resize((9, 7), Image.Resampling.BOX))
    assert np.abs(seen - wanted).mean() < np.abs(seen - noise).mean() / 1.5
    assert panogen("render", "--latent", latent, tmp_path / "no.png").exit_code == 2  # of another model


def test_quiet_and_dry(invert, photo, tmp_path):
    dry = invert(photo, tmp_path / "out", "--fov", 80, "--dry-run")
    request = resolved(dry, tmp_path / "out")
    assert (request["photo"], request["until"], request["pixels"]) == ("photo.png", "spatial", [20, 15])
    assert not (tmp_path / "out").exists()
    result = invert(photo, tmp_path / "out", "--fov", 80, "--steps", 1, "--until", "w", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("missing.png out --fov 75", "'PHOTO': Path '{0}/missing.png' does not exist"),
        ("broken.png out --fov 75", "cannot be used: not a picture that can be read; give the file of a photo"),
        ("photo.png out", "does not say its field of view; give --fov, the degrees along its longer side"),
        ("photo.png out --fov 0", "--fov must be in (0, 180), got 0; a phone's main camera has about 70"),
        ("photo.png out --fov 180", "--fov must be in (0, 180), got 180"),
        ("photo.png out --fov nan", "--fov must be in (0, 180), got nan"),
        ("photo.png out --fov 75 --pitch 91", "--pitch must be in [-90, 90], got 91"),
        ("photo.png out --fov 75 --yaw inf", "--yaw must be a finite number of degrees, got inf"),
        ("photo.png out --fov 30 --pitch 90", "that the model knows, got --yaw 0 and --pitch 90; turn the camera"),
        ("photo.png out --fov 75 --mask square.png", "must have the shape of the photo, 24 x 18 pixels, got 10 x 10"),
        ("photo.png out --fov 75 --mask black.png", "counts: the mask must leave some white within the 90 degrees"),
        ("photo.png out --fov 75 --mask broken.png", "mask '{0}/broken.png' cannot be used"),
        ("photo.png full --fov 75", "folder must be new or empty, got '{0}/full'; name another"),
        ("photo.png photo.png --fov 75", "folder must be new or empty, got '{0}/photo.png'; name another"),
        ("photo.png full --fov 75 --resume", "folder must be new or empty, got '{0}/full'; name another"),
        ("photo.png out --fov 75 --steps 0", "steps must be at least 1, got 0"),
        ("photo.png out --fov 75 --seed -1", "seed must be in [0, 4294967295], got -1"),
        ("photo.png out --fov 75 --until z", "'z' is not one of 'w', 'w+', 'spatial'"),
    ],
)
def test_bad_requests(invert, photo, tmp_path, arguments, message):
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    Image.new("L", (10, 10), 255).save(tmp_path / "square.png")
    Image.new("L", (24, 18)).save(tmp_path / "black.png")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    first, second, *options = arguments.split()
    options = [tmp_path / option if option.endswith(".png") else option for option in options]
    result = invert(tmp_path / first, tmp_path / second, *options)
    assert result.exit_code == 2
    assert message.format(tmp_path) in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()
