"""A model with a foveation of its own: even all over, and every pixel in a window around the gaze."""

from dataclasses import dataclass

import cv2
import numpy as np

from panogen.api import Panogen, View
from panogen.geometry import from_azimuth_elevation
from panogen.grids import GridWindow
from panogen.latents import LatentField
from panogen.rendering import Renderer, plan_of, quantize

FOVEA = 4  # windows as high and wide as a quarter of the picture
BEYOND = 4  # and outside, as a picture a quarter as wide


@dataclass(frozen=True)
class Seen:
    picture: np.ndarray
    mask: np.ndarray
    samples: int
    share: float


class StandIn(Panogen):
    """Foveates as the tests need it."""

    def foveate(self, place, gaze_deg, progress=lambda pixels: None, **view):
        grid = View(**view).grid(self.model)
        rows, columns = grid.shape
        small = dict(view, width=max(2, columns // BEYOND // 2 * 2))
        if "height" in view:
            small["height"] = max(1, rows // BEYOND)
        beyond = self.render(place, progress, **small)
        picture = cv2.resize(beyond, (columns, rows), interpolation=cv2.INTER_CUBIC)
        height, width = max(1, rows // FOVEA), max(1, columns // FOVEA)
        row, column = self._nearest(view, gaze_deg)
        top, left = (
            int(np.clip(at - side // 2, 0, n - side)) for at, side, n in ((row, height, rows), (column, width, columns))
        )
        window = GridWindow(grid, top, left, height, width)
        field: LatentField = self.field(place)
        plan = plan_of(self.model.generator, field, window)
        blocks = Renderer(plan, self.model.chart, window, progress=progress).blocks()
        picture[top : top + height, left : left + width] = quantize(np.concatenate(list(blocks))).reshape(
            height, width, 3
        )
        mask = np.full((rows, columns), 255 * beyond[..., 0].size // (rows * columns), np.uint8)
        mask[top : top + height, left : left + width] = 255
        samples = beyond[..., 0].size + height * width
        return Seen(picture, mask, samples, samples / (rows * columns))

    def _nearest(self, view, gaze_deg):
        grid = View(**{**view, "yaw_deg": 0.0, "pitch_deg": 0.0}).grid(self.model)
        towards = from_azimuth_elevation(*np.radians(gaze_deg))
        return divmod(int((grid.directions(0, len(grid)) @ towards).argmax()), grid.shape[1])
