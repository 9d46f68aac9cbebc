"""Hugin's nona shows the same views of a panorama.

A smooth panorama of 16 bits, 2048 x 1024, is remapped by nona with cubic interpolation and compared with the very
function that it was made of, at our grids' directions. The function's slope is at most 0.5 a radian. What differs is
how nona rounds, up to 0.06 of a pixel of the panorama: colours, in [0, 1], differed by up to 8e-5, and by 1.2e-4 at
worst in a stereographic picture; with half the panorama's width, by twice as much.
"""

import shutil
import subprocess

import cv2
import numpy as np
import pytest

from panogen.geometry import Cylinder
from panogen.grids import GRIDS, Camera, Cylindrical, Equirectangular, Perspective, cube_faces
from tests.grids.helpers import CHART, TILTED, all_of

pytestmark = pytest.mark.skipif(shutil.which("nona") is None, reason="needs nona, of Hugin")
WIDTH = 2048
RECTILINEAR, CYLINDRICAL, EQUIRECTANGULAR, FISHEYE, STEREOGRAPHIC, MERCATOR, EQUISOLID = 0, 1, 2, 3, 4, 5, 15
FACES = cube_faces(96, TILTED)
ROLLED_UP = Cylindrical(
    192, Cylinder(2 * np.degrees(np.arctan(64 * np.pi / 192)), "central"), TILTED
)  # 64 rows, square


def colours(directions):
    x, y, z = np.moveaxis(directions, -1, 0)
    return np.stack([0.5 + 0.35 * x + 0.1 * y * z, 0.5 + 0.35 * y - 0.1 * x * z, 0.5 + 0.35 * z + 0.1 * x * y], -1)


@pytest.fixture(scope="module")
def panorama(tmp_path_factory):
    path = tmp_path_factory.mktemp("nona") / "panorama.tif"
    pixels = np.round(colours(all_of(Equirectangular(WIDTH, WIDTH // 2))) * 65535).astype(np.uint16)
    assert cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def remapped(panorama, projection, shape, fov_deg, camera, folder):
    """Colours (rows, columns, 3) and which of them nona shows. Its angles are the panorama's, as the camera sees it."""
    back = camera.matrix.T
    yaw, pitch = np.arctan2(back[0, 2], back[2, 2]), np.arctan2(back[1, 2], np.hypot(back[0, 2], back[2, 2]))
    roll = np.arctan2(-back[1, 0], back[1, 1])
    angles = "y{} p{} r{}".format(*np.degrees([yaw, pitch, roll]))
    (folder / "view.pto").write_text(
        f'p f{projection} w{shape[1]} h{shape[0]} v{fov_deg} E0 R0 n"TIFF c:NONE"\nm g1 i0\n'
        f"i w{WIDTH} h{WIDTH // 2} f4 v360 Ra0 Rb0 Rc0 Rd0 Re0 Eev0 Er1 Eb1 {angles} Va1 Vb0 Vc0 Vd0 Vm0 "
        f'n"{panorama}"\n'
    )
    command = ["nona", "-m", "TIFF", "-o", str(folder / "view"), str(folder / "view.pto")]
    subprocess.run(command, check=True, capture_output=True)
    pixels = cv2.imread(str(folder / "view.tif"), cv2.IMREAD_UNCHANGED)
    return pixels[..., 2::-1] / 65535, pixels[..., 3] > 0


@pytest.mark.parametrize(
    ("projection", "grid", "fov_deg"),
    [
        (RECTILINEAR, Perspective(160, 90, 100.0, TILTED), 100),
        *((RECTILINEAR, face, 90) for face in FACES.values()),
        (FISHEYE, GRIDS["fisheye"].lay_out(CHART, TILTED, 120), 180),
        (FISHEYE, GRIDS["fisheye"].lay_out(CHART, TILTED, 120, fov_deg=360), 360),
        (EQUISOLID, GRIDS["fisheye-equisolid"].lay_out(CHART, TILTED, 120, fov_deg=300), 300),
        (STEREOGRAPHIC, GRIDS["fisheye-stereographic"].lay_out(CHART, TILTED, 120, fov_deg=250), 250),
        (MERCATOR, GRIDS["mercator"].lay_out(CHART, TILTED, 192, 120), 360),
        (EQUIRECTANGULAR, Equirectangular(192, 96, TILTED), 360),
        (CYLINDRICAL, ROLLED_UP, 360),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else str(value),
)
def test_nona_agrees(panorama, tmp_path, projection, grid, fov_deg):
    theirs, visible = remapped(panorama, projection, grid.shape, fov_deg, grid.camera, tmp_path)
    ours = colours(all_of(grid))
    shown = ~np.isnan(ours[..., 0])  # nona goes on beside a circle
    assert shown.mean() > 0.75 and visible[shown].all()
    assert np.abs(ours - theirs)[shown].max() < 1.5e-4


def test_a_little_planet_is_a_stereographic_picture_of_the_ground(panorama, tmp_path):
    grid = GRIDS["little-planet"].lay_out(CHART, Camera(40), 120)
    theirs, visible = remapped(panorama, STEREOGRAPHIC, grid.shape, 238, Camera(40, -90), tmp_path)
    assert visible.all()
    assert np.abs(colours(all_of(grid)) - theirs).max() < 1.5e-4
