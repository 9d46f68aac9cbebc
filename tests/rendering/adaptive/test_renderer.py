from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from panogen.base.errors import UsageError
from panogen.base.runtime import torch_threads
from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Equirectangular, GridWindow, Perspective, Window
from panogen.latents import Around, Everywhere, LatentField
from panogen.networks import Generator
from panogen.pictures.canvas import cut
from panogen.rendering import OUTSIDE, PixelRenderer, Renderer, plan_of
from panogen.rendering.adaptive.mesh import SIDE
from panogen.rendering.adaptive.renderer import AdaptiveRenderer
from tests.rendering.adaptive.test_visibility import Disc
from tests.rendering.helpers import AS_WIDE_AS_SHIPPED, some_layouts

CHART = Cylinder()
STEP = 1 / 127.5


def waves(coords):
    """Smooth: a few periods around the circle. Functions of coordinates (n, 3)."""
    cos, sin, height = coords.unbind(1)
    return torch.stack([cos * height, torch.sin(3 * sin + height), torch.cos(4 * cos * sin - 2 * height)], 1)


def hills(coords):
    """Smooth, but for a ridge line."""
    cos, sin, height = coords.unbind(1)
    ridge = 0.2 * cos * sin + 0.1 * torch.sin(5 * cos)
    return torch.where((height > ridge)[:, None], waves(coords), -0.3 + 0.5 * waves(coords.flip(1)))


def noise(coords):
    """White: each point has a colour of its own."""
    turns = (
        coords @ torch.tensor([[12.9898, 78.233, 37.719], [63.7264, 10.873, 9.151], [41.23, 7.531, 93.989]]).double()
    )
    return 2 * (torch.sin(turns * 1000) * 43758.5453).frac().abs() - 1


@dataclass(eq=False)
class Painted:
    """A plan that paints a function of a chart's coordinates, and remembers which directions it was asked for."""

    colours: object
    tile: tuple[int, int] = (1, 2048)
    apart: bool = False
    asked: list = field(default_factory=list)
    device = torch.device("cpu")
    flop_per_point = 1

    def scratch(self, points):
        return None

    def __call__(self, points, directions, scratch):
        assert not np.isnan(directions).any()
        assert len(points) == len(directions)
        self.asked.append(directions)
        return self.colours(points.coordinates).float()


def picture(renderer):
    return np.concatenate(list(renderer.blocks())).reshape(*renderer.grid.shape, 3)


def adaptive(paint, grid, tolerance=1.0, workers=2):
    return AdaptiveRenderer(Painted(paint), CHART, grid, workers, tolerance=tolerance)


def dense(paint, grid):
    return picture(Renderer(Painted(paint), CHART, grid))


def worst_step(a, b):
    return np.abs(np.clip(a, -1, 1) - np.clip(b, -1, 1)).max() / STEP


def outside(grid):
    """How many samples the chart does not show."""
    return int((~CHART.valid(grid.directions(0, len(grid)))).sum())


def was_asked(renderer):
    """Samples (rows, columns) whose directions the plan was given."""
    grid = renderer.grid
    known = {direction.tobytes() for direction in np.concatenate(renderer.plan.asked)}
    return np.array([d.tobytes() in known for d in grid.directions(0, len(grid))]).reshape(grid.shape)


GRIDS = [Cylindrical(1000, CHART), Equirectangular(900, 450), Perspective(600, 400, 100.0, Camera(20, 30, 5))]


@pytest.mark.parametrize("tolerance", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.name)
def test_smooth_pictures_are_within_the_tolerance_from_few_points(grid, tolerance):
    renderer = adaptive(waves, grid, tolerance)
    assert worst_step(picture(renderer), dense(waves, grid)) <= tolerance
    assert 0 < renderer.evaluated < 0.15 * (len(grid) - outside(grid))


def test_an_edge_is_found_and_computed():
    grid = Cylindrical(1000, CHART)
    renderer = adaptive(hills, grid)
    assert worst_step(picture(renderer), dense(hills, grid)) <= 1
    assert renderer.evaluated < 0.2 * len(grid)


def test_a_lower_tolerance_asks_for_more():
    grid = Perspective(500, 300)
    counts = []
    for tolerance in (0.002, 0.05, 1.0):
        renderer = adaptive(waves, grid, tolerance)
        picture(renderer)
        counts.append(renderer.evaluated)
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 2 * counts[-1]


@pytest.mark.parametrize("paint", [waves, hills])
def test_what_was_evaluated_has_the_very_bits(paint):
    grid = Perspective(256, 200, 90.0, Camera(10, 5, 3))  # one tile
    renderer = adaptive(paint, grid)
    found, asked = picture(renderer), was_asked(renderer)
    np.testing.assert_array_equal(found[asked], dense(paint, grid)[asked])
    assert asked[::16, ::16].all()
    assert asked.sum() == renderer.evaluated


@pytest.mark.parametrize("grid", [Cylindrical(600, CHART), Equirectangular(300, 150)], ids=lambda grid: grid.name)
def test_noise_is_computed_everywhere(grid):
    renderer = adaptive(noise, grid)
    np.testing.assert_array_equal(picture(renderer), dense(noise, grid))
    shown = len(grid) - outside(grid)
    assert shown <= renderer.evaluated <= 1.02 * shown


BOXES = [(0, 0, 256, 512), (0, 512, 256, 488), (3, 250, 40, 77), (249, 999, 1, 1), (100, 0, 5, 1000)]


@pytest.mark.parametrize("box", BOXES)
def test_a_crop_alone_is_the_crop_of_the_whole_to_the_bit(box):
    grid = Cylindrical(1000, CHART, Camera(10, 5, 0))
    top, left, height, width = box[0], box[1], min(box[2], 250 - box[0]), box[3]
    alone = picture(adaptive(hills, GridWindow(grid, top, left, height, width)))
    np.testing.assert_array_equal(alone, picture(adaptive(hills, grid))[top : top + height, left : left + width])


def test_a_window_of_a_window():
    grid = Cylindrical(600, CHART)
    inner = GridWindow(GridWindow(grid, 20, 100, 100, 300), 5, 7, 60, 200)
    np.testing.assert_array_equal(picture(adaptive(hills, inner)), picture(adaptive(hills, grid))[25:85, 107:307])


@pytest.fixture(scope="module", params=[(name, count) for name in AS_WIDE_AS_SHIPPED for count in (1, 3)], ids=str)
def plan(request):
    torch.manual_seed(0)
    name, count = request.param
    generator = Generator(AS_WIDE_AS_SHIPPED[name], CHART).requires_grad_(False)
    weights = Everywhere() if count == 1 else Around(CHART.azimuths_deg(count), 0.6)
    field = LatentField(generator.mapping(torch.randn(count, 128)), weights, some_layouts(count))
    return plan_of(generator, field, Cylindrical(272, CHART), any_order=True)


def test_a_network_asked_for_crops_and_by_any_number_of_workers(plan):
    grid = Cylindrical(272, CHART)  # wider than a tile
    renderer = AdaptiveRenderer(plan, CHART, grid, 1, tolerance=4.0)
    whole = picture(renderer)
    full = picture(Renderer(plan, CHART, grid))
    assert worst_step(whole, full) < 8
    assert (whole == full).all(-1).mean() >= renderer.evaluated / len(grid) - 0.02
    np.testing.assert_array_equal(picture(AdaptiveRenderer(plan, CHART, grid, 5, tolerance=4.0)), whole)
    crop = GridWindow(grid, 20, 180, 40, 92)
    np.testing.assert_array_equal(picture(AdaptiveRenderer(plan, CHART, crop, tolerance=4.0)), whole[20:60, 180:])


EDGED = [
    Equirectangular(700, 350),
    Perspective(400, 300, 120.0, Camera(0, 40, 10)),
    Perspective(200, 200, 150.0, Camera(0, 85, 0)),
    Disc(Perspective(520, 400, 60.0)),
]


@pytest.mark.parametrize("grid", EDGED, ids=lambda grid: type(grid).__name__)
def test_what_shows_nothing_is_black_counted_and_never_asked_for(grid):
    renderer = adaptive(waves, grid)
    (part,) = renderer.windows([Window(0, 0, *grid.shape)])
    found = part.colours
    directions = grid.directions(0, len(grid))
    unseen = ~CHART.valid(directions).reshape(grid.shape)
    assert 0 < unseen.sum() == part.unseen < len(grid)
    assert np.all(found[unseen] == OUTSIDE)
    assert CHART.valid(np.concatenate(renderer.plan.asked)).all()
    exact = np.full((len(grid), 3), OUTSIDE, np.float32)
    seen = ~unseen.ravel()
    exact[seen] = waves(torch.from_numpy(CHART.coordinates(directions[seen]))).float()
    assert worst_step(found, exact.reshape(found.shape)) <= 1
    assert renderer.evaluated < 0.3 * seen.sum()


def test_a_picture_of_nothing_asks_nothing():
    renderer = adaptive(waves, Perspective(64, 64, 20.0, Camera(0, 90, 0)))
    assert np.all(picture(renderer) == OUTSIDE)
    assert (renderer.evaluated, renderer.drawn) == (0, 64 * 64)


@pytest.mark.parametrize("size", [(1, 1), (5, 1), (1, 5), (33, 17), (256, 256), (257, 1)])
def test_small_pictures(size):
    grid = Perspective(*size, 60.0)
    for paint in (waves, hills):
        assert worst_step(picture(adaptive(paint, grid)), dense(paint, grid)) <= 1


def test_progress_and_counts():
    grid = Cylindrical(600, CHART)
    heard = []
    renderer = adaptive(hills, grid)
    renderer.progress = heard.append
    first = picture(renderer), renderer.evaluated
    assert sum(heard) == renderer.drawn == len(grid)
    np.testing.assert_array_equal(picture(renderer), first[0])
    assert (renderer.evaluated, renderer.drawn) == (2 * first[1], 2 * len(grid))


def test_windows_in_any_order_are_the_picture_to_the_bit():
    grid = GridWindow(Cylindrical(1000, CHART), 3, 5, 240, 990)
    whole = picture(adaptive(hills, grid))
    boxes = [Window(*box) for box in cut(grid.shape, (100, 333))]
    parts = list(adaptive(hills, grid).windows(reversed(boxes)))
    assert [part.window for part in parts] == boxes[::-1]
    for part in parts:
        top, left, height, width = part.window
        np.testing.assert_array_equal(part.colours, whole[top : top + height, left : left + width])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_windows_of_a_pixel_renderer_are_whole_tiles(count):
    grid = Cylindrical(4096 * count, CHART)
    pixel_renderer = PixelRenderer(adaptive(waves, grid), count)
    tall, wide = pixel_renderer.block
    assert (tall * count) % SIDE == (wide * count) % SIDE == 0
    ((window, pixels, _),) = pixel_renderer.windows([Window(tall, 0, 40, 64)])
    assert pixels.shape == (40, 64, 3)
    assert window == (tall, 0, 40, 64)


def test_a_listener_may_give_up():
    class EnoughError(Exception):
        pass

    def give_up(pixels):
        raise EnoughError

    renderer = adaptive(noise, Cylindrical(600, CHART))
    renderer.progress = give_up
    with torch_threads(3):
        with pytest.raises(EnoughError):
            picture(renderer)
        assert torch.get_num_threads() == 3
    assert 0 < renderer.evaluated <= 2048


@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.nan, np.inf])
def test_tolerances_that_make_no_sense_are_refused(tolerance):
    with pytest.raises(UsageError, match="tolerance must be a number of steps of 8 bits above 0"):
        adaptive(waves, Cylindrical(64, CHART), tolerance)


def test_what_cannot_be_interpolated_is_refused():
    grid = Cylindrical(64, CHART)
    with pytest.raises(UsageError, match="outside is black, got 'mirror'"):
        AdaptiveRenderer(Painted(waves), CHART, grid, outside="mirror", tolerance=1.0)


def test_plans_of_whole_columns_are_refused():
    with pytest.raises(ValueError, match="one row"):
        AdaptiveRenderer(Painted(waves, (512, 4)), CHART, Cylindrical(64, CHART), tolerance=1.0)
