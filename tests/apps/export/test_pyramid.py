import json
import math
import os
import signal
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import pyvips

from panogen.apps.export import Export, save_export
from panogen.apps.export.pyramid import DeepZoom
from panogen.base.errors import JobError
from panogen.grids.view import View
from tests.apps.export.helpers import exported, off, pasted, read

WIDTH, HEIGHT, TILE = 400, 100, 64


@pytest.fixture(scope="module")
def picture(model):
    return model.render(4, View(width=WIDTH))


def export_of(tiling, **more):
    return Export(width=WIDTH, tiling=tiling, tile=TILE, quality=97, **more)


def smaller(picture, times):
    """The mean of blocks; what does not fill one is cut off."""
    rows, columns = (side // times for side in picture.shape[:2])
    return picture[: rows * times, : columns * times].reshape(rows, times, columns, times, 3).mean((1, 3))


def check_levels(level, picture):
    """Level 0 is the picture, each next one half as large."""
    for number in range(4):
        found, expected = level(number), smaller(picture, 2**number)
        assert found.shape[:2] == tuple(math.ceil(side / 2**number) for side in picture.shape[:2])
        found = found[: len(expected), : expected.shape[1]]
        assert off(found, np.round(expected)) < 3
        assert off(np.roll(found, len(found) // 4, axis=1), np.round(expected)) > 6


def test_deep_zoom(model, picture, tmp_path):
    exported(model, tmp_path / "out", export_of("dzi"))
    image = ElementTree.parse(tmp_path / "out/panorama.dzi").getroot()
    space = "{http://schemas.microsoft.com/deepzoom/2008}"
    size = image.find(f"{space}Size")
    assert (image.tag, image.get("Format")) == (f"{space}Image", "jpg")
    assert (int(size.get("Width")), int(size.get("Height"))) == (WIDTH, HEIGHT)
    tile, overlap = int(image.get("TileSize")), int(image.get("Overlap"))
    largest = math.ceil(math.log2(WIDTH))

    def level(number):
        folder = tmp_path / f"out/panorama_files/{largest - number}"
        places = {path: [int(part) for part in path.stem.split("_")] for path in folder.iterdir()}
        starts = {path: [max(0, place * tile - overlap) for place in at] for path, at in places.items()}
        shape = [math.ceil(side / 2**number) for side in (HEIGHT, WIDTH)]
        return pasted(shape, [(top, left, read(path)) for path, (left, top) in starts.items()])

    check_levels(level, picture)
    assert read(tmp_path / "out/panorama_files/0/0_0.jpg").shape == (1, 1, 3)


def test_iiif(model, picture, tmp_path):
    exported(model, tmp_path / "out", export_of("iiif", url="https://example.org/places/4/"))
    info = json.loads((tmp_path / "out/panorama/info.json").read_text())
    assert info["@context"] == "http://iiif.io/api/image/3/context.json"
    assert (info["id"], info["type"]) == ("https://example.org/places/4/panorama", "ImageService3")
    assert (info["protocol"], info["profile"]) == ("http://iiif.io/api/image", "level0")
    assert (info["width"], info["height"]) == (WIDTH, HEIGHT)
    (tiles,) = info["tiles"]
    assert tiles["width"] == TILE
    assert tiles["scaleFactors"] == [1, 2, 4, 8]

    def level(number):
        # Canonical addresses of the Image API, section 4.7: region, size, rotation, quality.
        factor, found = 2**number, []
        for y in range(0, HEIGHT, TILE * factor):
            for x in range(0, WIDTH, TILE * factor):
                width, height = min(TILE * factor, WIDTH - x), min(TILE * factor, HEIGHT - y)
                size = f"{math.ceil(width / factor)},{math.ceil(height / factor)}"
                whole = (width, height) == (WIDTH, HEIGHT)
                region = "full" if whole else f"{x},{y},{width},{height}"
                path = tmp_path / "out/panorama" / region / size / "0/default.jpg"
                found.append((y // factor, x // factor, read(path)))
        return pasted([math.ceil(side / factor) for side in (HEIGHT, WIDTH)], found)

    check_levels(level, picture)


def test_iiif_names_a_server_of_this_computer_where_none_is_named(model, tmp_path):
    exported(model, tmp_path / "out", export_of("iiif"))
    assert json.loads((tmp_path / "out/panorama/info.json").read_text())["id"] == "http://127.0.0.1:8000/panorama"


def test_zoomify(model, picture, tmp_path):
    exported(model, tmp_path / "out", export_of("zoomify"))
    about = ElementTree.parse(tmp_path / "out/panorama/ImageProperties.xml").getroot()
    assert about.tag == "IMAGE_PROPERTIES"
    assert [int(about.get(name)) for name in ("WIDTH", "HEIGHT", "TILESIZE", "NUMIMAGES")] == [WIDTH, HEIGHT, TILE, 1]
    paths = list((tmp_path / "out/panorama").glob("TileGroup0/*.jpg"))
    assert int(about.get("NUMTILES")) == len(paths)
    largest = max(int(path.stem.split("-")[0]) for path in paths)

    def level(number):
        places = {path: [int(part) for part in path.stem.split("-")] for path in paths}
        shape = [math.ceil(side / 2**number) for side in (HEIGHT, WIDTH)]
        found = [(y * TILE, x * TILE, read(path)) for path, (z, x, y) in places.items() if z == largest - number]
        return pasted(shape, found)

    check_levels(level, picture)


def test_what_libvips_refuses_is_one_sentence(model, tmp_path, monkeypatch):
    monkeypatch.setattr(DeepZoom, "vips_name", "no such layout")
    with pytest.raises(JobError, match=r"libvips could not cut the picture: .*no such layout") as failure:
        save_export(model, 4, tmp_path / "out", export_of("dzi"))
    assert "\n" not in str(failure.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT of one's own there")
def test_an_interruption_stops_libvips(model, tmp_path, monkeypatch):
    def interrupt(image, progress):
        if progress.percent and not any(done):  # the main thread has been waiting for a while
            os.kill(os.getpid(), signal.SIGINT)
        done.append(progress.percent)

    large, done = pyvips.Image.perlin(10_000, 10_000).cast("uchar"), []
    large.signal_connect("eval", interrupt)
    monkeypatch.setattr(DeepZoom, "_canvas", lambda *arguments: large)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # programs in the background may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            save_export(model, 4, tmp_path / "out", export_of("dzi"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert max(done) < 100
    assert not list(tmp_path.iterdir())


def test_the_picture_is_read_row_after_row(model, tmp_path, monkeypatch):
    opened = []
    new = pyvips.Image.new_from_file
    monkeypatch.setattr(
        pyvips.Image, "new_from_file", lambda *a, **settings: opened.append(settings) or new(*a, **settings)
    )
    exported(model, tmp_path / "out", export_of("zoomify"))
    assert opened == [{"access": "sequential"}]
