import json

import numpy as np
import pytest

from panogen.apps.walk.film import Film, difference
from panogen.apps.walk.request import Walk
from panogen.base.errors import UsageError
from panogen.grids import GRIDS
from panogen.grids.view import View
from panogen.places import Blend, Seed
from panogen.request import Request
from tests.apps.walk.helpers import measure_little

VIEW = View(width=32)


def steps(film):
    """How much each frame of a loop differs from the next one."""
    pictures = [film.panogen.render(*film.shown(frame)) for frame in range(len(film))]
    return np.array([difference(*pair) for pair in zip(pictures, [*pictures[1:], pictures[0]], strict=True)])


def test_frames_are_pictures_of_the_places(model):
    film = Film(model, [4, 9], Walk(4), VIEW)
    np.testing.assert_array_equal(model.render(*film.shown(0)), model.render(4, View(width=32)))
    np.testing.assert_array_equal(model.render(*film.shown(2)), model.render(9, View(width=32)))
    np.testing.assert_array_equal(model.render(*film.shown(1)), model.render(*film.shown(3)))
    open_film = Film(model, [4, 9], Walk(4, loop=False), VIEW)
    np.testing.assert_array_equal(model.render(*open_film.shown(3)), model.render(9, View(width=32)))


@pytest.mark.parametrize("walk", [Walk(6), Walk(6, even=True), Walk(4, loop=False, ease="linear")])
def test_layouts_give_way_as_the_latents_do(model, monkeypatch, walk):
    measure_little(monkeypatch)
    film = Film(model, [Seed(4, layout=7), 9], walk, VIEW)
    for frame, position in enumerate(film.positions):
        place, _ = film.shown(frame)
        there = 1 - abs(1 - position)  # the share of the second, on the way there and back
        shares = {seed: pytest.approx(share) for seed, share in ((7, 1 - there), (9, there)) if share}
        assert dict(model.field(place).layouts[0].shares) == shares


def test_a_turn_is_a_roll_and_closes(model):
    film = Film(model, [4], Walk(8, turn_deg=360), VIEW)
    for frame in range(8):
        np.testing.assert_array_equal(
            model.render(*film.shown(frame)), np.roll(model.render(4, View(width=32)), -4 * frame, axis=1)
        )


def test_a_zoom_goes_there_and_in_a_loop_back(model):
    view = View(width=16, projection="perspective", fov_deg=80)
    film = Film(model, [4], Walk(8, zoom=2), view)
    fovs = [film.view(time).fov_deg for time in film.times]
    assert fovs[0] == 80
    assert fovs[4] == pytest.approx(40)
    assert fovs[1:4] == pytest.approx(fovs[:4:-1])
    assert Film(model, [4], Walk(8, loop=False, zoom=2), view).view(1.0).fov_deg == pytest.approx(40)


def test_an_even_walk_changes_as_much_in_every_step(model):
    def spread(walk):
        changes = steps(Film(model, [4, 9, 12], walk, VIEW))
        return changes.std() / changes.mean()

    eased, linear, even = (spread(walk) for walk in (Walk(24), Walk(24, ease="linear"), Walk(24, even=True)))
    assert even < min(linear / 2, eased / 4)
    assert even < 0.15


def test_an_even_walk_with_a_turn_keeps_its_turn(model):
    still, turned = (
        Film(model, [4, 9], Walk(8, even=True, turn_deg=turn), View(width=32, yaw_deg=45)) for turn in (0, 360)
    )
    np.testing.assert_allclose(still.positions, turned.positions, atol=0.02)
    assert turned.view(0.5).yaw_deg == 225


@pytest.mark.parametrize("name", GRIDS)
def test_every_projection_can_be_walked_through(model, tmp_path, monkeypatch, name):
    measure_little(monkeypatch)
    np.save(tmp_path / "points.npy", np.random.default_rng(0).uniform(-40, 40, (6, 12, 2)))
    view = View(points=tmp_path / "points.npy") if name == "points" else View(width=24, projection=name)
    film = Film(model, [4, 9], Walk(4, even=True), view)
    assert film.positions.shape == (4,)
    assert model.render(*film.shown(1)).shape == (*film.shape, 3)
    assert json.loads(json.dumps(film.request))["view"]["projection"] == name


def test_measuring_tells_of_its_progress(model, monkeypatch):
    measure_little(monkeypatch)
    film, heard = Film(model, [4, 9], Walk(8, even=True), VIEW), []
    film.measure(heard.append)
    assert sum(heard) == film.samples


def test_a_request_is_json_and_knows_its_latents(model):
    request = Film(model, [4, 9], Walk(8), VIEW).request
    assert json.loads(json.dumps(request)) == request
    assert [place["seed"] for place in request["places"]] == [4, 9]


def test_a_frame_is_a_picture_that_can_be_made_again(model, tmp_path):
    film = Film(model, [4, Seed(9, layout=7)], Walk(3, turn_deg=360), VIEW)
    film.save(1, tmp_path / "frame.png")
    request = Request.read(tmp_path / "frame.png")
    assert (request.place, request.view.yaw_deg) == (film.shown(1)[0], 120)
    model.save(tmp_path / "again.png", request.place, request.view)
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "frame.png").read_bytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frames": 1}, r"frames must be in \[2, 1000000\], got 1"),
        ({"frames": 2.5}, "frames must be a whole number, got 2.5"),
        ({"ease": "spline"}, "ease must be one of linear, smoothstep, cosine, hard, got 'spline'"),
        ({"turn_deg": 90}, "turn_deg must be a multiple of 360 for a loop to close, got 90; or use --no-loop"),
        ({"turn_deg": np.nan}, "turn_deg must be a finite number of degrees, got nan"),
        ({"zoom": 0}, "zoom must be a positive number, got 0"),
        ({"zoom": np.inf}, "zoom must be a positive number, got inf"),
    ],
)
def test_walks_that_make_no_sense(settings, message):
    with pytest.raises(UsageError, match=message):
        Walk(**settings)


@pytest.mark.parametrize(
    ("places", "walk", "view", "message"),
    [
        ([4], Walk(8), VIEW, "a walk needs two or more latents, or one and a camera that moves, got 1"),
        ([], Walk(8), VIEW, "got 0; name more seeds"),
        ([4], Walk(8, even=True, turn_deg=360), VIEW, "an even walk needs two or more latents, got 1"),
        (range(9), Walk(8), VIEW, "a walk of 8 frames may go through at most 8 latents, got 9"),
        ([4, 9], Walk(8, zoom=2), VIEW, "zoom has no meaning for a cylindrical picture, got 2"),
        ([4], Walk(8, zoom=0.4), View(projection="perspective"), r"zoom 0.4: fov_deg must be in \(0, 180\), got 225"),
    ],
)
def test_films_that_make_no_sense(model, places, walk, view, message):
    with pytest.raises(UsageError, match=message):
        Film(model, places, walk, view)


def test_a_latent_that_varies_is_refused(model):
    with pytest.raises(UsageError, match="the same everywhere, got 2 anchors in number 2"):
        Film(model, [4, Blend((Seed(1), Seed(2)))], Walk(8), VIEW)
