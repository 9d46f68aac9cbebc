import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import UsageError
from panogen.geometry import Cylinder, Plane
from panogen.grids import Camera, Cylindrical, Equirectangular, Perspective
from panogen.latents.painted import painted

CHART = Cylinder()


def mask(folder, pixels, name="mask.png"):
    Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / name)
    return folder / name


def test_at_its_own_pixels_it_is_what_was_painted(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 64))
    grid = Cylindrical(64, CHART)
    shares = painted(mask(tmp_path, pixels), 2, CHART)(grid.directions(0, len(grid)))
    np.testing.assert_allclose(shares[:, 1], pixels.ravel() / 255, atol=1e-9)
    np.testing.assert_allclose(shares.sum(1), 1)


def test_a_whole_sphere_may_be_painted(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 64))
    grid = Equirectangular(64, 32)
    shares = painted(mask(tmp_path, pixels), 2, CHART)(grid.directions(0, len(grid)))
    np.testing.assert_allclose(shares[:, 1], pixels.ravel() / 255, atol=1e-9)


def test_on_a_plane_it_is_the_whole_square(tmp_path):
    pixels, plane = np.random.default_rng(0).integers(0, 256, (16, 16)), Plane(1.1)
    grid = Perspective.lay_out(plane, Camera(), 16)
    weights = painted(mask(tmp_path, pixels), 2, plane)
    np.testing.assert_allclose(weights(grid.directions(0, len(grid)))[:, 1], pixels.ravel() / 255, atol=1e-9)
    beside = weights(np.array([[-3.0, 3.0, 1.0], [3.0, -3.0, 1.0]]))[:, 1]  # it does not close
    np.testing.assert_allclose(beside, pixels[[0, 15], [0, 15]] / 255)
    with pytest.raises(UsageError, match="a mask must show the whole square, like 64 x 64 pixels, got 64 x 32"):
        painted(mask(tmp_path, np.zeros((32, 64)), "wide.png"), 2, plane)


def test_it_closes_around_the_circle(tmp_path):
    pixels = np.zeros((16, 64))
    pixels[:, 0] = 255
    grid = Cylindrical(128, CHART)  # its seam lies between the last column and the first
    shares = painted(mask(tmp_path, pixels), 2, CHART)(grid.directions(0, len(grid))).reshape(32, 128, 2)
    np.testing.assert_allclose(shares[:, [0, 127], 1], [[0.75, 0.25]] * 32, atol=1e-9)


def test_channels_are_shares_of_three(tmp_path):
    pixels = np.zeros((16, 64, 3))
    pixels[..., 0], pixels[..., 2] = 30, 90
    shares = painted(mask(tmp_path, pixels), 3, CHART)(Cylindrical(64, CHART).directions(0, 10))
    np.testing.assert_allclose(shares, [[0.25, 0, 0.75]] * 10)


def test_grey_saved_as_colours_is_grey(tmp_path):
    pixels = np.full((16, 64, 3), 51)
    shares = painted(mask(tmp_path, pixels), 2, CHART)(Cylindrical(64, CHART).directions(0, 10))
    np.testing.assert_allclose(shares, [[0.8, 0.2]] * 10)


def test_what_cannot_be_a_mask_is_refused(tmp_path):
    square = mask(tmp_path, np.zeros((64, 64)), "square.png")
    with pytest.raises(UsageError, match=r"square\.png: .* like 64 x 16 or 64 x 32 pixels, got 64 x 64"):
        painted(square, 2, CHART)
    grey = mask(tmp_path, np.zeros((16, 64)), "grey.png")
    with pytest.raises(UsageError, match="a mask of 3 latents needs 3 channels, got 1"):
        painted(grey, 3, CHART)
    black = mask(tmp_path, np.zeros((16, 64, 3)), "black.png")
    with pytest.raises(UsageError, match="got none at column 0, row 0"):
        painted(black, 3, CHART)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UsageError, match=r"text\.png' cannot be used: not a picture"):
        painted(tmp_path / "text.png", 2, CHART)
    with pytest.raises(UsageError, match=r"none\.png' cannot be used: No such file"):
        painted(tmp_path / "none.png", 2, CHART)
