"""Pairs for the eye: which picture is whose, and how answers are counted."""

import json

import cv2
import numpy as np
import pairs
import pytest
from click.testing import CliRunner

from panogen.pictures.formats import save_picture


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Three pairs, whose photographs are red."""
    monkeypatch.setattr(pairs, "WIDTH", 256)
    red = np.zeros((128, 256, 3), np.uint8) + np.uint8([200, 30, 30])
    for number in range(2):
        (tmp_path / "data").mkdir(exist_ok=True)
        save_picture(tmp_path / f"data/{number}.png", red + np.uint8(number))
    options = ["make", str(tmp_path / "out"), "--model", "landscapes", "--data", str(tmp_path / "data"), "--pairs", "3"]
    done = CliRunner().invoke(pairs.main, options, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return tmp_path / "out"


def test_the_key_says_which_is_the_photograph(made):
    key = json.loads((made / pairs.KEY).read_text())
    assert key["model"] == "landscapes" and set(key["photograph"]) == {"00", "01", "02"}
    assert {path.name for path in made.iterdir()} == {"00.png", "01.png", "02.png", pairs.KEY}
    for number, letter in key["photograph"].items():
        picture = cv2.imread(str(made / f"{number}.png"))[..., ::-1]
        assert picture.shape == (2 * (pairs.GAP + 64), 128, 3)
        upper, lower = picture[pairs.GAP : pairs.GAP + 64], picture[-64:]
        is_red = [np.abs(half - np.array([200, 30, 30])).max() <= 2 for half in (upper, lower)]
        assert is_red == [letter == "A", letter == "B"]


def test_answers_are_counted(made, tmp_path):
    key = json.loads((made / pairs.KEY).read_text())["photograph"]
    other = {"A": "B", "B": "A"}
    (tmp_path / "right.txt").write_text("".join(f"{number} {letter}\n" for number, letter in key.items()))
    wrong = {**key, "01": other[key["01"]]}
    (tmp_path / "wrong.txt").write_text("".join(f"{number} {letter}\n" for number, letter in wrong.items()))
    files = [str(tmp_path / f"{name}.txt") for name in ("right", "wrong")]
    done = CliRunner().invoke(pairs.main, ["count", str(made), *files])
    lines = [line.split() for line in done.output.splitlines()]
    assert ["right", "3", "0", "-"] in lines
    assert ["wrong", "3", "1", "01"] in lines


def test_answers_that_are_none_are_refused(made, tmp_path):
    for text in ("00 A\n", "00 A\n01 B\n02\n", "00 A\n01 B\n02 C\n"):
        (tmp_path / "other.txt").write_text(text)
        done = CliRunner().invoke(pairs.main, ["count", str(made), str(tmp_path / "other.txt")])
        assert done.exit_code == 1 and "must have a line as '07 B' for each of 00, 01, 02" in done.output


def test_too_few_panoramas_leave_no_folder(made, tmp_path):
    options = ["make", str(tmp_path / "more"), "--data", str(tmp_path / "data"), "--pairs", "5"]
    done = CliRunner().invoke(pairs.main, options)
    assert done.exit_code == 1 and "--pairs 5 needs as many halves of panoramas 256 wide" in done.output
    assert not (tmp_path / "more").exists()
    again = CliRunner().invoke(pairs.main, ["make", str(made), "--data", str(tmp_path / "data")])
    assert again.exit_code == 1 and "is there already; name a new folder" in again.output
