import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Equirectangular, GridWindow, Perspective
from panogen.latents import Around, LatentField, evenly
from panogen.networks import Generator, GeneratorConfig
from panogen.rendering import BLOCK_POINTS, Renderer, plan_of, quantize
from panogen.runtime import torch_threads

CHART = Cylinder()


@pytest.fixture(scope="module", params=["one latent", "a blend"])
def plan(request):
    # As wide as the shipped model: the kernels that are chosen depend on it.
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(), CHART.max_height).requires_grad_(False)
    ws = generator.mapping(torch.randn(5, 128))
    return plan_of(
        generator, LatentField(ws[:1]) if request.param == "one latent" else LatentField(ws, Around(evenly(5), 0.6))
    )


def picture(plan, grid, workers=2):
    return np.concatenate(list(Renderer(plan, CHART, grid, workers).blocks())).reshape(*grid.shape, 3)


WIDTH = 300  # 300 x 75 = 22500 pixels: many blocks, and a tail


def test_blocks_cover_the_grid_in_order(plan):
    grid = Cylindrical(WIDTH, CHART)
    sizes = [len(block) for block in Renderer(plan, CHART, grid, 2).blocks()]
    assert sizes == [BLOCK_POINTS] * (len(grid) // BLOCK_POINTS) + [len(grid) % BLOCK_POINTS]


@pytest.mark.parametrize("columns", [1, 37, 150, -8])
def test_yaw_by_columns_is_a_roll_to_the_bit(plan, columns):
    whole = picture(plan, Cylindrical(WIDTH, CHART))
    turned = picture(plan, Cylindrical(WIDTH, CHART, Camera(360 * columns / WIDTH)))
    np.testing.assert_array_equal(turned, np.roll(whole, -columns, 1))


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (3, 11, 40, 77), (74, 299, 1, 1), (10, 0, 5, 300)])
def test_a_crop_alone_is_the_crop_of_the_whole_to_the_bit(plan, box):
    grid = Cylindrical(WIDTH, CHART)
    top, left, height, width = box
    whole = picture(plan, grid)
    alone = picture(plan, GridWindow(grid, *box))
    np.testing.assert_array_equal(alone, whole[top : top + height, left : left + width])


def test_a_lens_view_is_cropped_to_the_bit_too(plan):
    grid = Perspective(120, 80, 75.0, Camera(20, 5, 3))
    alone = picture(plan, GridWindow(grid, 20, 13, 31, 50))
    np.testing.assert_array_equal(alone, picture(plan, grid)[20:51, 13:63])


def test_the_number_of_workers_changes_nothing(plan):
    grid = Cylindrical(WIDTH, CHART)
    one = picture(plan, grid, workers=1)
    for workers in (2, 5):
        np.testing.assert_array_equal(picture(plan, grid, workers), one)


def test_threads_are_as_before_afterwards(plan):
    with torch_threads(3):
        blocks = Renderer(plan, CHART, Cylindrical(WIDTH, CHART), 2).blocks()
        next(blocks)
        assert torch.get_num_threads() == 1
        blocks.close()  # a reader that stops early
        assert torch.get_num_threads() == 3


def test_what_the_chart_does_not_show_is_black_and_counted(plan):
    renderer = Renderer(plan, CHART, Equirectangular(64, 32), 2)
    colours = np.concatenate(list(renderer.blocks())).reshape(32, 64, 3)
    assert np.all(colours[:8] == -1)
    assert np.all(colours[24:] == -1)
    assert np.all(colours[8:24].std((1, 2)) > 0)
    assert renderer.outside == 16 * 64
    list(renderer.blocks())
    assert renderer.outside == 16 * 64


def test_quantize_rounds_and_clips():
    np.testing.assert_array_equal(quantize(np.float32([-2, -1, 0, 0.999, 1, 7])), [0, 0, 128, 255, 255, 255])
