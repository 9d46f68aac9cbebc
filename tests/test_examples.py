import ast
import json
import re
import runpy
import subprocess
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from panogen.weights.shipped import DEFAULT_MODEL
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


def shown_by(source, namespace):
    """Run a cell, and return what it shows: the value of its last line, if that has one."""
    *lines, last = ast.parse(source).body
    if not isinstance(last, ast.Expr) or source.endswith(";"):
        lines, last = [*lines, last], None
    exec(compile(ast.Module(lines, []), "cell", "exec"), namespace)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)


@pytest.fixture
def cells():
    """Run the notebook's cells of code, and return what each shows, by its name."""

    def run():
        namespace, shown = {}, {}
        for cell in json.loads((EXAMPLES / "look_around.ipynb").read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                small = "".join(cell["source"]).replace("WIDTH = 1024", "WIDTH = 128")
                shown[cell["id"]] = shown_by(small, namespace)
        return shown

    return run


def pixels(shown):
    return cv2.imdecode(np.frombuffer(shown._repr_png_(), np.uint8), cv2.IMREAD_COLOR)


def test_the_notebook_shows_pictures(cells, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = cells()
    assert DEFAULT_MODEL in repr(shown.pop("load"))
    assert shown.pop("sliders") is None
    said = capsys.readouterr().out
    assert re.search(r"^\d+% of the pixels were computed$", said, re.M)
    assert "pip install ipywidgets" in said
    assert {name: pixels(one).shape[:2] for name, one in shown.items()} == {
        "render": (32, 128),
        "look": (32, 64),
        "blend": (32, 128),
        "foveate": (32, 64),
    }
    assert all(pixels(one).std() > 5 for one in shown.values())


def test_the_notebooks_sliders_look_around(cells, monkeypatch):
    moved = []

    def interact(look, **sliders):
        moved.extend(look(**{name: ends[end] for name, ends in sliders.items()}) for end in (0, 1))

    monkeypatch.setitem(sys.modules, "ipywidgets", types.SimpleNamespace(interact=interact))
    cells()
    first, last = map(pixels, moved)
    assert first.shape == last.shape == (32, 64, 3)
    assert np.abs(first.astype(int) - last).mean() > 5


def test_the_notebook_is_as_nbformat_asks_and_keeps_no_outputs():
    notebook = json.loads((EXAMPLES / "look_around.ipynb").read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    for cell in notebook["cells"]:
        own = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | own
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_every_example_is_run_here():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == {
        "every_projection.py",
        "follow_the_gaze.py",
        "look_around.ipynb",
        "look_around.py",
        "train_your_own.py",
    }
