"""What a newcomer must touch: a toy of each kind is made known by its registry alone, and used as any other is."""

import sys
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import nn
from torch.nn import functional

import panogen as package
from panogen import api
from panogen.data import open_source
from panogen.geometry import CHARTS, Chart, Cylinder, pixel_centres
from panogen.grids import GRIDS, Camera
from panogen.grids.base import AHEAD_CAMERA, CircleGrid
from panogen.grids.view import View
from panogen.networks import DISCRIMINATORS, ENCODINGS, DiscriminatorConfig, EncodingConfig, FourierConfig
from panogen.pictures.formats import FORMATS
from panogen.pictures.formats.base import Format, strips
from panogen.run import Run, RunConfig, Session, train
from panogen.training import Stage
from panogen.weights.checkpoint import Model
from tests.conftest import NOISE, TINY
from tests.run.helpers import log_often
from tests.training.helpers import CONFIG

GENERATOR = replace(TINY, depth=3, encodings=(FourierConfig(6), NOISE))


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def run_anew(monkeypatch):
    """Run a command line as a new process does, which derives its choices from what is known by then."""
    for name in [name for name in sys.modules if name.startswith("panogen.cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(package, "cli", package.cli)  # is put back with the modules
    main = import_module("panogen.cli.main").main
    return lambda *words: CliRunner().invoke(main, [*map(str, words)], catch_exceptions=False)


@pytest.fixture
def learn_more(panogen, panorama_folder, tmp_path):
    """Begin a run with the model of another, and train a step."""

    def learn_more(run, *options):
        recipe = "--stages", "8:8", "--batch", 8, "--microbatch", 4, "--views", "crops", "--quiet"
        again = tmp_path / "again"
        result = panogen("train", again, "--data", panorama_folder, "--begin-with", run, *recipe, *options)
        return again, result

    return learn_more


@pytest.fixture
def learn(panogen, panorama_folder, monkeypatch, tmp_path):
    """Train a step by a recipe, and, after a finer stage has begun, another from the command line."""
    log_often(monkeypatch)

    def learn(**recipe):
        stages = Stage(8, 8), Stage(16, 8)
        config = replace(CONFIG, stages=stages, **{"generator": GENERATOR, **recipe})
        source, folder = open_source(str(panorama_folder)), tmp_path / "run"
        run = Run.begin(folder, RunConfig(str(panorama_folder), config), source)
        assert train(run, source, Session(minutes=0)).n_images == 8
        assert panogen("train", folder, "--resume", "--quiet", "--threads", 1).exit_code == 0
        assert Run.open(folder).config.train == config
        return folder

    return learn


@dataclass(frozen=True)
class EqualArea(CircleGrid):
    """Lambert's cylinder: a height is the sine of an elevation."""

    name = "equal-area"
    width: int
    height: int
    camera: Camera = AHEAD_CAMERA

    @classmethod
    def _laid_out(cls, chart, camera, width, height, fov_deg):
        return cls(width, height or width // 3, camera)

    @property
    def row_elevations_rad(self):
        return np.arcsin(1 - 2 * pixel_centres(self.height))

    @property
    def row_steps_rad(self):
        return 2 / self.height / np.cos(self.row_elevations_rad)


def test_a_projection(run_anew, model_folder, monkeypatch, tmp_path):
    monkeypatch.setitem(GRIDS, "equal-area", EqualArea)
    for command in ("render", "foveate"):
        assert "|equal-area]" in run_anew(command, "--help").stdout
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    asked = "--model", model_folder, "--projection", "equal-area"
    assert run_anew("render", *asked, "--width", 48, "--supersample", 2, "--yaw", 30, out).exit_code == 0
    view = View(48, projection="equal-area", supersample=2, yaw_deg=30.0)
    np.testing.assert_array_equal(pixels(out), api.load(model_folder).render(0, view))
    assert run_anew("render", "--model", model_folder, "--from", out, again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert run_anew("foveate", *asked, "--size", "48x16", out).exit_code == 0


class PpmFormat(Format):
    """Pixels, and after them what is said of the picture."""

    def encode(self, image, file, packet):
        file.write(b"P6 %d %d 255\n" % (image.width, image.height))
        for rows in strips(image):
            file.write(rows.tobytes())
        file.write(packet.encode())


def test_a_format(panogen, model_folder, monkeypatch, tmp_path):
    monkeypatch.setitem(FORMATS, ".ppm", PpmFormat("PPM", transparent=False))
    out, again = tmp_path / "out.ppm", tmp_path / "again.ppm"
    asked = "render", "--model", model_folder, "--width", 32
    assert panogen(*asked, "--seed", 4, out).exit_code == 0
    np.testing.assert_array_equal(pixels(out), api.load(model_folder).render(4, View(32)))
    assert panogen("render", "--model", model_folder, "--from", out, again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert panogen(*asked, "--latent", out, again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert "PPM holds no transparency" in panogen(*asked, "--outside", "transparent", out).stderr


@dataclass(frozen=True)
class WavesConfig(EncodingConfig):
    """Waves of heights, whose phase belongs to a place, as many as there are rows in training."""

    kind = "waves"
    knows_layouts = True
    channels: int = 4
    rows: int = 4

    def at(self, chart, rows):
        return replace(self, rows=rows)

    def build(self, chart):
        return Waves(self)


class Waves(nn.Module):
    comes_apart = False
    finest_rad = 0.1

    def __init__(self, config):
        super().__init__()
        self.config, self.channels = config, config.channels
        self.gains = nn.Parameter(torch.ones(config.channels))

    def reshaped(self, config):
        self.config = config
        return self

    def forward(self, points, layouts):
        phases = torch.tensor(layouts)[:, None, None] + torch.arange(self.channels)
        return torch.sin(points.unrolled[:, 1:] * self.config.rows + phases).float() * self.gains


def test_an_encoding(learn, learn_more, panogen, monkeypatch, tmp_path):
    monkeypatch.setitem(ENCODINGS, "waves", WavesConfig)
    run = learn(generator=replace(GENERATOR, encodings=(FourierConfig(6), WavesConfig())))
    shown = api.load(run)
    generator = shown.model.generator
    assert generator.config.encodings[1] == generator.waves.config == WavesConfig(rows=16)
    assert generator.knows_layouts
    assert not torch.equal(generator.waves.gains, torch.ones(4))
    out = tmp_path / "out.png"
    assert panogen("render", "--model", run, "--seed", 4, "--layout", 9, "--width", 32, out).exit_code == 0
    assert not np.array_equal(pixels(out), shown.render(4, View(32)))
    assert panogen("blend", "--model", run, "--seed", 4, "--seed", 9, "--width", 32, out).exit_code == 0
    assert api.load(learn_more(run)[0]).model.generator.waves.config == WavesConfig(rows=8)


@dataclass(frozen=True)
class JudgeConfig(DiscriminatorConfig):
    """Scores the colours of quarters."""

    kind = "judge"
    penalised = False
    told_azimuth: bool = False
    told_view: bool = False
    sides: int = 2

    def build(self, resolution, **shape):
        return Judge(self, resolution)


class Judge(nn.Module):
    fades_in = False

    def __init__(self, config, resolution):
        super().__init__()
        self.config, self.resolution = config, resolution
        self.score = nn.Linear(3 * config.sides**2, 1)

    def forward(self, images, position, fade=1.0):
        return self.score(functional.adaptive_avg_pool2d(images, self.config.sides).flatten(1))[:, 0]


def test_a_discriminator(learn, learn_more, monkeypatch):
    monkeypatch.setitem(DISCRIMINATORS, "judge", JudgeConfig)
    run = learn(discriminator=JudgeConfig(sides=3), global_weight=1.0, global_rows=8)
    again, _ = learn_more(run)
    assert Run.open(again).config.train.discriminator == JudgeConfig(sides=3)
    _, refused = learn_more(run, "--discriminator-base", 64)
    assert refused.exit_code == 2
    assert "--discriminator-base cannot change the discriminator that the run begins with" in " ".join(
        refused.stderr.split()
    )


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
    unrolled, stretch, valid, hides = map(of_band, ("unrolled", "stretch", "valid", "hides"))
    clamped, mirrored = map(of_band, ("clamped", "mirrored"))

    def coordinates(self, directions):
        return self.narrowed(BAND.coordinates(directions))

    def narrowed(self, coordinates):
        radius = 1 - self.slope * coordinates[..., 2:]
        return np.concatenate([coordinates[..., :2] * radius, coordinates[..., 2:]], -1)

    def windows(self, rng, side, footprint, nadir_rad=0.0):
        return BAND.windows(rng, side, footprint)


def test_a_chart(learn, learn_more, panogen, monkeypatch, tmp_path):
    monkeypatch.setitem(CHARTS, "cone", Cone)
    run, out = learn(chart=Cone(0.75)), tmp_path / "out.png"
    model = api.load(run).model
    assert model.chart == Cone(0.75)
    shown = api.Panogen(model, "cone").render(4, View(32))
    assert not np.array_equal(shown, api.Panogen(Model(model.generator, BAND), "band").render(4, View(32)))
    assert panogen("render", "--model", run, "--seed", 4, "--width", 32, out).exit_code == 0
    np.testing.assert_array_equal(pixels(out), shown)
    assert panogen("render", "--model", run, "--width", 32, "--tolerance", 8, out).exit_code == 0
    assert panogen("foveate", "--model", run, "--size", "32x18", out).exit_code == 0
    assert panogen("blend", "--model", run, "--seed", 4, "--seed", 9, "--width", 32, out).exit_code == 0
    assert api.load(learn_more(run)[0]).model.chart == Cone(0.75)
