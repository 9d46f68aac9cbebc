"""The contract of every tiling in TILINGS."""

import errno
import json
import os
from itertools import pairwise

import numpy as np
import pytest

from panogen.apps.export import TILINGS, Export, save_export, tiling_of
from panogen.apps.export.base import doubling
from panogen.base.errors import JobError, UsageError
from tests.apps.export.helpers import CHART, read


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", TILINGS)
class TestContract:
    def test_a_folder_of_small_tiles_appears_and_says_how_it_was_made(self, name, model, tmp_path):
        computed = []
        export = Export(width=256, tiling=name, tile=64, truncation=0.7)
        save_export(model, 4, tmp_path / "out", export, computed.append)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
        tiles = [
            path
            for path in (tmp_path / "out").rglob("*.jpg")
            if path.parent.name != "fallback" and path.name != "base.jpg"
        ]
        assert len(tiles) > 4
        assert all(max(read(tile).shape) <= 64 for tile in tiles)
        made = json.loads((tmp_path / "out/request.json").read_text())
        assert (made["place"]["seed"], made["model"], made["export"]) == (4, "tiny", vars(export))
        tiling = tiling_of(export, CHART)
        assert sum(computed) == tiling.pixels
        assert tiling.described().get("tiles", len(tiles)) == len(tiles)
        assert not {path for path in files(tmp_path / "out") if path.endswith((".png", "properties.xml"))}

    def test_it_is_the_same_twice_and_depends_on_the_place(self, name, model, tmp_path):
        export = Export(width=64, tiling=name, tile=32)
        for folder, place in (("first", 4), ("second", 4), ("other", 9)):
            save_export(model, place, tmp_path / folder, export)
        first, second, other = (
            {path: (tmp_path / folder / path).read_bytes() for path in files(tmp_path / folder)}
            for folder in ("first", "second", "other")
        )
        assert first == second
        assert first.keys() == other.keys()
        assert sum(first[path] != other[path] for path in first if path.endswith(".jpg")) >= 3

    def test_an_interruption_leaves_nothing(self, name, model, tmp_path):
        def interrupt(pixels):
            assert list(tmp_path.iterdir())
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            save_export(model, 4, tmp_path / "out", Export(width=64, tiling=name), interrupt)
        assert not list(tmp_path.iterdir())

    def test_a_full_disk_is_one_sentence_and_leaves_nothing(self, name, model, tmp_path, monkeypatch):
        def full(*arguments, **settings):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(JobError, match="No space left on device"):
            save_export(model, 4, tmp_path / "out", Export(width=64, tiling=name))
        assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_filled_and_another_is_not_touched(model, tmp_path):
    folder = tmp_path / "not" / "yet" / "out"
    folder.mkdir(parents=True)
    (folder / ".DS_Store").touch()
    save_export(model, 4, folder, Export(width=64))
    before = files(folder)
    assert "config.json" in before
    with pytest.raises(UsageError, match="must be new or empty"):
        save_export(model, 9, folder, Export(width=64, tiling="dzi"))
    assert files(folder) == before


@pytest.mark.parametrize("tile", [32, 100, 512])
@pytest.mark.parametrize("size", [1, 20, 32, 33, 163, 326, 512, 513, 2608, 12345])
def test_levels_double_and_end_near_the_size(size, tile):
    sides = doubling(size, tile)
    assert all(larger == 2 * smaller for smaller, larger in pairwise(sides))
    assert 1 <= sides[0] <= tile
    assert abs(sides[-1] - size) <= 2 ** (len(sides) - 1) / 2
    assert len(sides) == 1 or size > tile * 2 ** (len(sides) - 2)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 63}, r"width must be a whole number in \[64, 1000000\], got 63"),
        ({"width": 64.0}, r"width must be a whole number, got 64.0"),
        ({"tile": 16}, r"tile must be a whole number in \[32, 4096\], got 16"),
        ({"quality": 101}, r"quality must be a whole number in \[1, 100\], got 101"),
        ({"quality": True}, r"quality must be a whole number, got True"),
        ({"truncation": float("nan")}, r"truncation must be in \[-2, 2\], got nan"),
        (
            {"tiling": "flat"},
            "tiling must be one of multires, photo-sphere-viewer, dzi, iiif, zoomify, live, got 'flat'",
        ),
        ({"tiling": "dzi", "viewer": True}, "the viewer shows tiling multires, got dzi"),
        ({"tiling": "dzi", "url": "http://here"}, "url is for tiling iiif, got dzi"),
        ({"tiling": "iiif", "url": "here"}, "url must begin with http:// or https://, got 'here'"),
        ({"tiling": "photo-sphere-viewer", "width": 32769}, "width must be at most 32768 for photo-sphere-viewer"),
    ],
)
def test_what_makes_no_sense(fields, message):
    with pytest.raises(UsageError, match=message):
        tiling_of(Export(**fields), CHART)


def test_numbers_may_be_those_of_numpy():
    assert Export(width=np.int64(8192), truncation=np.float32(0.5)) == Export(width=8192, truncation=0.5)


def test_a_folder_at_home(model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_export(model, 4, "~/out", Export(width=64))
    assert (tmp_path / "out" / "config.json").is_file()
