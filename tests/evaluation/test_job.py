import json
import math
import shutil
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from panogen.api import Panogen, load
from panogen.base.errors import JobError, UsageError
from panogen.data import Landscapes, Reading, open_source
from panogen.evaluation import samples
from panogen.evaluation.config import EvaluationConfig
from panogen.evaluation.crops import generated_crops
from panogen.evaluation.job import Evaluation
from panogen.evaluation.measures import legend_of
from panogen.evaluation.measures.seam_fid import SEAM_RAD
from panogen.evaluation.result import Result
from panogen.evaluation.stages import Stages, open_stages
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.metrics.inception import Inception
from panogen.weights.checkpoint import Model
from tests.conftest import FLAT, save_panoramas, tiny_generator
from tests.evaluation.helpers import SMALL, save

FILES = ("figures.json", "index.html")


ROUGH = {
    "panogen.metrics.swd.PROJECTIONS": 32,
    "panogen.evaluation.measures.spectrum.RESAMPLES": 20,
    "panogen.evaluation.measures.scale.FACTORS": (2, 4),
    "panogen.evaluation.measures.foveation.GAZES_DEG": ((20.0, -5.0),),
    "panogen.evaluation.measures.speed.WIDTH": 128,
    "panogen.evaluation.measures.speed.REPEATS": 1,
}


@pytest.fixture(scope="module", autouse=True)
def rough():
    """Figures are rough, and soon there."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ROUGH.items():
            patch.setattr(name, value)
        yield


@pytest.fixture(scope="module")
def evaluation(saved, tmp_path_factory):
    folder = save_panoramas(tmp_path_factory.mktemp("data") / "panoramas")
    return Evaluation.of(load(saved / "tiny"), open_source(str(folder), remember=False), SMALL)


@dataclass(frozen=True)
class Finished:
    """The folder of an evaluation, what it has found, and what was heard of it. Nobody changes it."""

    folder: Path
    result: Result
    heard: list


@pytest.fixture(scope="module")
def finished(evaluation, tmp_path_factory):
    """An evaluation that was asked to go on, and begins where nothing is."""
    folder, heard = tmp_path_factory.mktemp("finished") / "out", []
    return Finished(folder, evaluation.into(folder, resume=True, report=lambda *news: heard.append(news)), heard)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def test_the_same_request_gives_the_same_bytes(evaluation, finished, tmp_path):
    assert evaluation.into(tmp_path / "second").written() == finished.result.written()
    assert contents(tmp_path / "second") == contents(finished.folder)
    assert json.loads((finished.folder / "figures.json").read_text()) == finished.result.written()
    other = replace(evaluation, config=replace(SMALL, seed=1)).into(tmp_path / "other")
    values = [{figure.name: figure.value for figure in result.figures} for result in (finished.result, other)]
    assert values[0].keys() == values[1].keys()
    assert all(values[0][name] != values[1][name] for name in ("swd.mean", "spectrum.all", "seam.ratio"))


def test_an_evaluation_goes_on_wherever_it_was_interrupted(evaluation, finished, tmp_path):
    heard = finished.heard
    stops = [0, len(heard) // 3, 2 * len(heard) // 3, len(heard) - 1]
    assert len({what for what, *_ in (heard[k] for k in stops)}) == 4

    def stop_at(k):
        news = iter(range(len(heard)))

        def report(what, more, total):
            if next(news) == k:
                raise KeyboardInterrupt

        return report

    for k in stops:
        folder = tmp_path / str(k)
        with pytest.raises(KeyboardInterrupt):
            evaluation.into(folder, report=stop_at(k))
        assert not (folder / "figures.json").exists()
        again = []
        evaluation.into(folder, resume=True, report=lambda *news, again=again: again.append(news))
        assert contents(folder) == contents(finished.folder)
    assert "crops" not in {what for what, *_ in again}  # was there when the last one was interrupted


def test_a_stage_that_broke_is_made_again(evaluation, finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "whole")
    statistics = tmp_path / "whole" / "statistics"
    for name in ("figures-swd.json", "figures-spectrum.json", "singles.json"):
        (statistics / name).write_text("{")
    crops = bytearray((statistics / "crops.npz").read_bytes())
    crops[len(crops) // 2] ^= 1
    (statistics / "crops.npz").write_bytes(crops)
    (statistics / "panoramas.npz").write_bytes(b"")
    (statistics / ".crops.npz.0123abcd.part").write_bytes(b"left by a crash")
    evaluation.into(tmp_path / "whole", resume=True)
    assert contents(tmp_path / "whole") == contents(finished.folder)
    assert not list(statistics.glob(".*.part"))


def test_another_request_is_refused_with_the_difference(evaluation, finished):
    with pytest.raises(UsageError, match="has been begun: --resume goes on with it"):
        evaluation.into(finished.folder)
    for name, change in (("seed", {"seed": 1}), ("crops", {"crops": 20}), ("metrics", {"metrics": ("swd",)})):
        with pytest.raises(UsageError, match=f"is of another evaluation: {name}.* was .*, not .*; ask for that one"):
            replace(evaluation, config=replace(SMALL, **change)).into(finished.folder, resume=True)
    model = Panogen(Model(tiny_generator(seed=1), Cylinder()), "tiny")
    with pytest.raises(UsageError, match="is of another evaluation: fingerprint was"):
        replace(evaluation, panogen=model).into(finished.folder, resume=True)


def test_folders_that_do_not_suit(evaluation, finished, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for name in ("file", "full"):
        with pytest.raises(UsageError, match=r"folder must be new or empty, got .*; name another"):
            evaluation.into(tmp_path / name)
    with (
        open_stages(finished.folder, evaluation.request, resume=True),
        pytest.raises(JobError, match="another process is writing it"),
    ):
        evaluation.into(finished.folder, resume=True)


def test_every_metric_of_a_model_but_those_of_the_network(model_folder, tmp_path):
    """Figures and floors are there, in the order of the metrics, with what closed forms are known."""
    config = EvaluationConfig(crops=16, panoramas=4, resolution=32)
    result = Evaluation.of(load(model_folder), Landscapes(), config).into(tmp_path / "out")
    figures = {figure.name: figure for figure in result.figures}
    metrics = list(dict.fromkeys(name.partition(".")[0] for name in figures))
    assert metrics == [name for name in config.metrics if name not in ("speed", "poles")]
    for name, figure in figures.items():
        assert figure.n in (16, 4, 2)
        assert figure.low <= figure.value <= figure.high
        assert (figure.floor is None) == (name.partition(".")[0] in ("scale", "pan", "foveation"))
    assert figures["pan.whole_pixels"].value == 0  # to the bit
    assert figures["foveation.psnr_0-5"].value == math.inf
    assert figures["swd.mean"].value > figures["swd.mean"].floor  # random weights
    assert set(result.curves) == {"spectrum", "azimuth_spread"}
    assert [one["name"] for one in result.pictures] == [0, 1, 2, 3]
    written = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert all(legend_of(one["name"]).better == one["better"] for one in written["figures"])
    speed = json.loads((tmp_path / "out" / "speed.json").read_text())
    assert speed["pixels_per_second"] > 0
    page = ET.parse(tmp_path / "out" / "index.html").getroot()
    assert len(list(page.iter("svg"))) >= 2


@pytest.mark.parametrize("vertical_fov_deg", [12.0, 30.0, 170.0])
def test_models_of_narrow_and_of_wide_bands(vertical_fov_deg, tmp_path):
    chart = Cylinder(vertical_fov_deg)
    panogen = Panogen(Model(tiny_generator(chart=chart), chart, {}), "band")
    config = EvaluationConfig(("pan", "foveation", "scale"), crops=16, panoramas=4, resolution=32)
    result = Evaluation.of(panogen, Landscapes(), config).into(tmp_path / "out")
    assert {figure.name.partition(".")[0] for figure in result.figures} == {"pan", "foveation", "scale"}


def test_crops_that_are_compared_have_no_seed_in_common(evaluation, tmp_path, monkeypatch):
    asked = []

    def spy(generator, seeds, *arguments):
        asked.append(seeds)
        return generated_crops(generator, seeds, *arguments)

    monkeypatch.setattr(samples, "generated_crops", spy)
    with open_stages(tmp_path / "out", {}, resume=False) as stages:
        made = samples.Samples(evaluation.panogen, evaluation.data, SMALL, stages)
        assert len(made.crops) == 2 * len(made.crops_at("the seam", SEAM_RAD))
    everywhere, there = map(set, asked)
    assert everywhere
    assert there
    assert not everywhere & there


def test_distances_of_features(model_folder, tmp_path):
    """With a network that sees a crop's mean colour and size of detail, where a model of random weights is far off."""

    class Eye(Inception):
        dims = 5

        def features(self, pictures, **settings):
            colours = pictures.mean((1, 2)) / 255
            detail = np.abs(np.diff(pictures.astype(float), axis=1)).mean((1, 2, 3)) / 255
            return np.column_stack([colours, detail, colours.max(1)]).astype(np.float32)

    config = EvaluationConfig(metrics=("fid", "kid", "seam-fid"), crops=24, panoramas=4, resolution=32)
    with pytest.raises(UsageError, match="metrics fid, kid, seam-fid need the network of FID, which is never"):
        Evaluation.of(load(model_folder), Landscapes(), config)
    result = Evaluation.of(load(model_folder), Landscapes(), config, Eye({})).into(tmp_path / "out")
    figures = {figure.name: figure for figure in result.figures}
    assert list(figures)[:2] == ["fid.5", "kid.5"]
    assert figures["fid.5"].low > figures["fid.5"].floor
    assert figures["kid.5"].low > figures["kid.5"].floor
    assert figures["seam-fid.fid"].n == figures["seam-fid.fid_elsewhere"].n <= 12
    (ranking,) = result.rankings
    worst, best = ([one["value"] for one in ranking[end]] for end in ("worst", "best"))
    assert min(worst) > max(best)


def test_a_model_of_flat_pictures_is_refused(flat_folder):
    assert FLAT.closed is False
    with pytest.raises(UsageError, match="model must be one of panoramas, got flat"):
        Evaluation.of(load(flat_folder), Landscapes(), SMALL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": ("colour",)}, "metrics must be among swd, .*, got 'colour'"),
        ({"metrics": ()}, "metrics must name some of"),
        ({"crops": 15}, "crops must be at least 16, got 15"),
        ({"panoramas": 3}, "panoramas must be at least 4, got 3"),
        ({"resolution": 48}, "resolution must be one of 32, 64, .* pixels, got 48"),
        ({"seed": -1}, "seed must be in"),
        ({"seed": 2**32 - 5}, "seed must leave room for 1536 more"),
        ({"truncation": float("nan")}, r"truncation must be in \[-2, 2\], got nan"),
    ],
)
def test_bad_configs(change, message):
    with pytest.raises(UsageError, match=message):
        replace(EvaluationConfig(), **change)


def test_metrics_without_speed_leave_nothing_of_the_machine(finished):
    assert not (finished.folder / "speed.json").exists()


def test_photos_give_floors_to_crops_alone(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        save(folder / f"{number}.png", np.random.default_rng(number).integers(0, 256, (96, 96, 3), np.uint8))
    chart = Cylinder(60.0, "central")
    panogen = Panogen(Model(tiny_generator(chart=chart), chart), "tiny")
    source = open_source(str(folder), Reading("photos", 130.0), remember=False)
    config = replace(SMALL, metrics=("swd", "spectrum", "layout", "seam", "scale", "pan", "foveation"))
    result = Evaluation.of(panogen, source, config).into(tmp_path / "out")
    floors = {figure.name: figure.floor for figure in result.figures}
    assert floors["swd.mean"] > 0
    assert floors["seam.ratio"] is floors["layout.fixed_share"] is None
    assert result.real_pictures == []


def test_a_whole_sphere_has_poles(tmp_path, sphere_folder):
    config = replace(SMALL, metrics=("poles", "scale"))
    evaluation = Evaluation.of(load(sphere_folder), Landscapes(), config)
    names = [figure.name for figure in evaluation.into(tmp_path / "out").figures]
    poles = {f"poles.{kind}_{place}" for kind in ("spread", "step") for place in ("top", "bottom")}
    assert {name for name in names if name.startswith("poles")} == poles
    assert "scale.ssim_2" in names


def test_larger_pictures_are_those_of_the_model_itself(tmp_path, sphere_folder):
    model, view = load(sphere_folder), View(width=64)
    found = samples.Samples(
        model, samples.RealData.of(Landscapes(), model.model.chart.band, SMALL.resolution), SMALL, Stages(tmp_path)
    )
    for factor in (1, 2):
        np.testing.assert_array_equal(found.finer(4, view, factor), model.render(4, View(width=64 * factor)))


def test_metrics_of_poles_alone_are_refused_where_there_are_none(evaluation):
    with pytest.raises(UsageError, match="metrics poles are of models that know zenith and nadir, which tiny does not"):
        replace(evaluation, config=replace(SMALL, metrics=("poles",)))
