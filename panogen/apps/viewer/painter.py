"""From a look to a picture: coarse, then fine where the gaze is, then in full."""

import functools
import tempfile
import time
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np
from typing_extensions import override

from panogen.api import Panogen
from panogen.apps.viewer.messages import AROUND, Look, Save, packed
from panogen.base.arrays import Pixels
from panogen.base.errors import UsageError
from panogen.foveation import Acuity, Foveation
from panogen.grids.view import View
from panogen.latents import LatentField
from panogen.places import Between, Blend, Place, Seed
from panogen.rendering import Progress

COARSE, EVEN = 8, 3  # a coarse picture has a pixel for so many by so many of the full one; an even one, too
QUALITY = 85, 85, 95  # of the JPEG of each level
LAW = Acuity(0.0275)  # the least that people were found to see (Guenter et al. 2012): a mouse is no eye anyway
HEAT = 0.6  # of a pixel's colour that the heat map takes
HEAT_POWER = 0.4  # thin sampling would be black: a hundredth shows as a sixth

LARGEST_LIVE = 2**22  # pixels of a picture on the page
LARGEST_SAVED = 2**26  # and of one that it saves
MOST_FIELDS = 8  # of places that are kept: pages ask for the same ones again, and a blend's takes longer than a picture


class Level(IntEnum):
    """How good a picture of a look is. A page is never shown a lower one after a higher one."""

    COARSE = 0
    FINE = 1
    FULL = 2


@dataclass(frozen=True)
class Frame:
    """A picture (H, W, 3) of a look at a level, how many samples it was made of in how many milliseconds, and how many
    pixels the full picture has."""

    look: Look
    level: Level
    name: str
    picture: Pixels
    samples: int
    pixels: int
    milliseconds: float

    def message(self) -> bytes:
        """Return what a page is sent: a header, and a JPEG."""
        header = {
            "kind": "frame",
            "number": self.look.number,
            "level": int(self.level),
            "name": self.name,
            "samples": self.samples,
            "pixels": self.pixels,
            "milliseconds": round(self.milliseconds, 1),
        }
        settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY[self.level]]
        encoded = cv2.imencode(".jpg", cv2.cvtColor(self.picture, cv2.COLOR_RGB2BGR), settings)[1]
        return packed(header, encoded.tobytes())


class Remembering(Panogen):
    """A Panogen that keeps the fields of the places that it was asked for last."""

    def __init__(self, panogen: Panogen):
        super().__init__(panogen.model, panogen.name)
        self._field = functools.lru_cache(MOST_FIELDS)(super().field)

    @override
    def field(self, place: Place | int) -> LatentField:
        return self._field(place)


class Painter:
    """Paints looks of a model: of seeds, or of the place ``opened``. For one thread at a time, except ``save``."""

    def __init__(self, panogen: Panogen, opened: Place):
        self.panogen, self.opened = Remembering(panogen), opened

    def last_level(self, look: Look) -> Level:
        """Return the best picture of a look: a heat map shows what foveation samples, which full quality has not."""
        return Level.FINE if look.foveated and look.heat else Level.FULL

    def paint(self, look: Look, level: Level, progress: Progress) -> Frame:
        """Return a picture of a look. What ``progress`` raises ends it. Raises UsageError."""
        start = time.perf_counter()
        if level == Level.FINE and look.foveated:
            name, (picture, samples) = "foveated", self._foveated(look, progress)
        else:
            name, shrunk = {Level.COARSE: ("coarse", COARSE), Level.FINE: ("even", EVEN)}.get(level, ("full", 1))
            picture = self.panogen.render(self.place(look), self._view(look, shrunk), progress)
            samples = picture.shape[0] * picture.shape[1]
        milliseconds = 1000 * (time.perf_counter() - start)
        return Frame(look, level, name, picture, samples, self.check(look), milliseconds)

    def save(self, save: Save, progress: Progress) -> bytes:
        """Return a picture's file, which says of itself what ``panogen render`` does. Raises UsageError, JobError."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"view{save.suffix}"
            self.panogen.save(path, self.place(save.look), self._view(save.look), progress)
            return path.read_bytes()

    def check(self, wanted: Look | Save) -> int:
        """Return the number of pixels that a full picture has. Raises UsageError where that is too many."""
        look, most, way_out = (
            (wanted, LARGEST_LIVE, "make the window smaller")
            if isinstance(wanted, Look)
            else (wanted.look, LARGEST_SAVED, "panogen render makes larger ones")
        )
        rows, columns = self._view(look).grid(self.panogen.model.chart).shape
        if rows * columns > most:
            raise UsageError(f"a picture here may have at most {most} pixels, got {columns} x {rows}; {way_out}")
        return rows * columns

    def place(self, look: Look) -> Place:
        """Return the place on the way from one to the other, or both around the circle."""
        first = (self.opened if look.seed is None else Seed(look.seed)).laid_out(look.layout)
        second = Seed(look.other).laid_out(look.layout)
        if look.blend == AROUND:
            return Blend((first, second))
        return first if look.share == 0 else Between(first, second, look.share)

    def foveation(self, look: Look) -> tuple[Foveation, View]:
        """Return how a look is foveated, around the pixel that the gaze meets, and its view."""
        view = self._view(look)
        rows, columns = view.grid(self.panogen.model.chart).shape
        row, column = (min(int(at * n), n - 1) for at, n in ((look.gaze_y, rows), (look.gaze_x, columns)))
        return Foveation(gaze_pixel=(column, row), mode=LAW), view

    def _view(self, look: Look, shrunk: int = 1) -> View:
        """Return the view of a look, always a lens view where the model knows no circle."""
        chart = self.panogen.model.chart
        return view_of(look if chart.closed else replace(look, projection=chart.natural_projection), shrunk)

    def _foveated(self, look: Look, progress: Progress) -> tuple[Pixels, int]:
        seen = self.panogen.foveate(self.place(look), *self.foveation(look), progress)
        return (heated(seen.picture, seen.mask) if look.heat else seen.picture), seen.samples


def view_of(look: Look, shrunk: int = 1) -> View:
    """Return the view of a look, at a ``shrunk``-th of its size."""
    width = max(2, look.width // shrunk // 2 * 2)
    view = View(width, projection=look.projection, yaw_deg=look.yaw_deg, truncation=look.truncation)
    if look.projection != "perspective":
        return view
    height = max(1, look.height // shrunk)
    return replace(view, height=height, pitch_deg=look.pitch_deg, fov_deg=look.fov_deg)


def heated(picture: Pixels, mask: Pixels) -> Pixels:
    """Return a picture (H, W, 3) under the heat map of its samples; ``mask`` (H, W) is 255 times their density."""
    warmth = np.round(255 * (np.arange(256) / 255) ** HEAT_POWER).astype(np.uint8)
    heat = cv2.cvtColor(cv2.applyColorMap(warmth[mask], cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    mixed: Pixels = cv2.addWeighted(picture, 1 - HEAT, heat, HEAT, 0).astype(np.uint8, copy=False)
    return mixed
