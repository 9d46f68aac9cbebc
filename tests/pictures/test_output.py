"""Where a picture's file and what lies beside it go, whatever they are called."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panogen import api
from panogen.base.errors import UsageError
from panogen.base.names import longest_name
from panogen.grids.view import View
from panogen.request import Request

VIEW = View(width=32)
FORMATS = [".png", ".jpg", ".webp", ".tif", ".exr"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="names and links are others there")


@pytest.fixture
def tiny(model_folder):
    return api.load(model_folder)


@pytest.fixture
def out(tmp_path):
    """An empty folder."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("stem", [b"caf\xe9", b"two\nlines", b"-rf *", b"x" * 240, "é".encode() * 125])
def test_every_name_that_a_folder_takes_is_written(tiny, out, stem, suffix):
    if suffix == ".exr":
        pytest.importorskip("OpenEXR")
    path = out / os.fsdecode(stem + suffix.encode())
    tiny.save(path, 4, VIEW)
    assert list(out.iterdir()) == [path]
    assert Request.read(path) == tiny.request(4, VIEW)


def test_a_longest_name_is_resumed(tiny, out, monkeypatch):
    path = out / f"{'x' * (longest_name(out) - 4)}.png"
    output = tiny.output(path, 4, VIEW)

    def fail(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(output.format), "encode", fail)
        with pytest.raises(KeyboardInterrupt):
            output.write()
    with pytest.raises(UsageError, match="has been begun: --resume goes on with it"):
        tiny.save(path, 4, VIEW)
    tiny.save(path, 4, VIEW, resume=True)
    assert list(out.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_link_stays_and_its_target_is_replaced(tiny, out, suffix):
    (out / "far").mkdir()
    link, target = out / f"link{suffix}", out / "far" / f"target{suffix}"
    link.symlink_to(Path("far", target.name))
    for seed in (4, 9):
        tiny.save(link, seed, VIEW)
        assert link.is_symlink() and not target.is_symlink()
        assert np.array_equal(np.asarray(Image.open(target)), tiny.render(seed, VIEW))
    assert sorted(path.name for path in out.rglob("*")) == ["far", link.name, target.name]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.symlink_to(path.name), "cannot be written: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("missing/out.png"), "missing' does not exist; create it first"),
        (lambda path: os.mkfifo(path), "is a device or a pipe, which no file can replace; give a file name"),
        (lambda path: path.mkdir(), "is a folder; give a file name in it"),
    ],
)
def test_what_no_file_can_replace_is_refused(tiny, out, make, message):
    make(out / "out.png")
    with pytest.raises(UsageError, match=message):
        tiny.output(out / "out.png", 4, VIEW).write()


def test_a_second_picture_of_one_name_has_its_own_pixels(tiny, out):
    for seed in (4, 9):
        tiny.save(out / "out.png", seed, VIEW)
        assert np.array_equal(np.asarray(Image.open(out / "out.png")), tiny.render(seed, VIEW))
