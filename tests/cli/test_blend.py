import numpy as np
import pytest
from PIL import Image

from panogen import api
from panogen.base.records import from_json
from panogen.grids.view import View
from panogen.latents import Around
from panogen.pictures.formats import read_request
from panogen.places import Blend, Mix, Place, Seed
from tests.cli.helpers import resolved


@pytest.fixture
def blend(panogen, model_folder):
    return lambda *arguments: panogen("blend", "--model", model_folder, "--width", 64, *arguments)


def read(path):
    with Image.open(path) as image:
        return np.asarray(image).astype(int), read_request(path)


def test_each_place_is_pure_around_its_azimuth(blend, model_folder, tmp_path):
    out = tmp_path / "out.png"
    assert blend("--seed", 4, "--seed", 9, out).exit_code == 0
    picture, made = read(out)
    assert from_json(Place, made["place"]) == Blend((Seed(4), Seed(9)), Around((0.0, 180.0), 0.75, "even"))
    tiny = api.load(model_folder)
    ahead, behind = (tiny.render(seed, View(width=64)).astype(int) for seed in (4, 9))
    assert np.abs(picture - ahead)[:, 28:36].max() <= 1  # within 22.5 degrees of azimuth 0
    assert np.abs(picture - behind)[:, np.r_[:4, 60:64]].max() <= 1
    assert np.abs(ahead - behind).mean() > 2


def test_options_reach_the_picture(blend, model_folder, tmp_path):
    out = tmp_path / "out.png"
    options = ("--at", "-90,90", "--softness", 1, "--kernel", "cosine", "--yaw", 30, "--truncation", 0.7)
    assert blend("--seed", 4, "--seed", 9, *options, out).exit_code == 0
    tiny = api.load(model_folder)
    place = Blend((Seed(4), Seed(9)), Around((-90, 90), 1.0, "cosine"))
    np.testing.assert_array_equal(read(out)[0], tiny.render(place, View(width=64, yaw_deg=30.0, truncation=0.7)))


def test_one_places_sky_over_the_others_ground(blend, model_folder, tmp_path):
    out = tmp_path / "out.png"
    assert blend("--seed", 4, "--seed", 9, "--heights", "20,-20", "--softness", 0.2, out).exit_code == 0
    tiny = api.load(model_folder)
    picture = read(out)[0]
    assert np.abs(picture - tiny.render(4, View(width=64)))[:6].max() <= 1
    assert np.abs(picture - tiny.render(9, View(width=64)))[10:].max() <= 1


def test_a_mask_says_where(blend, model_folder, tmp_path):
    mask, out = tmp_path / "mask.png", tmp_path / "out.png"
    pixels = np.zeros((16, 64), np.uint8)
    pixels[4:9, 10:30] = 255
    Image.fromarray(pixels).save(mask)
    assert blend("--seed", 4, "--seed", 9, "--mask", mask, out).exit_code == 0
    tiny = api.load(model_folder)
    picture, made = read(out)
    assert made["place"]["over"]["path"] == str(mask)
    for seed, where in ((9, pixels > 0), (4, pixels == 0)):
        assert np.abs(picture - tiny.render(seed, View(width=64)))[where].max() <= 1


def test_a_blend_in_some_layers(blend, model_folder, tmp_path):
    out = tmp_path / "out.png"
    assert blend("--seed", 4, "--seed", 9, "--layers", "0-1", out).exit_code == 0
    tiny = api.load(model_folder)
    behind = tiny.render(Mix(Seed(9), Seed(4), 2), View(width=64)).astype(int)  # layers 0 and 1 of 9, the others of 4
    assert np.abs(read(out)[0] - behind)[:, :4].max() <= 1


def test_latents_follow_the_seeds(blend, panogen, model_folder, tmp_path):
    latent, out = tmp_path / "nine.safetensors", tmp_path / "out.png"
    assert panogen("latents", "average", "--model", model_folder, "--seed", 9, latent).exit_code == 0
    assert blend("--seed", 4, "--latent", latent, out).exit_code == 0
    tiny = api.load(model_folder)
    np.testing.assert_array_equal(read(out)[0], tiny.render(Blend((Seed(4), Seed(9))), View(width=64)))


def test_seeds_may_be_listed(blend, tmp_path):
    assert blend("--seeds", "4,9", tmp_path / "one.png").exit_code == 0
    assert blend("--seed", 4, "--seed", 9, tmp_path / "two.png").exit_code == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", 4), "needs at least two of --seed and --latent, got 1"),
        (
            ("--seed", 4, "--seed", 9, "--kernel", "cubic"),
            "'cubic' is not one of 'even', 'linear', 'smoothstep', 'cosine', 'hard'",
        ),
        (
            ("--seed", 4, "--seed", 9, "--at", "10,370"),
            "azimuths must differ, got 10 and 370 degrees, which are one place",
        ),
        (("--seed", 4, "--seed", 9, "--at", "10"), "--at must have a place for each of the 2 latents, got 1"),
        (("--seed", 4, "--seed", 9, "--at", "10,left"), "must be numbers like 0,180, got '10,left'"),
        (
            ("--seed", 4, "--seed", 9, "--at", "0,9", "--heights", "0,9"),
            "one of --at, --heights and --mask, got --at and",
        ),
        (("--seed", 4, "--seed", 9, "--mask", "none.png"), "'--mask': Path 'none.png' does not exist"),
        (("--seed", 4, "--seed", 9, "--mask", __file__), "test_blend.py' cannot be used:"),
        (("--seed", 4, "--seed", 9, "--mask", __file__, "--softness", "1"), "a mask says how soft it is itself"),
        (("--seed", 4, "--seed", 9, "--kernel", "hard", "--softness", "0.5"), "got --softness 0.5, too; leave one"),
        (
            ("--seed", 4, "--seed", 9, "--heights=-6,6", "--kernel", "even"),
            "--kernel with --heights must be one of linear, smoothstep, cosine, hard, got even",
        ),
        (("--seed", 4, "--seed", 9, "--softness", "2"), "softness must be in [0, 1], got 2"),
        (("--seed", 4, "--seed", 9, "--layers", "3-9"), "layers must be like 2-5, from 0 to 4, got 3-9"),
        (("--seed", 4, "--seed", -1), "seed must be in"),
    ],
)
def test_impossible_requests_are_one_sentence(blend, tmp_path, options, message):
    result = blend(*options, tmp_path / "out.png")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_dry_run_says_what_it_would_do(blend, tmp_path):
    request = resolved(blend("--seed", 4, "--seed", 9, "--dry-run", tmp_path / "out.png"), tmp_path / "out.png")
    assert request["place"]["over"] == {
        "kind": "around", "at_deg": [0, 180], "softness": 0.75, "kernel": "even"
    }  # fmt: skip
    assert not (tmp_path / "out.png").exists()
