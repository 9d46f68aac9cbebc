"""The wheel in an empty environment and an empty home, with nothing of this checkout: the first hour of a user."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest
from packaging.utils import canonicalize_name

import panogen as checkout
from panogen.grids.view import View
from tests.apps.viewer.test_browser import rest, seen
from tests.browser import CHROMIUM, Browser

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
MINUTES = 0.02  # of training
WIDTH = 256
GAZE = 436, 210  # right and down


@dataclass(frozen=True)
class Installed:
    """Programs of an environment, run in a folder of its own with a home of its own."""

    programs: Path
    folder: Path
    home: Path

    def command(self, name, *arguments):
        """A command line, and how to run it: it hears of nothing that is outside but how many threads tests have."""
        variables = {"PATH": f"{self.programs}{os.pathsep}{os.defpath}", "HOME": str(self.home), "LANG": "C.UTF-8"}
        variables["OPENBLAS_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"]
        return [self.programs / name, *map(str, arguments)], {"cwd": self.folder, "env": variables, "text": True}

    def run(self, name, *arguments):
        """What a program prints."""
        line, settings = self.command(name, *arguments)
        done = subprocess.run(line, capture_output=True, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def panogen(self, *arguments):
        """What panogen prints."""
        return self.run("panogen", *arguments)

    def picture(self, name):
        """Pixels (rows, columns, 3) of a file."""
        pixels = cv2.imread(str(self.folder / name))
        assert pixels is not None, f"{name} is no picture"
        return pixels[..., ::-1].astype(int)


@contextlib.contextmanager
def temporary_folder():
    """A folder that goes afterwards. Nothing waits for that: an environment has tens of thousands of files."""
    folder = tempfile.mkdtemp()
    try:
        yield Path(folder)
    finally:
        Thread(target=shutil.rmtree, args=(folder, True)).start()


def python(at, *arguments):
    """What a module of some interpreter prints."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([at, "-m", *map(str, arguments)], env=outside, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def link(distribution, packages):
    """Link what a distribution of this environment has among its packages into those of another one."""
    names = {path.parts[0] for path in distribution.files if path.parts[0] not in ("..", "__pycache__")}
    for name in names:
        if not (packages / name).exists():
            (packages / name).symlink_to(distribution.locate_file(name))


def install(wheel, environment):
    """Install a wheel and what pip says that it needs, by links where this environment has the very version."""
    at = environment / "bin" / "python"
    pip = "pip", "--python", at, "install", "--quiet"
    asked = "--dry-run", "--report", "-", "-c", ROOT / "constraints.txt", f"{wheel}[web]"
    found = [one["metadata"] for one in json.loads(python(sys.executable, *pip, *asked))["install"]]
    packages = Path(python(at, "sysconfig").split('purelib = "')[1].split('"')[0])
    here = {canonicalize_name(one.name): one for one in distributions()}
    missing = []
    for name, version in ((canonicalize_name(one["name"]), one["version"]) for one in found):
        if name == "panogen":
            continue
        if name in here and here[name].version == version:
            link(here[name], packages)
        else:
            missing.append(f"{name}=={version}")
    # Modules are compiled as they are imported: to compile all of torch takes longer than to unpack it.
    python(sys.executable, *pip, "--no-compile", "--no-deps", wheel, *missing)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder, home = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home")
    with temporary_folder() as temporary:
        wheels, environment = temporary / "wheels", temporary / "environment"
        python(sys.executable, "build", "--wheel", "--outdir", wheels, ROOT)
        (wheel,) = wheels.iterdir()
        python(sys.executable, "venv", "--without-pip", environment)
        install(wheel, environment)
        yield Installed(environment / "bin", folder, home)
    assert list(home.iterdir()) == []


@pytest.fixture(scope="module")
def trained(installed):
    """A run on procedural landscapes, which take a while to paint in full detail."""
    installed.panogen("train", "run", "--stages", "16:60000", "--patch", 16, "--minutes", MINUTES)
    return "run"


def require_panorama(picture, width):
    """A band of 90 degrees around the whole circle, of more than one colour, whose ends meet like other columns."""
    assert picture.shape == (width // 4, width, 3)
    assert picture.std((0, 1)).min() > 20
    steps = np.abs(np.roll(picture, -1, 1) - picture).mean((0, 2))
    assert steps[-1] <= 1.2 * steps[:-1].max()


def test_it_is_the_wheel_that_runs(installed):
    where = installed.run("python", "-c", "import panogen; print(panogen.__file__)")
    assert Path(where).is_relative_to(installed.programs.parent)
    assert (Path(where).parent / "py.typed").is_file()  # type checkers then read the annotations
    assert installed.panogen("--version").split()[-1] == checkout.__version__
    assert installed.panogen("models").count("\n") == len(list((ROOT / "models").iterdir()))


def test_a_trained_run_renders(installed, trained):
    n_images = int((installed.folder / trained / "latest").read_text())
    record = json.loads((installed.folder / trained / "checkpoints" / f"{n_images:09d}" / "training.json").read_text())
    assert n_images >= 16
    assert record["seconds"] >= 60 * MINUTES
    installed.panogen("render", "--model", trained, "--seed", 1, "--width", WIDTH, "trained.png")
    require_panorama(installed.picture("trained.png"), WIDTH)


def test_the_shipped_model_renders_as_here(installed):
    installed.panogen("render", "--seed", 4, "--width", WIDTH, "--yaw-sweep", 2, "--outdir", ".")
    place, turned = (installed.picture(f"turn00000{half}.png") for half in range(2))
    require_panorama(place, WIDTH)
    assert np.abs(place - checkout.load().render(4, View(width=WIDTH))).max() <= 1
    np.testing.assert_array_equal(np.roll(place, WIDTH // 2, 1), turned)


def test_a_blend_begins_with_one_place_and_ends_with_the_other(installed):
    installed.panogen("blend", "--seed", 4, "--seed", 9, "--width", WIDTH, "blend.png")
    blend = installed.picture("blend.png")
    require_panorama(blend, WIDTH)
    for seed, columns, others in ((4, slice(124, 132), 0), (9, slice(-4, None), WIDTH // 2)):
        place = checkout.load().render(seed, View(width=WIDTH)).astype(int)
        assert np.abs(blend - place)[:, columns].max() <= 1
        assert np.abs(blend - place)[:, others].mean() > 10


def test_a_foveated_picture_is_the_whole_one_at_the_gaze(installed):
    size = 640, 360
    installed.panogen(
        *("foveate", "--seed", 4, "--size", f"{size[0]}x{size[1]}", "--gaze-pixel", f"{GAZE[0]},{GAZE[1]}"),
        *("--samples", "samples.png", "seen.png"),
    )
    lens = "--projection", "perspective", "--width", size[0], "--height", size[1]
    installed.panogen("render", "--seed", 4, *lens, "whole.png")
    foveated, whole, samples = (installed.picture(f"{name}.png") for name in ("seen", "whole", "samples"))
    assert foveated.shape == whole.shape == (*size[::-1], 3)
    assert whole.std((0, 1)).min() > 20
    fovea = slice(GAZE[1] - 20, GAZE[1] + 21), slice(GAZE[0] - 20, GAZE[0] + 21)
    assert samples[fovea].min() == 255
    np.testing.assert_array_equal(foveated[fovea], whole[fovea])
    assert samples.mean() < 0.4 * 255
    blurred = cv2.GaussianBlur(
        (foveated - whole).astype(float), None, 12
    )  # the periphery lacks fine detail, and no more than that
    assert np.abs(foveated - whole).mean() > 0 and np.abs(blurred).mean() < 2


def test_the_shipped_model_is_nearer_to_its_data_than_a_new_one(installed, trained):
    distances = []
    for model in (trained, "landscapes"):
        sizes = "--crops", 24, "--panoramas", 4, "--resolution", 32
        report = f"report-{model}"
        installed.panogen(
            "evaluate", "--model", model, "--data", "procedural:landscapes", *sizes, "--metrics", "swd,seam",
            "--out", report,
        )  # fmt: skip
        figures = json.loads((installed.folder / report / "figures.json").read_text())["figures"]
        found = {one["name"]: one for one in figures}
        for one in figures:
            assert one["low"] <= one["value"] <= one["high"]
            assert one["floor"] is not None
        distances.append(found["swd.mean"])
        assert "swd.mean" in (installed.folder / report / "index.html").read_text()
    assert distances[1]["high"] < distances[0]["low"]


@pytest.fixture(scope="module")
def served(installed):
    """The address of a page of place 4."""
    line, settings = installed.command("panogen", "view", "--seed", 4, "--port", 0)
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings) as process:
        try:
            yield process.stdout.readline().strip()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_the_page_is_served(served):
    with urllib.request.urlopen(served) as answer:
        assert answer.headers.get_content_type() == "text/html"
        assert '<canvas id="picture"' in answer.read().decode()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_the_page_shows_the_place(served, tmp_path):
    width, height = 640, 360
    browser = Browser(tmp_path / "browser", width, height)
    try:
        browser.open(served)
        rest(browser)
        shown = seen(browser)
        assert browser.failures() == []
    finally:
        browser.close()
        shutil.rmtree(tmp_path / "browser", ignore_errors=True)
    assert shown.std((0, 1)).min() > 20
    lens = checkout.load().render(4, View(width=width, height=height, projection="perspective"))
    assert np.abs(shown - lens).mean() < 4
