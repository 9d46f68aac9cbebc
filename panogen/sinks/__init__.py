"""Sinks: where pictures go, one file a format, chosen by suffix. A new one is a file and a line here."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.errors import UsageError
from panogen.sinks.base import Sink, check_writable
from panogen.sinks.jpeg import JpegSink
from panogen.sinks.png import PngSink

SINKS: dict[str, type[Sink]] = {".png": PngSink, ".jpg": JpegSink, ".jpeg": JpegSink}


def sink_for(path: Path) -> type[Sink]:
    """The format that a path's suffix names. Raises UsageError."""
    sink = SINKS.get(path.suffix.lower())
    if sink is None:
        raise UsageError(f"suffix of {path.name!r} must be one of {', '.join(SINKS)}, got {path.suffix!r}")
    return sink


def save_picture(path: Path, picture: NDArray[np.uint8], metadata: dict[str, Any] | None = None) -> None:
    """Write a picture (H, W, 3) uint8, whole or not at all. Raises UsageError or OSError."""
    with sink_for(path)(path, picture.shape[:2], metadata or {}) as sink:
        sink.write(picture.reshape(-1, 3))


__all__ = ["SINKS", "Sink", "check_writable", "save_picture", "sink_for"]
