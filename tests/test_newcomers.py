"""What a newcomer must touch: a toy of each kind is made known by its registry alone, and used as any other is."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from panogen import api
from panogen.data import open_source
from panogen.geometry import CHARTS, Chart, Cylinder
from panogen.grids.view import View
from panogen.networks import FourierConfig
from panogen.run import Run, RunConfig, Session, train
from panogen.training import Stage
from panogen.weights.checkpoint import Model
from tests.conftest import NOISE, TINY
from tests.run.helpers import log_often
from tests.training.helpers import CONFIG

DATA = "procedural:landscapes"
GENERATOR = replace(TINY, depth=3, encodings=(FourierConfig(6), NOISE))


@pytest.fixture
def learn(panogen, monkeypatch, tmp_path):
    """Train a step by a recipe, and go on for another from the command line."""
    log_often(monkeypatch)

    def learn(**recipe):
        config = replace(CONFIG, stages=(Stage(8, 16),), **{"generator": GENERATOR, **recipe})
        source, folder = open_source(DATA), tmp_path / "run"
        run = Run.begin(folder, RunConfig(DATA, config), source)
        assert train(run, source, Session(minutes=0)).n_images == 8
        assert panogen("train", folder, "--resume", "--quiet", "--threads", 1).exit_code == 0
        assert Run.open(folder).config.train == config
        return folder

    return learn


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


BAND = Cylinder()


def of_band(name):
    return property(lambda self: getattr(BAND, name))


@dataclass(frozen=True)
class Cone(Chart):
    """A band whose radius falls with the height."""

    kind = "cone"
    axes, upright, periods = 3, 2, (4, 0)
    apart = False
    closed = True
    natural_projection = "equirectangular"
    slope: float = 0.5

    band = property(lambda self: BAND)
    vertical_fov_deg, extent, side = map(of_band, ("vertical_fov_deg", "extent", "side"))
    max_height = of_band("max_height")
    unrolled, stretch, valid, hides = map(of_band, ("unrolled", "stretch", "valid", "hides"))
    clamped, mirrored, picture_positions = map(of_band, ("clamped", "mirrored", "picture_positions"))
    row_elevations_rad, azimuths_deg = map(of_band, ("row_elevations_rad", "azimuths_deg"))
    natural_height, natural_width = map(of_band, ("natural_height", "natural_width"))
    natural_lens = of_band("natural_lens")

    def coordinates(self, directions):
        return self.narrowed(BAND.coordinates(directions))

    def rolled(self, unrolled):
        return self.narrowed(BAND.rolled(unrolled))

    def narrowed(self, coordinates):
        radius = 1 - self.slope * coordinates[..., 2:]
        return np.concatenate([coordinates[..., :2] * radius, coordinates[..., 2:]], -1)

    def windows(self, rng, side, footprint):
        return replace(BAND.windows(rng, side, footprint), chart=self)


def test_a_chart(learn, panogen, monkeypatch, tmp_path):
    monkeypatch.setitem(CHARTS, "cone", Cone)
    run = learn(chart=Cone(0.75))
    model = api.load(run).model
    assert model.chart == Cone(0.75)
    shown = api.Panogen(model, "cone").render(4, View(32))
    assert not np.array_equal(shown, api.Panogen(Model(model.generator, BAND), "band").render(4, View(32)))
    assert panogen("render", "--model", run, "--seed", 4, "--width", 32, tmp_path / "out.png").exit_code == 0
    np.testing.assert_array_equal(pixels(tmp_path / "out.png"), shown)
    looks = (
        ("--projection", "perspective"),
        ("--tolerance", 8),
        ("--outside", "mirror"),
        ("--projection", "cylindrical"),
    )
    for look in looks:
        assert panogen("render", "--model", run, "--width", 32, *look, tmp_path / "out.png").exit_code == 0
    assert panogen("foveate", "--model", run, "--size", "32x18", tmp_path / "out.png").exit_code == 0
    blend = "--seed", 4, "--seed", 9, "--width", 32
    assert panogen("blend", "--model", run, *blend, tmp_path / "out.png").exit_code == 0
    again = tmp_path / "again"
    recipe = "--stages", "8:8", "--patch", 8, "--batch", 8, "--microbatch", 4, "--views", "crops"
    assert panogen("train", again, "--from", run, *recipe, "--quiet").exit_code == 0
    assert api.load(again).model.chart == Cone(0.75)
