"""Options that several commands share."""

import json

import pytest

from panogen import api
from panogen.places import Average, Saved, Seed
from tests.apps.inversion.helpers import save_noise
from tests.cli.helpers import resolved

COMMANDS = {
    "render": "render --seed 4 --layout {layout} {out}.png",
    "render several": "render --seeds 4,9 --layout {layout} --outdir {here}",
    "render a turn": "render --seed 4 --yaw-sweep 2 --layout {layout} --outdir {here}",
    "blend": "blend --seed 4 --seed 9 --layout {layout} {out}.png",
    "edit": "edit --seed 4 --direction 0 --layout {layout} {out}.png",
    "edit on one side": "edit --seed 4 --direction 0 --at 90 --layout {layout} {out}.png",
    "foveate": "foveate --seed 4 --layout {layout} {out}.png",
    "walk": "walk --seeds 4,9 --layout {layout} {out}",
    "export": "export --seed 4 --layout {layout} {out}",
    "invert": "invert --layout {layout} --fov 80 {here}/photo.png {out}",
}
OTHERS = {
    "latents average": "latents average --seed 4 --layout {layout} {out}.safetensors",
    "view": "view --seed 4 --layout {layout}",
}


@pytest.fixture
def run(panogen, model_folder, tmp_path):
    save_noise(tmp_path / "photo.png")

    def run(line, layout, *more):
        words = line.format(layout=layout, out=tmp_path / "out", here=tmp_path).split()
        position = 2 if words[0] == "latents" else 1
        return panogen(*words[:position], "--model", model_folder, *words[position:], *more)

    return run


def places(value):
    """All that says of a seed or of a photo how it is laid out."""
    if isinstance(value, dict):
        if "seed" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from places(part)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_layout_is_part_of_the_request(run, name):
    result = run(COMMANDS[name], 7, "--dry-run")
    assert result.exit_code == 0
    found = list(places(json.loads(result.stdout)))
    assert found
    assert {place["layout"] for place in found} == {7}


@pytest.mark.parametrize("name", COMMANDS | OTHERS)
@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (-1, "layout must be in [0, 4294967295], got -1"),
        (2**64, "layout must be in [0, 4294967295], got 18446744073709551616"),
        ("x", "'x' is not a valid integer"),
    ],
)
def test_no_layout_is_one_sentence(run, tmp_path, name, layout, message):
    before = set(tmp_path.iterdir())
    result = run((COMMANDS | OTHERS)[name], layout)
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message in sentence
    assert set(tmp_path.iterdir()) == before


def test_latents_are_laid_out_too(run, model_folder, tmp_path):
    tiny = api.load(model_folder)
    tiny.save_latent(Average((Seed(4), Seed(9))), tmp_path / "mean.safetensors")
    dry = run("render --latent {here}/mean.safetensors --layout {layout} {out}.png", 7, "--dry-run")
    request = resolved(dry, tmp_path / "out.png")
    assert (request["place"]["kind"], request["place"]["layout"]) == ("saved", 7)
    line = "latents average --seed 1 --latent {here}/mean.safetensors --layout {layout} {out}.safetensors"
    assert run(line, 8).exit_code == 0
    assert tiny.field(Saved.of(tmp_path / "out.safetensors")).layout_seeds == (8,)


def test_a_pictures_place_is_for_the_model_that_made_it(panogen, model_folder, octaves_folder, tmp_path):
    made = tmp_path / "made.png"
    assert panogen("render", "--model", model_folder, "--width", 32, made).exit_code == 0
    same = panogen("render", "--model", model_folder, "--width", 32, "--latent", made, tmp_path / "same.png")
    assert same.exit_code == 0
    other = panogen("render", "--model", octaves_folder, "--width", 32, "--latent", made, tmp_path / "other.png")
    assert other.exit_code == 2
    assert "was made by a model 'tiny' with other weights than 'octaves'" in " ".join(other.output.split())


def test_a_folder_at_home_in_the_middle_of_a_word(panogen, model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = panogen("render", "--model", model_folder, "--width", 32, "--seeds", "1", "--outdir=~/places")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "places" / "seed0001.png").is_file()
