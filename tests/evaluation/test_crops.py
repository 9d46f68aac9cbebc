import numpy as np
import pytest

from panogen.api import Panogen
from panogen.data import CropCache, Landscapes
from panogen.evaluation.crops import generated_crops, real_crops
from panogen.evaluation.measures.seam_fid import beside
from panogen.geometry import Cylinder
from panogen.geometry.charts.windows import BandWindows
from panogen.grids.view import View
from panogen.training.views import crop_windows
from panogen.weights.checkpoint import Model
from tests.conftest import KNOWING, tiny_generator

CHART = Cylinder()


def windows(count, seed=0):
    return crop_windows(np.random.default_rng(seed), count, CHART, 32, 0.1)


def whole_height(azimuths_deg):
    side = np.full(len(azimuths_deg), 2 * CHART.max_height)
    return BandWindows(CHART, np.radians(azimuths_deg), np.zeros(len(side)), side, side / 32)


@pytest.mark.parametrize("truncation", [1.0, 0.5])
@pytest.mark.parametrize("knowing", KNOWING.values(), ids=KNOWING)
def test_crops_are_parts_of_the_panoramas_of_their_seeds(knowing, truncation):
    """Of 128 columns, a crop around yaw 0 has those from 48 to 79, one around the seam the last and first 16."""
    generator = tiny_generator(**knowing)
    crops = generated_crops(generator, range(7, 9), 32, whole_height([0.0, 180.0]), truncation)
    shown = Panogen(Model(generator, CHART), "tiny")
    ahead, behind = (shown.render(seed, View(width=128, truncation=truncation)).astype(int) for seed in (7, 8))
    assert np.abs(crops[0] - ahead[:, 48:80]).max() <= 1  # the generator and the plan differ by rounding
    assert np.abs(crops[1] - np.roll(behind, 16, 1)[:, :32]).max() <= 1


@pytest.mark.parametrize("knowing", KNOWING.values(), ids=KNOWING)
def test_a_crop_depends_on_nothing_but_its_own_seed_and_window(knowing, monkeypatch):
    generator, seeds, some = tiny_generator(**knowing), range(40), windows(40)
    heard = []
    crops = generated_crops(generator, seeds, 32, some, progress=heard.append)
    assert heard == [16, 16, 8]
    monkeypatch.setattr("panogen.base.runtime.default_workers", lambda: 1)
    assert np.array_equal(generated_crops(generator, seeds, 32, some), crops)
    assert np.array_equal(generated_crops(generator, seeds[:16], 32, some[:16]), crops[:16])


def test_real_crops_are_what_the_cache_draws():
    cache, some = CropCache(Landscapes(3, 50), CHART), windows(20)
    crops = real_crops(cache, 32, some, 9)
    expected = [
        cache.batch(np.random.default_rng([9, number]), some[span], 32, 32)
        for number, span in enumerate((slice(0, 16), slice(16, 20)))
    ]
    assert np.array_equal(crops, np.concatenate(expected))


def test_windows_beside_an_azimuth_do_not_reach_it():
    some = windows(4000)
    azimuth = some.positions(32)[0][:, 0]
    for place in (0.0, np.pi):
        turns = np.floor((azimuth - place) / (2 * np.pi))
        crosses = turns.min(1) != turns.max(1)
        assert not crosses[beside(some, place)].any()
        assert 0.74 < beside(some, place).mean() < 0.79  # a window spans about a quarter of the circle
