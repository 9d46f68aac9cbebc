from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import UsageError
from panogen.data import open_source
from panogen.networks import OctavesConfig, TableConfig
from panogen.run import RunConfig, Session, run_config, train
from panogen.run.recipe import begins_anew
from panogen.training import Stage, TrainConfig, TrainState
from panogen.training.presets import PRESETS
from panogen.weights.checkpoint import start_tensors
from panogen.weights.shipped import DEFAULT_MODEL
from tests.data.helpers import save
from tests.run.helpers import SOURCE, log_often, new_run
from tests.training.helpers import config_of, short

SMALL, TABLE = TrainConfig(), PRESETS["cpu-table"].config
PLACES = "procedural:landscapes"
ONE_STAGE = (Stage(32, 10),)


def asked(data, base=SMALL, changes=None, **more):
    """The run of a recipe on data."""
    return run_config(str(data), open_source(str(data), remember=False), base, changes or {}, **more)


class TestDetail:
    """Views are no finer than the pictures, and octaves reach as far as views."""

    @pytest.fixture
    def detail(self, tmp_path):
        """Rows and images of the stages, pixels of a view and octaves of a recipe for panoramas of some widths."""

        def detail_for(*widths, base=SMALL, changes=None):
            folder = tmp_path / "-".join(map(str, widths))
            folder.mkdir()
            for width in widths:
                save(folder / f"{width}.png", (width // 2, width))
            found = asked(folder, base, changes).train
            octaves = found.generator.encoding(OctavesConfig)
            return {stage.resolution: stage.images for stage in found.stages}, found.patch, octaves and octaves.count

        return detail_for

    def test_it_goes_as_far_as_that_of_the_finest_picture(self, detail):
        images = SMALL.total_images
        assert detail(64) == ({16: images}, 16, 5)
        assert detail(256) == ({64: images}, 32, 7)
        assert detail(200) == ({32: images}, 32, 6)  # 50 rows
        assert detail(64, 256, 128) == ({64: images}, 32, 7)

    def test_a_narrower_band_has_fewer_rows(self, detail):
        assert detail(512, changes={"chart.vertical_fov_deg": 45.0}) == ({64: SMALL.total_images}, 32, 8)

    def test_places_of_any_detail_have_the_recipes(self):
        config = asked(PLACES).train
        assert config.stages == SMALL.stages
        assert config.generator.encoding(OctavesConfig).count == 10

    def test_coarser_views_need_fewer_octaves(self, detail):
        assert detail(256, changes={"stages": ONE_STAGE}) == ({32: 10}, 32, 6)
        assert detail(512, changes={"stages": (*ONE_STAGE, Stage(128, 20))}) == ({32: 10, 128: 20}, 32, 8)

    def test_octaves_that_are_asked_for_stay(self, detail):
        assert detail(256, changes={"generator.octaves.count": 3})[2] == 3

    def test_stages_that_would_be_finer_are_as_fine_as_the_pictures(self, detail):
        """Of a network with a table, too; their images are seen at the finest stage that there is."""
        assert detail(256, base=TABLE) == ({32: 80_000, 64: 400_000}, 32, None)
        assert detail(128, base=TABLE) == ({32: 480_000}, 32, None)
        assert detail(512, base=PRESETS["gpu-256"].config)[0] == {64: 400_000, 128: 1_600_000}

    @pytest.mark.parametrize("base", [SMALL, TABLE], ids=["octaves", "table"])
    def test_more_than_there_is_is_refused(self, tmp_path, base):
        save(tmp_path / "small.png", (32, 64))
        for changes, message in (
            (
                {"stages": (Stage(16, 10), Stage(32, 10))},
                r"^stages must be no finer than the pictures, whose band has 16 rows at the most, got 32; give finer",
            ),
            (
                {"patch": 32, "views": "multiscale"},
                "^the pictures' band has 16 rows at the most: patch must be at most the band's 16 rows",
            ),
            ({"chart.vertical_fov_deg": 30.0}, "^the pictures' band has 5 rows at the most: resolution must be a"),
        ):
            if "stages" in changes:
                changes |= {"patch": 16, "views": "multiscale"}
            with pytest.raises(UsageError, match=message):
                asked(tmp_path, base, changes)

    def test_pictures_that_do_not_fill_the_chart_do_not_count(self, tmp_path):
        rng = np.random.default_rng(0)
        for name, shape in {"00.jpg": (120, 160), "wide.jpg": (700, 1600)}.items():  # that is 28 degrees high
            Image.fromarray(rng.integers(0, 256, (*shape, 3), np.uint8)).save(tmp_path / name)
        for fov, rows in ((30.0, 64), (20.0, 256)):
            assert asked(tmp_path, changes={"chart.vertical_fov_deg": fov}).train.stages[-1].resolution == rows


def test_the_chart_is_the_pictures_own(panorama_folder):
    source = open_source(str(panorama_folder), remember=False)
    source.chart = replace(source.chart, vertical_fov_deg=45.0)
    config = run_config(str(panorama_folder), source, SMALL, {"patch": 8})
    assert config.train.chart == source.chart
    assert config.data == str(panorama_folder.resolve())


@pytest.mark.parametrize(
    ("base", "changes", "message"),
    [
        (SMALL, {"augmentations": ("tilt",)}, "augmentations is of no use without ada_target above 0"),
        (SMALL, {"ada_images": 9.0}, "ada_images is of no use without ada_target above 0"),
        (SMALL, {"global_rows": 8}, "global_rows is of no use without global_weight above 0"),
        (SMALL, {"views": "patches", "whole_share": 0.5}, "whole_share is of no use without views multiscale"),
        (TABLE, {"patch": 16}, "patch is of no use without views other than crops"),
        (
            SMALL,
            {"start_smoothing": 1.0},
            "is for the model that a run begins with, which is missing, got 1; leave it out",
        ),
    ],
)
def test_what_would_change_nothing_is_refused(base, changes, message):
    with pytest.raises(UsageError, match=message):
        asked(PLACES, base, changes)


def test_it_is_used_with_what_it_needs():
    augmented = {"augmentations": ("tilt",), "ada_images": 9.0, "ada_target": 0.5}
    config = asked(PLACES, SMALL, {**augmented, "global_rows": 8, "global_weight": 1.0}).train
    assert (config.augmentations, config.global_rows) == (("tilt",), 8)


class TestStart:
    """A run that begins with a model, or with another run."""

    def test_it_has_the_models_shapes(self, model_folder):
        config = asked(PLACES, TABLE, {"start_smoothing": 1.0}, start=str(model_folder))
        assert config.start == str(model_folder.resolve())
        assert config.train.generator.encoding(TableConfig) is not None
        assert config.train.generator.width == 16
        assert config.train.ema_rampup > SMALL.ema_rampup

    def test_it_may_be_at_home(self, model_folder, monkeypatch):
        monkeypatch.setenv("HOME", str(model_folder.parent))
        assert asked(PLACES, TABLE, start=f"~/{model_folder.name}").start == str(model_folder.resolve())

    def test_a_folder_is_meant_though_a_shipped_model_is_called_so(self, octaves_folder, tmp_path, monkeypatch):
        (tmp_path / DEFAULT_MODEL).symlink_to(octaves_folder)
        monkeypatch.chdir(tmp_path)
        config = asked(PLACES, start=DEFAULT_MODEL)
        assert config.start == str(octaves_folder.resolve())
        TrainState.new(config.train, "cpu", start_tensors(config.start))  # which has these shapes

    def test_octaves_stay_as_many(self, octaves_folder):
        assert asked(PLACES, start=str(octaves_folder)).train.generator.encoding(OctavesConfig).count == 4

    def test_what_does_not_suit_it_is_refused(self, octaves_folder, flat_folder):
        for folder, changes, message in (
            (octaves_folder, {"start_smoothing": 1.0}, "start_smoothing is for an embedding, which '.*' does not have"),
            (
                octaves_folder,
                {"generator.width": 8},
                "^width cannot change the model that the run begins with; leave it out",
            ),
            (octaves_folder, {"chart.kind": "sphere"}, "^chart kind cannot change the model that the run begins with"),
            (flat_folder, {}, "a run begins with a model of panoramas, got '.*', which knows"),
        ):
            with pytest.raises(UsageError, match=message):
                asked(PLACES, SMALL, changes, start=str(folder))


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A run that has seen views of 16 pixels."""
    config = replace(short(config_of("multiscale")), stages=(Stage(64, 16),), patch=16)
    with pytest.MonkeyPatch.context() as patch:
        log_often(patch)
        run = new_run(tmp_path_factory.mktemp("first") / "run", RunConfig(PLACES, config))
        train(run, SOURCE, Session(minutes=0))
    return run


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (16, None),
        (8, "8 pixels, so its first layers begin anew"),
        (32, "32 pixels, so its first layers begin anew and are blended in over 16 images"),
        (64, "64 pixels, so its first layers begin anew"),
    ],
)
def test_what_another_run_does_not_bring_is_said(first, tmp_path, patch, said):
    config = RunConfig(PLACES, replace(first.config.train, patch=patch), start=str(first.folder))
    before, after = first.load("cpu")[0].d.state_dict(), new_run(tmp_path / "second", config).load("cpu")[0].d
    assert (after.state_dict().keys() <= before.keys()) == (said is None)
    assert after.fades_in == ("blended" in (said or ""))
    assert begins_anew(config) == (said and f"its discriminator has not seen views of {said}")


def test_a_model_brings_no_discriminator(model_folder):
    assert begins_anew(RunConfig(PLACES, SMALL, start=str(model_folder))) == "has no discriminator, which begins anew"
    assert begins_anew(RunConfig(PLACES, SMALL)) is None
