import numpy as np
import torch
from PIL import Image

from panogen import api
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.places import Saved
from panogen.weights.checkpoint import Model, save_model
from tests.conftest import tiny_generator


def test_an_average_is_half_way(panogen, model_folder, tmp_path):
    out = tmp_path / "mean.safetensors"
    assert panogen("latents", "average", "--model", model_folder, "--seed", 4, "--seed", 9, out).exit_code == 0
    tiny = api.load(model_folder)
    field = tiny.field(Saved.of(out))
    torch.testing.assert_close(field.anchors[0], (tiny.field(4).anchors[0] + tiny.field(9).anchors[0]) / 2)
    listed = panogen("latents", "list", out).stdout
    assert "tiny" in listed
    assert "1 anchor\tlayout 4, 9\t" in listed
    assert "'seed': 4" in listed and "'seed': 9" in listed


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
