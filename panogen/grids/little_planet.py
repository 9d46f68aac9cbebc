"""Little planets: the ground as a ball in the middle of the sky."""

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Array
from panogen.grids.fisheye import StereographicFisheye


class LittlePlanet(StereographicFisheye):
    """A stereographic picture that looks straight down, ahead at its top, and fills all of its rectangle.

    The camera's yaw spins the planet. ``fov_deg`` is the angle across the picture: at 238 degrees the horizon is a
    circle 0.59 of the width across, and the corners look up by 44.8 degrees, so that a model of 90 degrees fills them.
    """

    name = "little-planet"
    round = False
    default_fov_deg = 238.0

    @override
    def seen(self, x: Array, y: Array, radius: Array) -> Array:
        right, up, ahead = np.moveaxis(super().seen(x, y, radius), -1, 0)
        return np.stack([right, -ahead, up], -1)
