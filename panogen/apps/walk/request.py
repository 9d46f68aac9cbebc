"""What is asked of a walk: in its folder or its video, as JSON, and from there again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panogen.apps.walk.video import VIDEOS, read_comment
from panogen.base.arguments import settle
from panogen.base.errors import UsageError
from panogen.base.names import MOST_FRAMES
from panogen.base.records import from_json, to_json, told
from panogen.latents import BLENDS
from panogen.places import Place
from panogen.request import Request, read_request_json, request_of_several, sensible


@told
@dataclass(frozen=True)
class Walk:
    """How to go from latent to latent, and how the camera moves meanwhile. Raises UsageError.

    ``loop`` goes back to the first latent. ``ease`` is the shape of each leg, one of ``BLENDS``; ``even`` goes at a
    constant perceived speed instead. The yaw turns by ``turn_deg`` at a constant rate, the field of view becomes
    ``zoom`` times narrower, and as it was again in a loop.
    """

    frames: int = 240
    loop: bool = True
    ease: str = "smoothstep"
    even: bool = False
    turn_deg: float = 0.0
    zoom: float = 1.0

    def __post_init__(self) -> None:
        settle(self)
        if not 2 <= self.frames <= MOST_FRAMES:
            raise UsageError(f"frames must be in [2, {MOST_FRAMES}], got {self.frames}")
        if self.ease not in BLENDS:
            raise UsageError(f"ease must be one of {', '.join(BLENDS)}, got {self.ease!r}")
        if not math.isfinite(self.turn_deg):
            raise UsageError(f"turn_deg must be a finite number of degrees, got {self.turn_deg}")
        if self.loop and math.remainder(self.turn_deg, 360):
            raise UsageError(
                f"turn_deg must be a multiple of 360 for a loop to close, got {self.turn_deg:g}; or use --no-loop"
            )
        if not 0 < self.zoom < math.inf:
            raise UsageError(f"zoom must be a positive number, got {self.zoom}")

    @property
    def moves(self) -> bool:
        """Whether the camera does."""
        return self.turn_deg != 0 or self.zoom != 1


@dataclass(frozen=True)
class WalkRequest:
    """All that a walk follows from: what is asked of its ``first`` frame, the places and how to go, and for a video its
    frames a second."""

    first: Request
    places: tuple[Place, ...]
    walk: Walk
    fps: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for JSON."""
        fps = {} if self.fps is None else {"fps": self.fps}
        return {**self.first.to_json(), "places": to_json(self.places), "walk": to_json(self.walk), **fps}

    @classmethod
    def read(cls, path: Path) -> WalkRequest:
        """Return the request of a folder of frames, of the JSON in it or of a video. Raises UsageError, JobError."""
        value = read_comment(path) if path.suffix.lower() in VIDEOS and not path.is_dir() else read_request_json(path)
        fps = None if value is None else value.pop("fps", None)
        first = request_of_several(value, path, "a walk", "places", "walk")
        assert value is not None
        with sensible():
            places = tuple(from_json(Place, place) for place in value["places"])
            return cls(first, places, from_json(Walk, value["walk"]), None if fps is None else float(fps))
