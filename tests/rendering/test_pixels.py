"""Samples become pixels: averages of light, opacity, strips and windows."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, Equirectangular, GridWindow, Perspective, Window
from panogen.latents import Around, LatentField
from panogen.networks import Generator, GeneratorConfig
from panogen.rendering import PixelRenderer, Renderer, plan_of, quantize
from panogen.rendering.pixels import averaged, displayed, linear

CHART = Cylinder()


@dataclass
class Flat:
    """A plan that paints what it is told, by the azimuth."""

    colours: np.ndarray
    tile, apart = (1, 64), False
    device = torch.device("cpu")

    def scratch(self, points):
        return None

    def __call__(self, points, directions, scratch):
        column = np.arange(len(directions)) % len(self.colours)
        return torch.from_numpy(self.colours[column].copy())


@pytest.fixture(scope="module")
def fields():
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(), CHART).requires_grad_(False)
    one = LatentField(generator.mapping(torch.randn(1, 128)))
    three = LatentField(generator.mapping(torch.randn(3, 128)), Around(CHART.azimuths_deg(3)))
    return generator, {"one": one, "blend": three}


def srgb(light):
    """The standard's curve for one number, as it is printed there."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def test_black_and_white_average_as_light():
    colours = np.array([[-1, -1, -1], [1, 1, 1]], np.float32)
    grid = Perspective(8, 2)  # 16 samples, 64 to a block: columns alternate
    picture = PixelRenderer(Renderer(Flat(colours), CHART, grid, 1), 2).picture()
    assert picture.shape == (1, 4, 3)
    np.testing.assert_array_equal(picture, round(255 * srgb(0.5)))  # 188, where a mean of values gives 128


def test_light_is_linear_and_in_single_precision():
    colours = np.array([[-1, 0, 1]], np.float32)
    light = PixelRenderer(Renderer(Flat(colours), CHART, Perspective(4, 2), 1), light=True).picture()
    assert light.dtype == np.float32
    np.testing.assert_allclose(light[0, 0], [0, ((0.5 + 0.055) / 1.055) ** 2.4, 1], atol=1e-6)


def test_opacity_weighs_what_is_averaged():
    # Half of a pixel is white and opaque, the other half shows nothing: white, half transparent.
    rgba = np.array([[[1, 1, 1, 1], [-1, -1, -1, -1]]], np.float32)
    mean = averaged(linear(np.repeat(rgba, 2, 0)), 2)
    np.testing.assert_allclose(mean, [[[0.5, 0.5, 0.5, 0.5]]])
    np.testing.assert_allclose(displayed(mean), [[[1, 1, 1, 0]]], atol=1e-6)
    np.testing.assert_allclose(displayed(np.zeros((1, 1, 4), np.float32)), [[[-1, -1, -1, -1]]])


def test_display_and_light_are_inverse():
    colours = np.random.default_rng(0).uniform(-1, 1, (5, 6, 4)).astype(np.float32)
    np.testing.assert_allclose(displayed(linear(colours)), colours, atol=2e-5)


@pytest.mark.parametrize("field", ["one", "blend"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_windows_are_parts_of_the_picture_to_the_bit(fields, field, count):
    generator, all_fields = fields
    grid = Cylindrical(84, CHART) if count == 1 else Cylindrical(84, CHART).finer(count)
    renderer = Renderer(plan_of(generator, all_fields[field], grid), CHART, grid, 2)
    pixel_renderer = PixelRenderer(renderer, count)
    whole = pixel_renderer.picture()
    assert whole.shape == (21, 84, 3)
    windows = [Window(0, 0, 21, 84), Window(3, 5, 7, 11), Window(20, 83, 1, 1)]
    for window, pixels, unseen in pixel_renderer.windows(windows):
        top, left, height, width = window
        np.testing.assert_array_equal(pixels, whole[top : top + height, left : left + width])
        assert unseen == 0


def test_one_sample_a_pixel_is_the_renderer_rounded(fields):
    generator, all_fields = fields
    grid = Perspective(60, 40, 70.0)
    renderer = Renderer(plan_of(generator, all_fields["one"], grid), CHART, grid, 2)
    expected = quantize(np.concatenate(list(renderer.blocks()))).reshape(40, 60, 3)
    np.testing.assert_array_equal(PixelRenderer(renderer).picture(), expected)


@pytest.mark.parametrize("field", ["one", "blend"])
class TestOutside:
    def rendered(self, fields, field, outside, grid=None):
        generator, all_fields = fields
        grid = grid or Equirectangular(64, 32)
        renderer = Renderer(plan_of(generator, all_fields[field], grid), CHART, grid, 2, outside=outside)
        return np.concatenate(list(renderer.blocks())).reshape(*grid.shape, -1)

    def test_transparent(self, fields, field):
        black, clear = self.rendered(fields, field, "black"), self.rendered(fields, field, "transparent")
        np.testing.assert_array_equal(clear[..., :3], black)
        opaque = np.zeros((32, 64), bool)
        opaque[8:24] = True
        np.testing.assert_array_equal(clear[..., 3], np.where(opaque, 1, -1))

    def test_edge(self, fields, field):
        edge = self.rendered(fields, field, "edge")
        np.testing.assert_array_equal(edge[8:24], self.rendered(fields, field, "black")[8:24])
        # All rows above show the row of the edge itself.
        for row in range(1, 8):
            np.testing.assert_allclose(edge[row], edge[0], atol=1e-5)
        assert np.abs(edge[7] - edge[8]).mean() < np.abs(edge[7] - edge[12]).mean()

    def test_mirror(self, fields, field):
        mirror = self.rendered(fields, field, "mirror")
        np.testing.assert_allclose(mirror[:8], mirror[15:7:-1], atol=1e-5)
        np.testing.assert_allclose(mirror[24:], mirror[23:15:-1], atol=1e-5)

    def test_a_crop_is_the_crop_of_the_whole_to_the_bit(self, fields, field):
        for outside in ("edge", "mirror"):
            whole = self.rendered(fields, field, outside)
            crop = self.rendered(fields, field, outside, GridWindow(Equirectangular(64, 32), 3, 10, 20, 30))
            np.testing.assert_array_equal(crop, whole[3:23, 10:40])
