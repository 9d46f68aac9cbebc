import copy
import dataclasses
import json

import cv2
import numpy as np
import pytest
import torch

from panogen.weights.checkpoint import load_model, save_model


def test_a_model_is_kept_as_it_is(panogen, octaves_folder, tmp_path):
    result = panogen("keep", octaves_folder, tmp_path / "mine")
    assert result.exit_code == 0 and f"--model {tmp_path / 'mine'} " in result.stderr
    for name in ("config.json", "model.safetensors", "README.md"):
        assert (tmp_path / "mine" / name).read_bytes() == (octaves_folder / name).read_bytes()


def test_one_drawn_in_renders_what_a_truncation_does(panogen, octaves_folder, tmp_path):
    assert panogen("keep", octaves_folder, tmp_path / "near", "--truncation", 0.5, "--quiet").output == ""
    render = "render", "--seed", 3, "--width", 64
    assert panogen(*render, "--model", tmp_path / "near", tmp_path / "near.png").exit_code == 0
    panogen(*render, "--model", octaves_folder, "--truncation", 0.5, tmp_path / "half.png")
    panogen(*render, "--model", octaves_folder, tmp_path / "whole.png")
    near, half, whole = (cv2.imread(str(tmp_path / f"{name}.png")).astype(int) for name in ("near", "half", "whole"))
    assert np.abs(near - half).max() <= 1 < np.abs(near - whole).mean()
    assert json.loads((tmp_path / "near" / "config.json").read_text())["about"]["truncation"] == 0.5
    assert "Its latents lie at 0.5 of the distance from their mean" in (tmp_path / "near" / "README.md").read_text()


def test_it_may_be_drawn_in_twice(panogen, octaves_folder, tmp_path):
    panogen("keep", octaves_folder, tmp_path / "near", "--truncation", 0.5)
    panogen("keep", tmp_path / "near", tmp_path / "nearer", "--truncation", 0.5)
    nearer = load_model(tmp_path / "nearer")
    assert nearer.about["truncation"] == 0.25
    assert "at 0.25 of the distance" in nearer.card and "at 0.5 of the distance" not in nearer.card


def test_the_mean_of_two_models_lies_between_them(panogen, octaves_folder, tmp_path):
    begun = load_model(octaves_folder)
    moved = copy.deepcopy(begun.generator)
    for values in moved.state_dict().values():
        values += torch.randn(values.shape, generator=torch.Generator().manual_seed(0))
    save_model(dataclasses.replace(begun, generator=moved), tmp_path / "gone-on")
    options = "--mean-with", tmp_path / "gone-on", "--truncation", 0.5, "--quiet"
    assert panogen("keep", octaves_folder, tmp_path / "mean", *options).output == ""
    mean = load_model(tmp_path / "mean")
    assert "Its weights are the means of two models'." in mean.card and mean.about["truncation"] == 0.5
    halfway = copy.deepcopy(begun.generator)
    for name, values in halfway.state_dict().items():
        values.copy_(torch.lerp(begun.generator.state_dict()[name], moved.state_dict()[name], 0.5))
    for name, values in halfway.truncated(0.5).state_dict().items():
        torch.testing.assert_close(mean.generator.state_dict()[name], values)


def test_a_mean_has_the_share_of_the_second_that_is_asked_for(panogen, octaves_folder, tmp_path):
    begun = load_model(octaves_folder)
    moved = copy.deepcopy(begun.generator)
    for values in moved.state_dict().values():
        values += 1
    save_model(dataclasses.replace(begun, generator=moved), tmp_path / "gone-on")
    options = "--mean-with", tmp_path / "gone-on", "--share", 0.75
    assert panogen("keep", octaves_folder, tmp_path / "mean", *options).exit_code == 0
    mean = load_model(tmp_path / "mean")
    assert mean.card.endswith("Its weights are the means of two models', with 0.75 of the second.\n")
    for name, values in mean.generator.state_dict().items():
        torch.testing.assert_close(values, begun.generator.state_dict()[name] + 0.75)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--mean-with", "commons", "--share", 1), "share must be in (0, 1), got 1"),
        (("--mean-with", "commons", "--share", "nan"), "share must be in (0, 1), got nan"),
        (("--share", 0.5), "--share is of no use without --mean-with, got 0.5; add that, or leave it out"),
    ],
)
def test_shares_of_no_mean_are_refused(panogen, tmp_path, options, what):
    result = panogen("keep", "commons", tmp_path / "mean", *options)
    assert result.exit_code == 2 and not (tmp_path / "mean").exists()
    assert what in " ".join(result.stderr.split())


def test_models_drawn_in_unlike_have_no_mean(panogen, octaves_folder, tmp_path):
    assert panogen("keep", octaves_folder, tmp_path / "near", "--truncation", 0.5, "--quiet").exit_code == 0
    result = panogen("keep", octaves_folder, tmp_path / "mean", "--mean-with", tmp_path / "near")
    assert result.exit_code == 2 and not (tmp_path / "mean").exists()
    assert "got another, whose truncation was 0.5, not 1.0; name one" in " ".join(result.stderr.split())


def test_models_of_other_shapes_have_no_mean(panogen, octaves_folder, model_folder, tmp_path):
    result = panogen("keep", octaves_folder, tmp_path / "mean", "--mean-with", model_folder)
    assert result.exit_code == 2 and not (tmp_path / "mean").exists()
    assert "--mean-with must be a model of the same chart, network and truncation, got another, whose " in " ".join(
        result.stderr.split()
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("{model}", "{model}"), 2, "folder must be new or empty"),
        (("{model}", "{new}", "--truncation", "0"), 2, "0.0 is not in the range 0<x<=1"),
        (("{model}", "{new}", "--truncation", "nan"), 2, "truncation must be in (0, 1], got nan"),
        (("nowhere", "{new}"), 2, "or the folder of a model or a run, got 'nowhere'"),
    ],
)
def test_what_it_refuses(panogen, octaves_folder, tmp_path, arguments, code, said):
    places = {"model": octaves_folder, "new": tmp_path / "new"}
    result = panogen("keep", *(argument.format(**places) for argument in arguments))
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "new").exists()
