"""What each frame of a walk shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from panogen.apps.walk.request import Walk, WalkRequest
from panogen.base.arrays import Doubles, Pixels
from panogen.base.errors import UsageError
from panogen.grids.view import View
from panogen.latents import BLENDS, LatentField
from panogen.places import Place, as_places
from panogen.places.path import LatentPath, even_positions, frame_times

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.rendering import Progress

MOST_LATENTS = 1_000  # every frame's file names them all
FIRST_STEPS, STEPS_PER_LEG = 8, 24  # small pictures by which the pace is measured
SAMPLE_WIDTH = 120  # a multiple of 6 and 4, for cube maps


class Film:
    """A walk through ``places`` with a model. Nothing is rendered yet.

    ``view`` is where the camera begins. Raises UsageError.
    """

    def __init__(self, panogen: Panogen, places: Sequence[Place | int], walk: Walk, view: View):
        self.panogen, self.walk, self.asked = panogen, walk, view
        stops = as_places(places)
        check_places([panogen.field(place) for place in stops], walk)
        self.path = LatentPath(stops, walk.loop)
        self.times = frame_times(walk.frames, closed=walk.loop)
        grid = view.grid(panogen.model.chart)
        self.shape, self.gpano = grid.shape, grid.metadata
        self.fov_deg: float | None = getattr(grid, "fov_deg", None)
        if walk.zoom != 1 and self.fov_deg is None:
            raise UsageError(
                f"zoom has no meaning for a {grid.name} picture, got {walk.zoom:g}; use projection perspective"
            )
        self.first = dataclasses.replace(view, projection=grid.name, height=grid.shape[0], fov_deg=self.fov_deg)
        try:
            self.view(0.5 if walk.loop else 1.0).grid(panogen.model.chart)  # zoomed farthest
        except UsageError as error:
            raise UsageError(f"zoom {walk.zoom:g}: {error}") from None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def request(self) -> dict[str, Any]:
        """Return all that the frames depend on, for JSON."""
        first = self.panogen.request(self.path.stops[0], self.asked)
        return WalkRequest(first, self.path.stops, self.walk).to_json()

    def view(self, time: float) -> View:
        """Return what the camera sees at a time in [0, 1]."""
        yaw_deg = self.first.yaw_deg + self.walk.turn_deg * time
        fov_deg = self.fov_deg
        if fov_deg is not None:
            nearer = BLENDS["cosine"](np.array(2 * time if self.walk.loop else time))  # there, and in a loop back
            fov_deg = fov_deg / self.walk.zoom ** float(nearer)
        return dataclasses.replace(self.first, yaw_deg=yaw_deg, fov_deg=fov_deg)

    @cached_property
    def positions(self) -> Doubles:
        """Return where on the path each frame is."""
        return self.measure()

    @property
    def samples(self) -> int:
        """Return how many small pictures ``measure`` renders."""
        return self.path.legs * (STEPS_PER_LEG + 1) if self.walk.even else 0

    def measure(self, progress: Progress = lambda pictures: None) -> Doubles:
        """``positions``, found by small pictures where the walk is even: successive ones then differ equally.

        The camera stays where it begins, because its moves have a pace of their own; one that turns sees the whole
        circle. Differences are mean absolute ones: rounded colours that change one way add up to the same however
        small the steps are, which squared ones do not.
        """
        if not self.walk.even:
            return self.path.positions(self.times, self.walk.ease)
        width = SAMPLE_WIDTH if self.first.points is None else None  # points have one of their own
        seen = dataclasses.replace(self.first, width=width, height=None)
        if self.walk.turn_deg:
            seen = View(width=SAMPLE_WIDTH, truncation=self.first.truncation)

        def picture(position: float) -> Pixels:
            progress(1)
            return self.panogen.render(self.path.at(position), seen)

        legs = [measure_leg(leg, picture) for leg in range(self.path.legs)]
        positions = [0.0, *(end for ends, _ in legs for end in ends)]
        lengths = [length for _, each in legs for length in each]
        return even_positions(self.times, np.array(positions), np.array(lengths))

    def shown(self, frame: int) -> tuple[Place, View]:
        """Return what a frame shows."""
        return self.path.at(float(self.positions[frame])), self.view(float(self.times[frame]))

    def save(self, frame: int, path: Path) -> float:
        """Render a frame into a file, or go on with it, and return the share of it that the model does not know."""
        return self.panogen.save(path, *self.shown(frame), resume=True)


def measure_leg(leg: int, picture: Callable[[float], Pixels]) -> tuple[list[float], list[float]]:
    """Positions that divide a leg, without its beginning, and how much the picture changes up to each from the last.

    The step that changes most is halved, again and again: where sea becomes land a short way changes everything.
    """
    ends = [leg + k / FIRST_STEPS for k in range(FIRST_STEPS + 1)]
    pictures = [picture(end) for end in ends]
    lengths = [difference(*pair) for pair in pairwise(pictures)]
    while len(lengths) < STEPS_PER_LEG:
        step = int(np.argmax(lengths))
        ends.insert(step + 1, (ends[step] + ends[step + 1]) / 2)
        pictures.insert(step + 1, picture(ends[step + 1]))
        lengths[step : step + 1] = [difference(*pair) for pair in pairwise(pictures[step : step + 3])]
    return ends[1:], lengths


def difference(first: Pixels, second: Pixels) -> float:
    """Mean absolute difference of two pictures, in 8-bit levels."""
    return float(np.abs(first.astype(np.int16) - second).mean())


def check_places(fields: Sequence[LatentField], walk: Walk) -> None:
    """Raise UsageError unless a walk can go from each field to the next."""
    for number, field in enumerate(fields):
        if len(field.anchors) != 1:
            raise UsageError(
                f"a walk goes through latents that are the same everywhere, got {len(field.anchors)} anchors in "
                f"number {number + 1}; render that one by itself"
            )
    if not fields or (len(fields) == 1 and not walk.moves):
        raise UsageError(
            f"a walk needs two or more latents, or one and a camera that moves, got {len(fields)}; name more seeds, or "
            "use --turn 360"
        )
    if len(fields) == 1 and walk.even:
        raise UsageError("an even walk needs two or more latents, got 1; leave --even out")
    if len(fields) > min(walk.frames, MOST_LATENTS):
        raise UsageError(
            f"a walk of {walk.frames} frames may go through at most {min(walk.frames, MOST_LATENTS)} latents, "
            f"got {len(fields)}"
        )
