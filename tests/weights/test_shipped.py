import numpy as np
import pytest
from scipy.stats import kstest

import panogen
from panogen.base.errors import UsageError
from panogen.grids import Cylindrical
from panogen.grids.view import View
from panogen.rendering import plan_of
from panogen.weights.checkpoint import load_model
from panogen.weights.shipped import DEFAULT_MODEL, model_folder, shipped_models
from tests.rendering.helpers import colours, expected


@pytest.fixture(scope="module")
def default():
    return panogen.load()


def test_the_default_is_shipped_and_small():
    folder = shipped_models()[DEFAULT_MODEL]
    assert (folder / "model.safetensors").stat().st_size < 10e6
    assert load_model(folder).about["licence"] == "MIT"
    assert "panogen train" in (folder / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_every_model_loads_and_says_how_it_was_made(name):
    folder = shipped_models()[name]
    about = load_model(folder).about
    card = (folder / "README.md").read_text()
    assert "panogen train" in card
    assert str(about["seed"]) in card
    assert about["licence"].replace("-", " ").removesuffix(" 3.0") in card.replace("-", " ")
    assert (folder / "samples.jpg").stat().st_size < 300_000
    assert "CC BY" not in card or "www.humus.name" in card
    picture = panogen.load(name).render(1, View(width=256))
    assert picture.std() > 20


def test_its_plan_equals_its_generator(default):
    generator, chart = default.model.generator, default.model.chart
    grid = Cylindrical(128, chart)
    for seed in range(8):
        field = default.field(seed)
        plan = plan_of(generator, field, grid)
        difference = colours(plan, grid, chart) - expected(generator, field, grid, chart)
        assert np.abs(difference).max() <= 1e-5


def test_seeds_are_different_places(default):
    pictures = [default.render(seed, View(width=128)).astype(float) for seed in range(8)]
    for number, picture in enumerate(pictures):
        assert picture.std() > 20
        for other in pictures[:number]:
            assert np.abs(picture - other).mean() > 5


def test_the_seam_is_a_column_like_any_other(default):
    # Each column's step to its right neighbour is ranked among those of its picture. Over 40 seeds the ranks of the
    # step over the seam are spread as evenly as those of the other columns (distance of Kolmogorov and Smirnov), and
    # no higher or lower than around it: where seeds have a part of their layout in common, columns differ.
    pictures = np.stack([default.render(seed, View(width=256)) for seed in range(40)]).astype(float)
    steps = np.abs(np.roll(pictures, -1, 2) - pictures).mean((1, 3))
    ranks = (steps.argsort(1).argsort(1) + 0.5) / 256
    distances = [kstest(column, "uniform").statistic for column in ranks.T]
    assert np.mean(distances[-1] <= distances) > 0.02
    higher = ranks[:, -1] - ranks[:, [-5, -4, -3, -2, 0, 1, 2, 3]].mean(1)
    assert abs(higher.mean()) < 3 * higher.std() / np.sqrt(len(higher))


def test_names_folders_and_runs(tmp_path):
    assert model_folder(DEFAULT_MODEL) == shipped_models()[DEFAULT_MODEL]
    with pytest.raises(UsageError, match=r"got '.*', a folder without its config\.json"):
        model_folder(str(tmp_path))
    (tmp_path / "config.json").touch()
    assert model_folder(str(tmp_path)) == tmp_path
    (tmp_path / "latest").write_text("000000016\n")
    assert model_folder(str(tmp_path)) == tmp_path / "checkpoints" / "000000016" / "model"
    with pytest.raises(
        UsageError, match=r"model must be one of .*landscapes.* or the folder of a model or a run, got 'nowhere'"
    ):
        model_folder("nowhere")
