import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from PIL import Image

from tests.run.helpers import log_often

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run an example in this process, which has imported torch."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run


def alone(name, *arguments):
    """Run an example in a process of its own, as its users do."""
    command = [sys.executable, "-W", "error", EXAMPLES / name, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_look_around(tmp_path):
    assert "views.jpg" in alone("look_around.py", tmp_path / "out", 64)
    assert cv2.imread(str(tmp_path / "out" / "panorama.jpg")).shape == (32, 128, 3)
    views = cv2.imread(str(tmp_path / "out" / "views.jpg"))
    assert views.shape == (76, 132, 3)
    assert views[:36, :64].std() > 5


def test_every_projection(run, tmp_path):
    assert "wrote" in run("every_projection.py", tmp_path / "sheet.png", 240)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape[1] == 240 + 3 * 12
    assert sheet.std() > 50


def test_follow_the_gaze(run, tmp_path):
    assert "wrote" in run("follow_the_gaze.py", tmp_path / "clip.webp", 64, 3)
    with Image.open(tmp_path / "clip.webp") as clip:
        assert (clip.n_frames, clip.size) == (3, (132, 36))


def test_train_your_own(run, monkeypatch, tmp_path):
    log_often(monkeypatch)
    assert run("train_your_own.py", tmp_path / "run", "procedural:landscapes", 0, 32).startswith("16 images seen")
    assert cv2.imread(str(tmp_path / "run" / "place.png")).shape == (128, 512, 3)


def test_every_example_is_run_here():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {
        "every_projection.py",
        "follow_the_gaze.py",
        "look_around.py",
        "train_your_own.py",
    }
