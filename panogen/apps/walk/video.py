"""Films as files: frames go through libav one after the other, and the file appears when it is whole."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from panogen.apps.walk.spherical import add_spherical
from panogen.base.arrays import Pixels
from panogen.base.errors import JobError, UsageError, reading, writing
from panogen.base.extras import require
from panogen.base.files import whole_file

if TYPE_CHECKING:
    from av import VideoFrame

FPS = 30.0  # where nobody asks for another rate
LEAST_FPS = 0.1
LARGEST_DENOMINATOR = 1001  # of frames a second, as in 30000/1001

Pictures = Iterable[Pixels]

# Untagged files are taken for BT.709 by players, for BT.601 by ffmpeg: so we convert to the former, and say so. The
# transfer is sRGB's, as in the pictures.
SRGB = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "iec61966-2-1", "color_range": "tv"}
TO_YUV = ("scale", "out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd"), ("format", "yuv420p")
FIND_PALETTE = (("palettegen", ""),)
USE_PALETTE = (("paletteuse", "dither=bayer:bayer_scale=3"),)


@dataclass(frozen=True)
class VideoFormat:
    """A kind of file: libav's names of its container, its encoder and its pixels, their settings, and what it holds.

    ``palette`` means that its colours are looked for first, in all frames, ``spherical`` that it can say how a picture
    lies on the sphere.
    """

    container: str
    encoder: str
    pixels: str
    largest_side: int
    most_fps: float
    encoding: dict[str, str] = field(default_factory=dict)
    containing: dict[str, str] = field(default_factory=dict)
    even_sides: bool = False
    palette: bool = False
    spherical: bool = False


VIDEOS = {
    ".mp4": VideoFormat(
        "mp4",
        "libx264",
        "yuv420p",
        largest_side=16384,
        most_fps=240,
        # Macroblock trees save on the last frames, which nothing is predicted from: that shows where a loop closes.
        encoding={**SRGB, "crf": "18", "x264-params": "mbtree=0"},
        containing={"movflags": "+faststart"},
        even_sides=True,
        spherical=True,
    ),
    ".webm": VideoFormat(
        "webm",
        "libvpx-vp9",
        "yuv420p",
        largest_side=65535,
        most_fps=240,
        encoding={**SRGB, "crf": "24", "b": "0", "row-mt": "1"},
        containing={"fflags": "+bitexact"},  # or it has a random number of its own
    ),
    ".gif": VideoFormat("gif", "gif", "pal8", largest_side=65535, most_fps=50, containing={"loop": "0"}, palette=True),
}


def video_format(path: Path) -> VideoFormat:
    """Return the format that a path's suffix names. Raises UsageError."""
    kind = VIDEOS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"suffix of {path.name!r} must be one of {', '.join(VIDEOS)}, or none for a folder of frames, "
            f"got {path.suffix!r}"
        )
    return kind


def check_video(path: Path, shape: tuple[int, int], fps: float) -> None:
    """Raise UsageError where ``save_video`` could not write frames of a shape (rows, columns) there."""
    kind, suffix, size = video_format(path), path.suffix.lower(), f"{shape[1]} x {shape[0]}"
    if not LEAST_FPS <= fps <= kind.most_fps:
        raise UsageError(f"fps must be in [{LEAST_FPS:g}, {kind.most_fps:g}] for a {suffix}, got {fps:g}")
    odd = " and ".join(f"--{name}" for name, side in zip(("height", "width"), shape, strict=True) if side % 2)
    if kind.even_sides and odd:
        raise UsageError(f"a {suffix} must have an even width and height, got {size}; change {odd}, or use .webm")
    if max(shape) > kind.largest_side:
        raise UsageError(
            f"a {suffix} holds at most {kind.largest_side} pixels a side, got {size}; use a folder of frames"
        )
    check_library()


def check_library() -> None:
    """Raise UsageError where the extra is not installed."""
    require("video", "video files need PyAV", "; frames in a folder need nothing")


def save_video(
    path: Path,
    frames: Pictures,
    shape: tuple[int, int],
    fps: float = FPS,
    comment: str = "",
    gpano: dict[str, Any] | None = None,
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write frames (height, width, 3) uint8 of a shape (rows, columns) as a video, whole or not at all.

    The suffix names the format. A .gif reads ``frames`` twice, for its palette first, and has no ``comment``. ``gpano``
    fields say how the frames of an .mp4 lie on the sphere. Raises UsageError, or JobError with what libav says.
    """
    check_video(path, shape, fps)
    kind = video_format(path)
    rate = Fraction(fps).limit_denominator(LARGEST_DENOMINATOR)
    with writing(path), explained_by_libav(path), whole_file(path) as file:
        palette = None
        if kind.palette:
            (palette,) = filtered(frames, shape, rate, FIND_PALETTE)
        pictures = filtered(frames, shape, rate, USE_PALETTE if kind.palette else TO_YUV, palette)
        encode(file.name, pictures, kind, shape, rate, comment, progress)
        if gpano and kind.spherical:
            add_spherical(Path(file.name), gpano)


def read_comment(path: Path) -> dict[str, Any] | None:
    """Return the JSON object that a video has for a comment, or None. Raises UsageError, JobError."""
    check_library()
    import av

    none = contextlib.suppress(av.InvalidDataError, ValueError, RecursionError)
    with reading(path), path.open("rb"), none, av.open(path) as video:
        about = {name.lower(): text for name, text in video.metadata.items()}
        value = json.loads(about.get("comment", ""))
        return value if isinstance(value, dict) else None
    return None


@contextlib.contextmanager
def explained_by_libav(path: Path) -> Iterator[None]:
    """Turn an error of libav in the block into a JobError: ``path`` cannot be written."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise JobError(f"{path}: cannot be written: {error.strerror}") from None


def filtered(
    frames: Pictures,
    shape: tuple[int, int],
    rate: Fraction,
    filters: Iterable[tuple[str, str]],
    palette: "VideoFrame | None" = None,
) -> Iterator["VideoFrame"]:
    """Yield what libav's filters, one after the other, make of frames; the first also takes the ``palette``, if any."""
    from av import VideoFrame
    from av.filter import Graph

    graph: Any = Graph()
    source = graph.add_buffer(width=shape[1], height=shape[0], format="rgb24", time_base=1 / rate)
    nodes = [source, *(graph.add(*each) for each in filters), graph.add("buffersink")]
    graph.link_nodes(*nodes)
    if palette is None:
        graph.configure()
    else:
        colours = graph.add_buffer(palette, time_base=1 / rate)
        colours.link_to(nodes[1], 0, 1)
        graph.configure()
        colours.push(palette)
        colours.push(None)  # or all frames would wait for another one
    for number, frame in enumerate(frames):
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame))
        picture.pts, picture.time_base = number, 1 / rate
        source.push(picture)
        yield from pulled(graph)
    source.push(None)
    yield from pulled(graph)


def pulled(graph: Any) -> Iterator["VideoFrame"]:
    """Yield the pictures that a graph of filters has ready."""
    import av

    with contextlib.suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield graph.vpull()


def encode(
    name: str,
    pictures: Iterable["VideoFrame"],
    kind: VideoFormat,
    shape: tuple[int, int],
    rate: Fraction,
    comment: str,
    progress: Callable[[int], None],
) -> None:
    """Write pictures to the file of a name. Raises ``av.FFmpegError``."""
    import av

    with av.open(name, "w", format=kind.container, options=kind.containing) as video:
        video.metadata["comment"] = comment
        stream: Any = video.add_stream(kind.encoder, rate, options=kind.encoding)
        stream.height, stream.width, stream.pix_fmt = *shape, kind.pixels
        for picture in pictures:
            video.mux(stream.encode(picture))
            progress(1)
        video.mux(stream.encode())
