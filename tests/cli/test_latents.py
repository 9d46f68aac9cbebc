import numpy as np
import pytest
import torch
from PIL import Image

from panogen import api
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.latents import Around
from panogen.places import Blend, Edit, Given, Saved, Seed
from panogen.weights.checkpoint import Model, save_model
from tests.conftest import tiny_generator


def test_an_average_is_half_way(panogen, model_folder, tmp_path):
    out = tmp_path / "mean.safetensors"
    assert panogen("latents", "average", "--model", model_folder, "--seed", 4, "--seed", 9, out).exit_code == 0
    tiny = api.load(model_folder)
    field = tiny.field(Saved.of(out))
    torch.testing.assert_close(field.anchors[0], (tiny.field(4).anchors[0] + tiny.field(9).anchors[0]) / 2)
    listed = panogen("latents", "list", out).stdout
    assert "\ttiny " in listed
    assert listed.endswith("\t1 anchor\tlayout 4, 9\taverage (seed 4, seed 9)\n")


def test_a_place_that_is_named_twice_counts_twice(panogen, model_folder, tmp_path):
    out = tmp_path / "mean.safetensors"
    assert panogen("latents", "average", "--model", model_folder, "--seeds", "4,4,9", out).exit_code == 0
    field, tiny = api.load(model_folder).field(Saved.of(out)), api.load(model_folder)
    torch.testing.assert_close(field.anchors[0], (2 * tiny.field(4).anchors[0] + tiny.field(9).anchors[0]) / 3)
    assert dict(field.layouts[0].shares) == pytest.approx({4: 2 / 3, 9: 1 / 3})


def test_what_files_hold_is_said_in_words(panogen, model_folder, tmp_path):
    tiny, picture, latent = api.load(model_folder), tmp_path / "out.png", tmp_path / "ring.safetensors"
    tiny.save(picture, Edit(Seed(4, layout=7), 1, 3.0), width=64)
    tiny.save_latent(4, mean := tmp_path / "mean.safetensors")
    over = Around((0.0, 90.5), 0.5, "cosine")
    tiny.save_latent(Blend((Saved.of(mean), Given(np.zeros(12))), over), latent)
    listed = [line.split("\t") for line in panogen("latents", "list", picture, latent).stdout.splitlines()]
    made_with = f"tiny {tiny.model.fingerprint[:12]}"
    assert listed[0] == [str(picture), made_with, "picture", "-", "edit (seed 4 (layout 7), direction 1, strength 3)"]
    around = "around (at_deg [0, 90.5], softness 0.5, kernel cosine"
    assert listed[1][:4] == [str(latent), made_with, "2 anchors", "layout 4, 0"]
    assert listed[1][4].startswith(f"blend (saved (path {mean}), given (ws of 1 x 12 numbers), over {around}")


def test_what_is_neither_is_a_sentence_and_the_others_are_listed(panogen, model_folder, tmp_path):
    api.load(model_folder).save_latent(4, latent := tmp_path / "four.safetensors")
    Image.new("RGB", (8, 8)).save(photo := tmp_path / "photo.png")
    (text := tmp_path / "some.csv").write_text("1,2,3")
    result = panogen("latents", "list", photo, text, latent)
    assert (result.exit_code, "Traceback" in result.stderr) == (1, False)
    of_photo, of_text, end = result.stderr.splitlines()
    assert "photo.png" in of_photo
    assert of_text == f"{text}: not a safetensors file; give a latent's, or a picture of panogen's"
    assert end == "Error: 2 of 3 files cannot be listed"
    assert result.stdout.startswith(f"{latent}\ttiny ") and result.stdout.count("\n") == 1


def test_a_latent_stands_in_place_of_a_seed(panogen, model_folder, tmp_path):
    latent, out = tmp_path / "four.safetensors", tmp_path / "out.png"
    assert panogen("latents", "average", "--model", model_folder, "--seed", 4, latent).exit_code == 0
    assert panogen("render", "--model", model_folder, "--latent", latent, "--width", 64, out).exit_code == 0
    with Image.open(out) as image:
        np.testing.assert_array_equal(np.asarray(image), api.load(model_folder).render(4, View(width=64)))
    result = panogen("render", "--model", model_folder, "--latent", latent, "--seed", 4, out)
    assert result.exit_code == 2
    assert "shows --seed or --latent" in result.stderr


def test_latents_of_another_model_are_refused(panogen, model_folder, tmp_path):
    save_model(Model(tiny_generator(seed=1), Cylinder()), tmp_path / "other")
    latent = tmp_path / "four.safetensors"
    assert panogen("latents", "average", "--model", tmp_path / "other", "--seed", 4, latent).exit_code == 0
    result = panogen("render", "--model", model_folder, "--latent", latent, tmp_path / "out.png")
    assert result.exit_code == 2
    assert "a latent of another model, other" in " ".join(result.stderr.split())


def test_an_average_needs_something(panogen, model_folder, tmp_path):
    result = panogen("latents", "average", "--model", model_folder, tmp_path / "out.safetensors")
    assert result.exit_code == 2
    assert "at least one --seed or --latent, got none" in result.stderr


def test_a_latent_is_not_called_a_picture(panogen, model_folder, tmp_path):
    result = panogen("latents", "average", "--model", model_folder, "--seed", 4, tmp_path / "mean.png")
    assert (result.exit_code, "name a file that ends in .safetensors" in result.output) == (2, True)
    assert not (tmp_path / "mean.png").exists()
