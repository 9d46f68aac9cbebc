"""Small models and pictures that many tests share."""

import os

# Before numpy is imported: where several processes have a thread for every core, those that wait keep the cores busy.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from panogen.cli.main import main
from panogen.geometry import Chart, Cylinder, Plane, Sphere
from panogen.networks import (
    FourierConfig,
    Generator,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    TableConfig,
)
from panogen.weights.checkpoint import Model, save_model

torch.set_num_threads(1)  # small operations on several threads wait for each other, worst on a busy machine

TABLE = TableConfig(6, rows=8, columns=32)
TINY = GeneratorConfig(
    width=16, depth=5, z_dim=8, w_dim=12, mapping_layers=2, encodings=(FourierConfig(10), TABLE)
)  # fmt: skip

NARROWING = {"width": 24, "pair_widths": (19, 17), "noise": True}  # as the CIPS authors' networks are
FLAT = Plane(32 / 31)
NOISE = OctavesConfig(count=4, channels=3, finest_rad=math.pi / 64)
OCTAVES: dict[str, Any] = {"encodings": (FourierConfig(10, upright=True, fading=True), NOISE)}
PARTIAL: dict[str, dict[str, Any]] = {
    "no-embedding": {"encodings": (FourierConfig(10),)},
    "no-fourier": {"encodings": (TABLE,)},
    "octaves alone": {"encodings": (NOISE,)},
    "sided octaves": {"encodings": (FourierConfig(10, upright=True), replace(NOISE, channels=4, sided=True))},
    "planes and skyline": {"encodings": (FourierConfig(10, upright=True), PlanesConfig(4, 3), SkylineConfig(4, 3))},
}
KNOWING: dict[str, dict[str, Any]] = {"table": {}, "octaves": OCTAVES}  # what a network knows of a point
SAVED: dict[str, tuple[Chart, dict[str, Any]]] = {
    "tiny": (Cylinder(), {}),
    "octaves": (Cylinder(), OCTAVES),
    "sphere": (Sphere(), OCTAVES),
    "flat": (FLAT, NARROWING),
}


def tiny_generator(head: str = "skip", seed: int = 0, chart: Chart | None = None, **changes: Any) -> Generator:
    """A small generator with lively random weights; its colours vary over the picture and with the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = Generator(replace(TINY, head=head, **changes), chart or Cylinder())
        with torch.no_grad():
            for name, parameter in generator.named_parameters():
                if name.endswith(("bias", "noise")):
                    parameter.add_(torch.randn_like(parameter) * 0.3)
            generator.w_avg.normal_()
    return generator.eval().requires_grad_(False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the wheel: they take longest, and would install it twice if they were shared out."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.fixture(scope="session", autouse=True)
def careless() -> Iterator[None]:
    """No test has files outlive a power cut, and to wait for the disk takes longer than to compute what they hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def seeded() -> None:
    """No test depends on those before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def panogen() -> Callable[..., Result]:
    """Run a command line in this process."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def generator() -> Generator:
    return tiny_generator()


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small models that fixtures copy: to copy one is quicker than to save it."""
    root = tmp_path_factory.mktemp("saved")
    for name, (chart, changes) in SAVED.items():
        model = Model(tiny_generator(chart=chart, **changes), chart, {"licence": "MIT"}, f"# {name.title()}\n")
        save_model(model, root / name)
    return root


@pytest.fixture
def model_folder(saved: Path, tmp_path: Path) -> Path:
    """A saved small model."""
    return shutil.copytree(saved / "tiny", tmp_path / "tiny")


@pytest.fixture
def octaves_folder(saved: Path, tmp_path: Path) -> Path:
    """A saved small model of octaves."""
    return shutil.copytree(saved / "octaves", tmp_path / "octaves")


@pytest.fixture
def sphere_folder(saved: Path, tmp_path: Path) -> Path:
    """A saved small model of the whole sphere."""
    return shutil.copytree(saved / "sphere", tmp_path / "sphere")


@pytest.fixture
def flat_folder(saved: Path, tmp_path: Path) -> Path:
    """A saved small model of flat pictures."""
    return shutil.copytree(saved / "flat", tmp_path / "flat")


@pytest.fixture
def panorama_folder(tmp_path: Path) -> Path:
    """Two usable panoramas in a folder."""
    return save_panoramas(tmp_path / "panoramas")


def save_panoramas(folder: Path) -> Path:
    """Make a folder of two usable panoramas."""
    folder.mkdir()
    for number in range(2):
        rng = np.random.default_rng(number)
        half = rng.integers(0, 256, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        pixels = np.concatenate([half, half[:, ::-1]], axis=1)  # left and right edges meet
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder
