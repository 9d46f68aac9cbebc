from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panogen.base.arrays import LONGEST_REMAP
from panogen.data import Reading, open_source
from panogen.data.cubes import FACES, LARGEST_FACE, NAMINGS, cut, gathered, layout_of, panorama
from panogen.data.scan import check_folder
from panogen.decoding import UnusableError
from panogen.geometry import Sphere, from_azimuth_elevation, pixel_centres
from panogen.grids import cube_faces
from panogen.grids.cubemap import Cubemap, CubemapDice
from panogen.metrics.psnr import psnr_db
from tests.data.helpers import look

SIDE = 64


def colours(directions):
    """A smooth picture of all directions (..., 3), different everywhere."""
    x, y, z = np.moveaxis(directions, -1, 0)
    waves = [np.sin(5 * x + 2 * y), np.sin(4 * y - 3 * z + 1), np.cos(6 * z + 2 * x)]
    return np.round(128 + 90 * np.stack(waves, -1)).astype(np.uint8)


def picture(grid):
    directions = grid.directions(0, len(grid)).reshape(*grid.shape, 3)
    return np.where(np.isnan(directions), 0, colours(np.nan_to_num(directions))).astype(np.uint8)


def faces(side=SIDE):
    return {name: picture(grid) for name, grid in cube_faces(side).items()}


def expected(side=SIDE):
    azimuth = 2 * np.pi * (pixel_centres(4 * side) - 0.5)
    elevation = np.pi * (0.5 - pixel_centres(2 * side))
    return colours(from_azimuth_elevation(azimuth, elevation[:, None]))


def psnr(one, other):
    return psnr_db(np.mean((one.astype(float) - other) ** 2))


def test_faces_are_those_of_our_own_cubes():
    made = panorama(faces())
    assert made.shape == (2 * SIDE, 4 * SIDE, 3)
    assert psnr(made, expected()) > 45
    assert np.abs(made.astype(int) - expected()).max() < 12  # at the faces' edges


def test_up_and_down_are_turned_and_sides_exchanged_as_they_fit():
    odd = faces()
    odd |= {"up": np.rot90(odd["up"]), "down": np.rot90(odd["down"], 2)}
    odd |= {"left": odd["right"], "right": odd["left"]}
    np.testing.assert_array_equal(panorama(odd), panorama(faces()))


def test_crosses_and_strips():
    assert layout_of(picture(CubemapDice(4 * SIDE))) == "cross"
    assert layout_of(picture(Cubemap(6 * SIDE))) == "strip"
    tall = np.zeros((4 * SIDE, 3 * SIDE, 3), np.uint8)
    tall[: 3 * SIDE] = picture(CubemapDice(4 * SIDE))[:, : 3 * SIDE]
    tall[3 * SIDE :, SIDE : 2 * SIDE] = np.rot90(faces()["back"], 2)
    assert layout_of(tall) == "tall cross"
    axes = np.concatenate([faces()[name] for name in ("right", "left", "up", "down", "front", "back")], axis=1)
    for layout, one in (
        ("cross", picture(CubemapDice(4 * SIDE))),
        ("tall cross", tall),
        ("strip", picture(Cubemap(6 * SIDE))),
        ("strip", axes),
        ("strip", axes.reshape(SIDE, 6, SIDE, 3).swapaxes(0, 1).reshape(6 * SIDE, SIDE, 3)),
    ):
        parts = cut(one, layout)
        for name in FACES:
            np.testing.assert_array_equal(parts[name], faces()[name])


def test_what_is_no_cube():
    assert layout_of(expected()) is None
    assert layout_of(picture(cube_faces(SIDE)["front"])[: SIDE // 4 * 3]) is None  # a photo, 4:3
    azimuth = 2 * np.pi * pixel_centres(6 * SIDE)
    elevation = np.arctan(np.pi / 3 * (0.5 - pixel_centres(SIDE)))
    sweep = colours(from_azimuth_elevation(azimuth, elevation[:, None]))
    assert layout_of(sweep) is None
    with pytest.raises(UnusableError, match="faces of 64 x 64, 66 x 66 pixels, wanted six squares of one size"):
        panorama(faces() | {"up": faces(66)["up"]})


@pytest.mark.parametrize("blank", [(255, 255, 255), (255, 0, 255), (135, 180, 230)])
def test_what_is_between_the_faces_may_have_any_colour(blank):
    cross = picture(CubemapDice(4 * SIDE))
    cross[~cross.any(2)] = blank
    assert layout_of(cross) == "cross"


@pytest.mark.parametrize("shape", [(300, 400), (400, 300)])
@pytest.mark.parametrize("ground", [3, 128, 250])
def test_a_thing_on_a_plain_ground_is_no_cross(shape, ground):
    rng = np.random.default_rng(0)
    photo = np.clip(rng.normal(ground, 2, (*shape, 3)), 0, 255).astype(np.uint8)
    photo[110:190, 110:190] = rng.integers(0, 256, (80, 80, 3))
    assert layout_of(photo) is None
    photo[130:170] = 60  # a ship as wide as the picture
    assert layout_of(photo) is None


def test_a_tall_photo_is_no_strip():
    elevation = np.linspace(1.2, -1.2, 6 * SIDE)
    tower = colours(from_azimuth_elevation(np.linspace(-0.2, 0.2, SIDE), elevation[:, None]))
    tower[:, SIDE // 2 :] //= 4  # in shadow on one side
    assert layout_of(tower) is None


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("before", ["", "sky_", "My place-"])
def test_files_are_gathered_by_their_names(naming, before):
    paths = [Path(f"{before}{name}.jpg") for name in naming]
    others = [Path("tree.jpg"), Path("u.png"), Path("sky_front.png")]
    found = list(gathered(sorted([*paths, *others])))
    assert sorted(found, key=len)[-1] == tuple(paths)
    assert {cube[0] for cube in found if len(cube) == 1} == set(others) - set(paths)


def test_five_faces_are_five_pictures():
    paths = [Path(f"{name}.jpg") for name in FACES[:5]]
    assert list(gathered(paths)) == [(path,) for path in paths]


def test_cubes_are_trained_on(tmp_path):
    for place in ("hill", "lake"):
        for name, face in faces().items():
            (tmp_path / place).mkdir(exist_ok=True)
            Image.fromarray(face).save(tmp_path / place / f"{name}.png")
    Image.fromarray(picture(CubemapDice(4 * SIDE))).save(tmp_path / "cross.png")
    source = open_source(str(tmp_path), Reading(recursive=True))
    assert [entry.name for entry in source.entries] == ["cross.png", "hill/front.png", "lake/front.png"]
    assert source.entries[1].cube == tuple(f"hill/{name}.png" for name in FACES)
    whole = source.fitted(Sphere().band)
    for index in range(3):
        band = whole.band(index, 2 * SIDE, 4 * SIDE, Sphere().band)
        assert psnr(band, expected()) > 42
    again = open_source(str(tmp_path))  # by the manifest
    assert again.fingerprint() == source.fingerprint()
    Image.fromarray(faces()["up"] // 2).save(tmp_path / "hill" / "up.png", compress_level=1)
    assert open_source(str(tmp_path)).fingerprint() != source.fingerprint()


def test_a_face_that_is_broken_is_named(tmp_path):
    for name, face in faces().items():
        Image.fromarray(face).save(tmp_path / f"{name}.png")
    Image.fromarray(faces()["up"]).convert("CMYK").save(tmp_path / "up.png", "JPEG")
    from panogen.data.picture import examine

    reason = examine(tmp_path, tuple(f"{name}.png" for name in FACES)).reason
    assert reason == "its face up.png is colour mode CMYK, wanted RGB"
    assert look(tmp_path / "front.png").reason is None
    Image.fromarray(faces()["up"]).save(tmp_path / "up.png")
    data = (tmp_path / "up.png").read_bytes()
    (tmp_path / "up.png").write_bytes(data[: len(data) // 2])
    reason = examine(tmp_path, tuple(f"{name}.png" for name in FACES)).reason
    assert reason.startswith("its face up.png is broken (")


def test_a_face_that_was_not_taken(tmp_path):
    for name, face in faces().items():
        Image.fromarray(face * np.uint8(name != "down")).save(tmp_path / f"{name}.png")
    (entry,) = check_folder(tmp_path).entries
    assert entry.reason.endswith("of it are flat black, as of what was not taken; fill or cut it off")
    assert entry.black == pytest.approx(share_below(), abs=0.03)


def share_below():
    """The share of an equirectangular picture that the lower face of a cube shows."""
    directions = from_azimuth_elevation(2 * np.pi * pixel_centres(512), np.pi * (pixel_centres(256)[:, None] - 0.5))
    return float((-directions[..., 1] > np.abs(directions[..., [0, 2]]).max(-1)).mean())


def test_faces_that_py360convert_cannot_join_are_refused():
    # They become a column of six, each with a pixel all around, of which OpenCV takes so many rows.
    assert 6 * (LARGEST_FACE + 2) <= LONGEST_REMAP < 6 * (LARGEST_FACE + 3)
    face = np.broadcast_to(np.uint8(0), (5460, 5460, 3))
    with pytest.raises(
        UnusableError, match="faces of 5460 x 5460 pixels, at most 5459 can be joined; make them smaller"
    ):
        panorama(dict.fromkeys(FACES, face))


def test_a_strip_in_an_unknown_order_is_refused():
    odd = np.concatenate([faces()[name] for name in ("up", "left", "down", "back", "right", "front")], axis=1)
    with pytest.raises(UnusableError, match=r"an order that is not known: its faces do not meet \(edge ratio \d+"):
        panorama(cut(odd, "strip"))
