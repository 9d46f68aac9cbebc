"""The contract of every sink in SINKS, and where viewers look for GPano."""

import json
import re

import cv2
import numpy as np
import pytest
from PIL import Image

from panogen.errors import UsageError
from panogen.geometry import Cylinder
from panogen.grids import Camera, Equirectangular
from panogen.sinks import SINKS, save_picture, sink_for

PICTURE = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8).repeat(8, 0).repeat(8, 1)


@pytest.mark.parametrize("suffix", SINKS)
class TestContract:
    def test_takes_pixels_in_order_and_any_portions(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        flat = PICTURE.reshape(-1, 3)
        with SINKS[suffix](path, PICTURE.shape[:2], {}) as sink:
            for start in range(0, len(flat), 100):
                sink.write(flat[start : start + 100])
            assert not path.exists()
        read = cv2.imread(str(path))[..., ::-1]
        assert read.shape == PICTURE.shape
        assert np.abs(read.astype(int) - PICTURE).mean() < 3
        assert list(tmp_path.iterdir()) == [path]

    def test_an_error_leaves_what_was_there(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        path.write_bytes(b"before")
        with pytest.raises(RuntimeError), SINKS[suffix](path, (2, 2), {}) as sink:
            sink.write(np.zeros((2, 3), np.uint8))
            raise RuntimeError
        assert path.read_bytes() == b"before"

    def test_a_picture_that_is_not_whole_is_not_written(self, suffix, tmp_path):
        with pytest.raises(ValueError, match="2 of 4 pixels"), SINKS[suffix](tmp_path / "out.x", (2, 2), {}) as sink:
            sink.write(np.zeros((2, 3), np.uint8))
        assert not list(tmp_path.iterdir())

    def test_says_how_it_was_made_and_where_it_lies_on_the_sphere(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        gpano = Equirectangular.lay_out(Cylinder(), Camera(), 64).metadata
        save_picture(path, np.zeros((16, 64, 3), np.uint8), {"gpano": gpano, "panogen": {"seed": 4}})
        # As Pannellum and Photo Sphere Viewer do: a text search of the file's bytes.
        packet = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", path.read_bytes(), re.DOTALL)
        fields = dict(re.findall(rb'GPano:(\w+)="([^"]*)"', packet.group()))
        assert fields[b"ProjectionType"] == b"equirectangular"
        numbers = {name: int(value) for name, value in fields.items() if name.endswith(b"Pixels")}
        assert numbers == {
            b"CroppedAreaImageWidthPixels": 64, b"CroppedAreaImageHeightPixels": 16, b"FullPanoWidthPixels": 64,
            b"FullPanoHeightPixels": 32, b"CroppedAreaLeftPixels": 0, b"CroppedAreaTopPixels": 8,
        }  # fmt: skip
        with Image.open(path) as image:
            made = image.info.get("panogen") or image.info["comment"].decode()
        assert json.loads(made) == {"seed": 4}

    def test_nothing_is_claimed_of_other_pictures(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        save_picture(path, PICTURE)
        assert b"xmpmeta" not in path.read_bytes()

    def test_refuses_before_rendering_what_it_cannot_hold(self, suffix):
        # OpenCV, for one, returns False for these instead of raising.
        sink = SINKS[suffix]
        sink.check((1, sink.largest_side))
        with pytest.raises(UsageError, match=rf"holds at most {sink.largest_side} pixels a side, got"):
            sink.check((1, sink.largest_side + 1))
        with pytest.raises(UsageError, match="a picture may have at most 1073741824 pixels, got"):
            sink.check((2**15 + 1, 2**15))


def test_pixels_before_the_metadata_would_hide_it(tmp_path):
    path = tmp_path / "out.png"
    save_picture(path, PICTURE, {"gpano": {"ProjectionType": "equirectangular"}})
    data = path.read_bytes()
    assert data.index(b"iTXt") < data.index(b"IDAT")


@pytest.mark.parametrize("name", ["out.gif", "out", "out.PNG.txt"])
def test_unknown_suffixes(name, tmp_path):
    with pytest.raises(UsageError, match=r"must be one of \.png, \.jpg, \.jpeg, got"):
        sink_for(tmp_path / name)


def test_suffixes_in_capitals(tmp_path):
    assert sink_for(tmp_path / "OUT.PNG") is SINKS[".png"]
