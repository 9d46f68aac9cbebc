import math

import numpy as np
import pytest
import torch

from panogen.base.runtime import torch_threads
from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Equirectangular, GridWindow, Perspective, Window
from panogen.grids.fisheye import Fisheye
from panogen.latents import Above, Around, Everywhere, LatentField, Mosaic
from panogen.networks import Generator
from panogen.rendering import OUTSIDE, Renderer, plan_of, quantize
from tests.conftest import FLAT, KNOWING, NARROWING, tiny_generator
from tests.rendering.helpers import AS_WIDE_AS_SHIPPED, some_layouts

CHART = Cylinder()


WEIGHTS = {
    "one latent": Everywhere(),
    "a blend around the circle": Around(CHART.azimuths_deg(5), 0.6),
    "a blend over heights": Above((20.0, 0.0, -30.0), 1.0),
    "a mosaic": Mosaic(160.0, 5.0, 80.0, 50.0, 3, 4, 10.0),
}


@pytest.fixture(scope="module", params=AS_WIDE_AS_SHIPPED)
def generator(request):
    torch.manual_seed(0)
    return Generator(AS_WIDE_AS_SHIPPED[request.param], CHART).requires_grad_(False)


@pytest.fixture(scope="module", params=WEIGHTS)
def render(request, generator):
    weights = WEIGHTS[request.param]
    ws = generator.mapping(torch.from_numpy(np.random.RandomState(0).randn(weights.count, 128)).float())
    field = LatentField(ws, weights, some_layouts(weights.count))
    return lambda grid, workers=2: Renderer(plan_of(generator, field, grid), CHART, grid, workers)


def picture(renderer):
    return np.concatenate(list(renderer.blocks())).reshape(*renderer.grid.shape, 3)


WIDTH = 180  # 180 x 45 = 8100 pixels: several blocks, and a tail


@pytest.fixture(scope="module")
def whole(render):
    """The picture (45, 180, 3) of the chart."""
    return picture(render(Cylindrical(WIDTH, CHART)))


def test_blocks_cover_the_grid_in_order(render):
    grid = Cylindrical(WIDTH, CHART)
    heard = []
    renderer = render(grid)
    renderer.progress = heard.append
    assert sum(len(block) for block in renderer.blocks()) == sum(heard) == len(grid)
    assert max(heard) <= math.prod(renderer.plan.tile)


def test_tall_pictures_come_in_strips(render):
    grid = GridWindow(Cylindrical(5000, CHART), 0, 100, 600, 5)  # higher than the columns of a block
    whole = picture(render(grid))
    below = picture(render(GridWindow(grid.whole, 350, 102, 200, 3)))
    np.testing.assert_array_equal(below, whole[350:550, 2:5])


@pytest.mark.parametrize("columns", [37, -8])
def test_yaw_by_columns_is_a_roll_to_the_bit(render, whole, columns):
    turned = picture(render(Cylindrical(WIDTH, CHART, Camera(360 * columns / WIDTH))))
    np.testing.assert_array_equal(turned, np.roll(whole, -columns, 1))


@pytest.mark.parametrize("layout", [Equirectangular(120, 60), Cylindrical(181, CHART)])
def test_a_crop_of_any_picture_of_meridians_is_that_of_the_whole_to_the_bit(render, layout):
    rows, columns = layout.shape
    whole = picture(render(layout))
    for top, left, height, width in ((rows // 3, 2, rows // 3, 90), (rows // 4 + 1, columns // 3, 5, 70)):
        alone = picture(render(GridWindow(layout, top, left, height, width)))
        np.testing.assert_array_equal(alone, whole[top : top + height, left : left + width])


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (3, 11, 40, 77), (44, 179, 1, 1), (10, 0, 5, 180)])
def test_a_crop_alone_is_the_crop_of_the_whole_to_the_bit(render, whole, box):
    top, left, height, width = box
    alone = picture(render(GridWindow(Cylindrical(WIDTH, CHART), *box)))
    np.testing.assert_array_equal(alone, whole[top : top + height, left : left + width])


def test_a_lens_view_is_cropped_to_the_bit_too(render):
    grid = Perspective(120, 80, 75.0, Camera(20, 5, 3))
    alone = picture(render(GridWindow(grid, 20, 13, 31, 50)))
    np.testing.assert_array_equal(alone, picture(render(grid))[20:51, 13:63])


@pytest.mark.parametrize("workers", [1, 5])
def test_the_number_of_workers_changes_nothing(render, whole, workers):
    np.testing.assert_array_equal(picture(render(Cylindrical(WIDTH, CHART), workers)), whole)


def test_threads_are_as_before_afterwards(render):
    with torch_threads(3):
        blocks = render(Cylindrical(WIDTH, CHART)).blocks()
        next(blocks)
        assert torch.get_num_threads() == 1
        blocks.close()  # a reader that stops early
        assert torch.get_num_threads() == 3


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
def test_a_flat_picture_is_cropped_to_the_bit(noise, count, changes):
    generator = tiny_generator(chart=FLAT, **NARROWING, **changes)
    weights = Above((20.0, -20.0), 1.0) if count == 2 else Everywhere()
    field = LatentField(generator.mapping(torch.randn(count, 8)), weights, some_layouts(count))
    grid = Perspective.lay_out(FLAT, Camera(5, 10, 3), 100)
    crop = GridWindow(grid, 20, 13, 31, 50)
    whole, alone = (
        picture(Renderer(plan_of(generator, field, one, noise=noise), FLAT, one, 2)) for one in (grid, crop)
    )
    np.testing.assert_array_equal(alone, whole[20:51, 13:63])


def test_what_the_chart_does_not_show_is_black_and_counted(render):
    renderer = render(Equirectangular(64, 32))
    colours = np.concatenate(list(renderer.blocks())).reshape(32, 64, 3)
    assert np.all(colours[:8] == -1)
    assert np.all(colours[24:] == -1)
    assert np.all(colours[8:24].std((1, 2)) > 0)
    assert [part.unseen for part in renderer.windows([Window(0, 0, 32, 64), Window(6, 5, 4, 10)])] == [16 * 64, 20]


def test_samples_that_show_nothing_are_black_and_never_reach_the_network(render):
    grid = Fisheye(40, 40, 80.0, Camera(30))
    renderer, seen = render(grid), []
    plan = renderer.plan

    class Spy:
        tile, apart, device, scratch = plan.tile, plan.apart, plan.device, plan.scratch

        def __call__(self, points, directions, scratch):
            values = (points.coordinates, points.unrolled, points.footprints)
            seen.append(all(bool(torch.isfinite(one).all()) for one in values) and bool(np.isfinite(directions).all()))
            return plan(points, directions, scratch)

    renderer.plan = Spy()
    whole = picture(renderer)
    assert seen and all(seen)
    beside = np.isnan(grid.directions(0, len(grid))[:, 0]).reshape(40, 40)
    np.testing.assert_array_equal((whole == OUTSIDE).all(2), beside)
    (part,) = renderer.windows([Window(0, 0, 40, 40)])
    assert part.unseen == 0  # none of it is what the model does not know
    np.testing.assert_array_equal(picture(render(GridWindow(grid, 10, 0, 12, 40))), whole[10:22])


def test_quantize_rounds_and_clips():
    np.testing.assert_array_equal(quantize(np.float32([-2, -1, 0, 0.999, 1, 7])), [0, 0, 128, 255, 255, 255])
