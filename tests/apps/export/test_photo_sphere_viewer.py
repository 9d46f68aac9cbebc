import json

import numpy as np
import pytest

from panogen.api import Panogen, load
from panogen.apps.export import Export, save_export
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.pictures.formats import jpeg_bytes
from panogen.weights.checkpoint import Model
from tests.apps.export.helpers import exported, off, pasted, read
from tests.conftest import tiny_generator


@pytest.mark.parametrize("vertical_fov_deg", [90.0, 40.0])
def test_the_adapter_finds_the_sphere(tmp_path, vertical_fov_deg):
    """By the addresses that it asks for: for each column and row of each level, none where a row is missing."""
    model = Panogen(Model(tiny_generator(), Cylinder(vertical_fov_deg), {}), "tiny")
    out = tmp_path / "out"
    exported(model, out, Export(width=250, tiling="photo-sphere-viewer", tile=32, quality=97))
    config = json.loads((out / "config.json").read_text())
    assert [(level["width"], level["cols"], level["rows"]) for level in config["levels"]] == [
        (124, 4, 2), (248, 8, 4)
    ]  # fmt: skip
    assert len(list(out.glob("*/*.jpg"))) == sum(
        level["cols"] * (level["lastRow"] - level["firstRow"] + 1) for level in config["levels"]
    )
    for number, level in enumerate(config["levels"]):
        width, tile = level["width"], level["width"] // level["cols"]
        rows = range(level["firstRow"], level["lastRow"] + 1)
        tiles = [
            ((row - rows[0]) * tile, col * tile, read(out / config["tileUrl"].format(level=number, col=col, row=row)))
            for row in rows
            for col in range(level["cols"])
        ]
        whole = np.zeros((width // 2, width, 3), int)
        whole[rows[0] * tile : (rows[-1] + 1) * tile] = pasted((len(rows) * tile, width), tiles)
        expected = model.render(4, View(width=width, height=width // 2, projection="equirectangular"))
        assert off(whole, expected) < 1.5
        assert off(np.roll(whole, tile, axis=1), expected) > 4


def test_the_base_lies_where_its_data_say(model, tmp_path):
    exported(model, tmp_path / "out", Export(width=256, tiling="photo-sphere-viewer", tile=64))
    data = json.loads((tmp_path / "out/config.json").read_text())["basePanoData"]
    base = read(tmp_path / "out/base.jpg")
    assert base.shape == (data["croppedHeight"], data["croppedWidth"], 3)
    sphere = np.zeros((data["fullHeight"], data["fullWidth"], 3), int)
    sphere[data["croppedY"] :, data["croppedX"] :][: len(base), : base.shape[1]] = base
    assert off(sphere, model.render(4, View(width=256, height=128, projection="equirectangular"))) < 2


@pytest.mark.parametrize(("outside", "height"), [("black", None), ("edge", 128)])
def test_a_base_as_wide_as_a_level_is_cut_from_it(model, tmp_path, outside, height):
    computed, out = [], tmp_path / "out"
    export = Export(width=256, tiling="photo-sphere-viewer", tile=64, outside=outside)
    save_export(model, 4, out, export, computed.append)
    assert sum(computed) == 64 * 64 * len(list(out.glob("*/*.jpg")))
    expected = model.render(4, View(width=256, height=height, projection="equirectangular", outside=outside))
    assert (out / "base.jpg").read_bytes() == jpeg_bytes(expected, Q=export.quality)


def test_a_whole_sphere_is_that_of_its_chart(tmp_path, sphere_folder):
    """Rows at a pole, whose samples are long and narrow, have what the model's own picture has there."""
    model = load(sphere_folder)
    exported(model, tmp_path / "out", Export(width=256, tiling="photo-sphere-viewer", tile=64, quality=100))
    expected = model.render(4, View(width=256))
    assert expected.shape == (128, 256, 3)
    assert off(read(tmp_path / "out/base.jpg")[:8], expected[:8]) < 1
    top = np.concatenate([read(tmp_path / f"out/0/{column}_0.jpg") for column in range(4)], 1)
    assert off(top[:8], expected[:8]) < 1
