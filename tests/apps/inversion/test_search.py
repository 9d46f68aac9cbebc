import numpy as np
import pytest
import torch

from panogen.apps.inversion import STAGES, SearchConfig
from panogen.apps.inversion.search import PATIENCE, Prior, Search, ramp, told_db
from panogen.apps.inversion.state import SearchState
from panogen.base.errors import UsageError
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.latents import Layout
from panogen.rendering.plans.factored import FactoredPlan
from panogen.weights.checkpoint import Model, save_model
from tests.apps.inversion.helpers import inversion, save_noise, save_photo
from tests.conftest import KNOWING, tiny_generator
from tests.rendering.helpers import colours, points_of


@pytest.fixture(params=KNOWING)
def model_folder(request, tmp_path):
    """A saved small model that knows points in one way or another."""
    folder = tmp_path / "tiny"
    save_model(Model(tiny_generator(**KNOWING[request.param]), Cylinder(), {"licence": "MIT"}), folder)
    return folder


def search_of(model_folder, photo, **config):
    asked = inversion(model_folder, photo, **config)
    return asked, Search(asked.panogen.model, asked.target, asked.config)


def test_each_stage_shows_more_of_the_photo(model_folder, tmp_path):
    for photo in (save_photo(tmp_path / "own.png", model_folder), save_noise(tmp_path / "noise.png")):
        asked, search = search_of(model_folder, photo)
        state = SearchState()
        first = next(iter(search.run(state)))
        steps = list(search.run(state))
        w, wplus, spatial = (state.records[stage]["psnr_db"] for stage in STAGES)
        assert first.psnr_db - 0.5 < w <= wplus
        assert spatial > wplus + 2
        assert {step.stage for step in steps} == set(STAGES)
        # What is rendered is what was compared.
        field, counts = search.field(state, "spatial"), asked.target.counts.ravel()
        rgb = colours(FactoredPlan(search.generator, field), asked.target.grid, asked.panogen.model.chart)[counts]
        error = np.square(rgb.clip(-1, 1) - asked.target.wanted).mean()
        assert -10 * np.log10(error / 4) == pytest.approx(spatial, abs=0.01)


def test_the_training_form_equals_the_plan(model_folder, tmp_path):
    asked, search = search_of(model_folder, save_noise(tmp_path / "a.png"), steps=3, layout=7)
    state = SearchState()
    list(search.run(state))
    chart, grid = asked.panogen.model.chart, asked.target.grid
    (features,) = search.generator.features(points_of(chart, grid), (7,))
    for stage in STAGES:
        field = search.field(state, stage)
        assert set(field.layouts) == {Layout.of(7)}
        weights = torch.from_numpy(field.weights(grid.directions(0, len(grid)))).float()
        trained = search.generator.synthesis_field(features, field.anchors, weights).numpy()
        assert np.abs(colours(FactoredPlan(search.generator, field), grid, chart) - trained).max() <= 1e-5


def test_around_the_photo_is_the_place_of_w(model_folder, tmp_path):
    asked, search = search_of(model_folder, save_noise(tmp_path / "a.png"), steps=3)
    state = SearchState()
    list(search.run(state))
    w, spatial = (search.field(state, stage) for stage in ("w", "spatial"))
    assert (w.anchors == w.anchors[:, :1]).all()
    torch.testing.assert_close(spatial.anchors[:1], w.anchors, atol=0, rtol=0)
    shown = [asked.panogen.pixel_renderer(field, View(width=64)).picture().astype(int) for field in (w, spatial)]
    behind = np.r_[0:8, 56:64]
    assert np.abs(shown[1] - shown[0])[:, behind].max() <= 1
    assert np.abs(shown[1] - shown[0])[:, 28:36].max() > 10


def test_a_stage_without_gain_ends(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.apps.inversion.search.LEARNING_RATE", 0.0)
    _, search = search_of(model_folder, save_photo(tmp_path / "a.png", model_folder), steps=500, until="w")
    state = SearchState()
    list(search.run(state))
    assert state.records["w"]["steps"] == PATIENCE


def test_the_prior_is_white():
    w = torch.randn(4000, 6) @ torch.randn(6, 6) + 3
    prior = Prior(w)
    v = prior.whitened(w)
    torch.testing.assert_close(v.T @ v / 4000, torch.eye(6), atol=1e-3, rtol=0)
    torch.testing.assert_close(prior.latents(v), w, atol=1e-3, rtol=0)


def test_the_learning_rate_rises_and_falls():
    rates = [ramp((step + 0.5) / 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:45] == [1.0] * 35
    assert rates[-1] < 0.001
    assert sorted(rates[50:], reverse=True) == rates[50:]


def test_a_perfect_match_is_told_as_a_finite_number():
    assert told_db(0.04) == pytest.approx(20)
    assert told_db(0.0) == pytest.approx(126.02, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"until": "z"}, r"until must be one of w, w\+, spatial, got 'z'"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"seed": -1}, "seed must be in"),
    ],
)
def test_impossible_configs(wrong, message):
    with pytest.raises(UsageError, match=message):
        SearchConfig(**wrong)
