"""Films as files: frames go through ffmpeg one after the other, and the file appears when it is whole."""

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.base.errors import JobError, UsageError, reading, writing
from panogen.base.files import whole_file

LEAST_FPS = 0.1
LONGEST_COMMENT = 20_000  # characters: what a command line takes everywhere
COMMENT = re.compile("^comment=(.*)$", re.MULTILINE | re.IGNORECASE)  # =, ; and others have a backslash before them

Pictures = Iterable[NDArray[np.uint8]]

# Untagged files are taken for BT.709 by players, for BT.601 by ffmpeg: so we convert to the former, and say so.
YUV = (
    "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
)  # fmt: skip


@dataclass(frozen=True)
class VideoFormat:
    """ffmpeg's options for a kind of file, and what it can hold.

    ``palette`` means that its colours are looked for first, in all frames.
    """

    options: tuple[str, ...]
    largest_side: int
    most_fps: float
    even_sides: bool = False
    palette: bool = False


# Macroblock trees save on the last frames, which nothing is predicted from: where a loop closes that would show.
H264 = ("-c:v", "libx264", "-crf", "18", "-x264-params", "mbtree=0", "-movflags", "+faststart", "-f", "mp4")
# Without bitexact a .webm has a random number of its own.
VP9 = ("-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", "-row-mt", "1", "-fflags", "+bitexact", "-f", "webm")
GIF = ("-lavfi", "[0:v][1:v]paletteuse=dither=bayer:bayer_scale=3", "-loop", "0", "-f", "gif")

VIDEOS = {
    ".mp4": VideoFormat((*YUV, *H264), largest_side=16384, most_fps=240, even_sides=True),
    ".webm": VideoFormat((*YUV, *VP9), largest_side=65535, most_fps=240),
    ".gif": VideoFormat(GIF, largest_side=65535, most_fps=50, palette=True),
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
    if kind.even_sides and (shape[0] % 2 or shape[1] % 2):
        raise UsageError(f"a {suffix} must have an even width and height, got {size}; change --width, or use .webm")
    if max(shape) > kind.largest_side:
        raise UsageError(
            f"a {suffix} holds at most {kind.largest_side} pixels a side, got {size}; use a folder of frames"
        )
    ffmpeg()


def ffmpeg() -> str:
    """Return the program. Raises UsageError where the extra is not installed."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise UsageError(
            "video files need ffmpeg, which comes with pip install 'panogen[video]'; frames in a folder need nothing"
        ) from None


def save_video(
    path: Path,
    frames: Pictures,
    shape: tuple[int, int],
    fps: float = 30.0,
    comment: str = "",
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write frames (height, width, 3) uint8 of a shape (rows, columns) as a video, whole or not at all.

    The suffix names the format. A .gif reads ``frames`` twice, for its palette first, and has no ``comment``; others
    leave one out that is longer than ``LONGEST_COMMENT``. Raises UsageError, or JobError with what ffmpeg says.
    """
    check_video(path, shape, fps)
    kind = video_format(path)
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{shape[1]}x{shape[0]}", "-r", f"{fps:.6g}", "-i", "-")
    with writing(path), tempfile.TemporaryDirectory() as folder, whole_file(path) as file:
        inputs: tuple[str, ...] = raw
        if kind.palette:
            palette = str(Path(folder) / "palette.png")
            stream(path, frames, (*raw, "-vf", "palettegen", "-update", "1", palette), lambda frames: None)
            inputs = (*raw, "-i", palette)
        about = ("-metadata", f"comment={comment if len(comment) <= LONGEST_COMMENT else ''}")
        stream(path, frames, (*inputs, *kind.options, *about, file.name), progress)


def read_comment(path: Path) -> dict[str, Any] | None:
    """Return the JSON object that a video has for a comment, or None. Raises UsageError, JobError."""
    with reading(path), path.open("rb"):
        command = [ffmpeg(), "-loglevel", "error", "-nostdin", "-i", str(path), "-f", "ffmetadata", "-"]
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout
    found = COMMENT.search(said.decode(errors="replace"))
    with contextlib.suppress(ValueError):
        value = json.loads(re.sub(r"\\(.)", r"\1", found[1])) if found else None
        return value if isinstance(value, dict) else None
    return None


def stream(path: Path, frames: Pictures, options: Iterable[str], progress: Callable[[int], None]) -> None:
    """Give ffmpeg the frames. Raises JobError, which names ``path``, where it fails."""
    command = [ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *options]
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as process:
        assert process.stdin is not None
        try:
            for frame in frames:
                try:
                    process.stdin.write(np.ascontiguousarray(frame).data)
                except OSError:  # it has ended, and says why
                    break
                progress(1)
        except BaseException:
            process.kill()
            raise
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
        if process.wait():
            said.seek(0)
            lines = said.read().decode(errors="replace").split("\n")
            reason = "; ".join(line.strip() for line in lines if line.strip()) or f"exit code {process.returncode}"
            raise JobError(f"{path}: cannot be written: ffmpeg: {reason}")
