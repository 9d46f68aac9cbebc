import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from panogen.apps.walk.video import VIDEOS, check_video, save_video
from panogen.base.errors import JobError, UsageError
from tests.apps.walk.helpers import read_video

ROWS, COLUMNS = 32, 48


def film(count, rows=ROWS, columns=COLUMNS):
    """Smooth colours that wander."""
    y, x = np.mgrid[0:rows, 0:columns] / columns
    for time in np.arange(count) / count:
        waves = [np.sin(2 * np.pi * (x + y * k + time)) for k in range(3)]
        yield (np.stack(waves, -1) * 100 + 127).astype(np.uint8)


def told(path):
    """What ffmpeg says of a file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True).stderr


@pytest.mark.parametrize("suffix", VIDEOS)
def test_what_is_written_can_be_read(suffix, tmp_path):
    path, frames, heard = tmp_path / f"out{suffix}", list(film(10)), []
    save_video(path, frames, (ROWS, COLUMNS), 25, '{"seed": 4}', heard.append)
    fps, seen = read_video(path)
    assert (fps, len(seen), sum(heard)) == (25, 10, 10)
    for frame, picture in zip(frames, seen, strict=True):
        assert np.abs(frame.astype(int) - picture).mean() < 8
        np.testing.assert_allclose(frame.mean((0, 1)), picture.mean((0, 1)), atol=3)  # neither dyed nor dimmed
    assert list(tmp_path.iterdir()) == [path]


def test_an_mp4_is_what_every_player_takes(tmp_path):
    save_video(tmp_path / "out.mp4", film(4), (ROWS, COLUMNS), comment='{"seed": 4}')
    assert "Video: h264" in told(tmp_path / "out.mp4")
    assert "yuv420p(tv, bt709" in told(tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it loads
    assert b'{"seed": 4}' in data


def test_a_comment_too_long_for_a_command_line_is_left_out(tmp_path):
    save_video(tmp_path / "out.mp4", film(2), (ROWS, COLUMNS), comment="x" * 1_000_000)
    assert b"xxxx" not in (tmp_path / "out.mp4").read_bytes()


@pytest.mark.parametrize("fps", [0.1, 29.97, 240])
def test_slow_and_fast(tmp_path, fps):
    save_video(tmp_path / "out.mp4", film(3), (ROWS, COLUMNS), fps)
    assert read_video(tmp_path / "out.mp4")[0] == pytest.approx(fps)


def test_a_gif_plays_for_ever(tmp_path):
    save_video(tmp_path / "out.gif", list(film(4)), (ROWS, COLUMNS))
    with Image.open(tmp_path / "out.gif") as image:
        assert image.info["loop"] == 0


@pytest.mark.parametrize("suffix", [".webm", ".gif"])
def test_odd_sides_where_they_can_be(suffix, tmp_path):
    save_video(tmp_path / f"out{suffix}", list(film(3, 17, 33)), (17, 33))
    assert [frame.shape for frame in read_video(tmp_path / f"out{suffix}")[1]] == [(17, 33, 3)] * 3


@pytest.mark.parametrize(
    ("name", "shape", "fps", "message"),
    [
        ("out.mp4", (17, 32), 30, "must have an even width and height, got 32 x 17; change --width, or use .webm"),
        ("out.mp4", (16, 33), 30, "got 33 x 16"),
        ("out.mp4", (16, 16386), 30, "a .mp4 holds at most 16384 pixels a side, got 16386 x 16"),
        ("out.mp4", (16, 32), 0, r"fps must be in \[0.1, 240\] for a .mp4, got 0"),
        ("out.mp4", (16, 32), np.nan, "got nan"),
        ("out.GIF", (16, 32), 60, r"fps must be in \[0.1, 50\] for a .gif, got 60"),
        ("out.avi", (16, 32), 30, "must be one of .mp4, .webm, .gif, or none for a folder of frames, got '.avi'"),
    ],
)  # fmt: skip
def test_refused_before_a_frame_is_rendered(tmp_path, name, shape, fps, message):
    with pytest.raises(UsageError, match=message):
        check_video(tmp_path / name, shape, fps)


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UsageError, match=r"pip install 'panogen\[video\]'"):
        check_video(tmp_path / "out.mp4", (16, 32), 30)


def test_what_ffmpeg_says_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "panogen.apps.walk.video.VIDEOS", {**VIDEOS, ".mp4": VIDEOS[".gif"].__class__(("-f", "no"), 99, 99)}
    )
    with pytest.raises(JobError, match=r"out.mp4: cannot be written: ffmpeg: .*'no'"):
        save_video(tmp_path / "out.mp4", film(400), (ROWS, COLUMNS))
    assert not list(tmp_path.iterdir())


def test_frames_that_fail_leave_the_old_file(tmp_path):
    def failing():
        yield from film(2)
        raise JobError("frame 2: cannot be read")

    (tmp_path / "out.mp4").write_bytes(b"before")
    with pytest.raises(JobError, match="frame 2"):
        save_video(tmp_path / "out.mp4", failing(), (ROWS, COLUMNS))
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 1
