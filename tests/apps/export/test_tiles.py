import numpy as np
import pytest

from panogen.api import Panogen
from panogen.apps.export import tiles
from panogen.apps.export.multires import faces
from panogen.apps.export.tiles import Painter, shows_any, windows
from panogen.geometry import Cylinder
from panogen.grids import Camera, Equirectangular, Perspective
from panogen.grids.view import View
from panogen.places import Blend, Seed, as_places
from panogen.weights.checkpoint import Model
from tests.apps.export.helpers import pasted
from tests.conftest import tiny_generator


@pytest.mark.parametrize("places", [[4], [4, 9]])
@pytest.mark.parametrize(
    "grid", [Perspective(50, 50, 90.0, Camera(pitch_deg=90)), Equirectangular(60, 30)], ids=["face", "sphere"]
)
def test_tiles_equal_the_whole_to_the_bit(model, grid, places):
    place = Blend(as_places(places)) if len(places) > 1 else Seed(places[0])
    told = []
    painter = Painter(model, place, View(), 90, told.append)
    parts = [(window.top, window.left, picture) for window, picture in painter.tiles(grid, windows(grid, 16))]
    assert sum(told) == len(grid)
    np.testing.assert_array_equal(pasted(grid.shape, parts), painter.picture(grid))


@pytest.mark.parametrize(
    "chart",
    [Cylinder(), Cylinder(10.0), Cylinder(120.0, "central"), Cylinder(180.0)],
    ids=lambda chart: chart.vertical_fov_deg,
)
@pytest.mark.parametrize("tile", [7, 16, 48])
def test_a_tile_is_shown_where_any_of_its_pixels_is(chart, tile):
    grids = [grid for _, grid in faces(48)] + [Equirectangular(96, 48), Perspective(48, 30, 120.0, Camera(20, 30, 40))]
    for grid in grids:
        for window in windows(grid, tile):
            assert shows_any(chart, window) == chart.valid(window.directions(0, len(window))).any()


def test_what_the_chart_does_not_show_is_not_computed(monkeypatch):
    rendered, colours = [], tiles.colours
    monkeypatch.setattr(tiles, "colours", lambda renderer: rendered.append(renderer.grid) or colours(renderer))
    narrow = Panogen(Model(tiny_generator(), Cylinder(20.0), {}), "narrow")
    painter = Painter(narrow, Seed(4), View(), 90, lambda pixels: None)
    up, ahead = (dict(faces(64))[face] for face in "uf")
    assert all(picture.max() == 0 for _, picture in painter.tiles(up, windows(up, 16)))
    assert not rendered
    seen = [window for window, picture in painter.tiles(ahead, windows(ahead, 16)) if picture.max() > 0]
    assert rendered == seen
    assert {window.top for window in seen} == {16, 32}
