import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from panogen.apps.walk.video import VIDEOS, check_video, read_comment, save_video
from panogen.base.errors import JobError, UsageError
from tests.apps.walk.helpers import read_video

ROWS, COLUMNS = 32, 48


def film(count, rows=ROWS, columns=COLUMNS):
    """Smooth colours that wander."""
    y, x = np.mgrid[0:rows, 0:columns] / columns
    for time in np.arange(count) / count:
        waves = [np.sin(2 * np.pi * (x + y * k + time)) for k in range(3)]
        yield (np.stack(waves, -1) * 100 + 127).astype(np.uint8)


def bt709(path):
    """The first frame's colours (height, width, 3) by the formulas of ITU-R BT.709, from luma and chroma as they lie in
    the file."""
    with av.open(path) as video:
        frame = next(video.decode(video=0))
        assert frame.format.name == "yuv420p"
        luma, blue, red = (np.array(plane, float) for plane in planes(frame))
    y, cb, cr = (luma - 16) / 219, *((chroma.repeat(2, 0).repeat(2, 1) - 128) / 224 for chroma in (blue, red))
    r, b = y + 1.5748 * cr, y + 1.8556 * cb
    return 255 * np.stack([r, (y - 0.2126 * r - 0.0722 * b) / 0.7152, b], -1)


def planes(frame):
    for plane in frame.planes:
        yield np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_what_is_written_can_be_read(suffix, tmp_path):
    path, frames, heard = tmp_path / f"out{suffix}", list(film(10)), []
    save_video(path, frames, (ROWS, COLUMNS), 25, '{"seed": 4}', progress=heard.append)
    fps, seen = read_video(path)
    assert (fps, len(seen), sum(heard)) == (25, 10, 10)
    for frame, picture in zip(frames, seen, strict=True):
        assert np.abs(frame.astype(int) - picture).mean() < 8
        np.testing.assert_allclose(frame.mean((0, 1)), picture.mean((0, 1)), atol=3)  # neither dyed nor dimmed
    assert list(tmp_path.iterdir()) == [path]


def test_an_mp4_is_what_every_player_takes(tmp_path):
    save_video(tmp_path / "out.mp4", film(4), (ROWS, COLUMNS))
    with av.open(tmp_path / "out.mp4") as video:
        assert (video.streams.video[0].codec.name, video.streams.video[0].pix_fmt) == ("h264", "yuv420p")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it loads


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 150, 30), (9, 90, 60), (128,) * 3])
def test_colours_are_right_and_said_to_be_srgb(suffix, colour, tmp_path):
    path = tmp_path / f"out{suffix}"
    save_video(path, [np.full((ROWS, COLUMNS, 3), colour, np.uint8)] * 2, (ROWS, COLUMNS))
    np.testing.assert_allclose(bt709(path).mean((0, 1)), colour, atol=2)
    with av.open(path) as video:
        said = video.streams.video[0].codec_context
        # ITU-T H.273: BT.709 primaries, the transfer of IEC 61966-2-1, the matrix of BT.709, 16 to 235.
        assert (said.color_primaries, said.color_trc, said.colorspace, said.color_range) == (1, 13, 1, 1)


@pytest.mark.parametrize("suffix", VIDEOS)
def test_the_same_frames_give_the_same_bytes(suffix, tmp_path):
    for name in ("one", "two"):
        save_video(tmp_path / f"{name}{suffix}", list(film(8)), (ROWS, COLUMNS))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


class TestComment:
    @pytest.mark.parametrize("suffix", [".mp4", ".webm"])
    @pytest.mark.parametrize("text", ["plain", "x" * 1_000_000, 'a = b; # \\ \n " naïve'])
    def test_is_read_back(self, suffix, text, tmp_path):
        save_video(tmp_path / f"out{suffix}", film(2), (ROWS, COLUMNS), comment=json.dumps({"text": text}))
        assert read_comment(tmp_path / f"out{suffix}") == {"text": text}

    @pytest.mark.parametrize("comment", ["", "[4]", "{", "[" * 100_000])
    def test_others_are_none(self, comment, tmp_path):
        save_video(tmp_path / "out.mp4", film(2), (ROWS, COLUMNS), comment=comment)
        assert read_comment(tmp_path / "out.mp4") is None

    def test_what_is_no_video_has_none(self, tmp_path):
        (tmp_path / "out.mp4").write_bytes(bytes(1000))
        assert read_comment(tmp_path / "out.mp4") is None
        with pytest.raises(JobError, match="cannot be read: No such file"):
            read_comment(tmp_path / "other.mp4")


def test_a_gif_has_one_palette_of_all_frames(tmp_path):
    colours = [(255, 0, 0), (0, 160, 0), (0, 0, 90)]
    save_video(tmp_path / "out.gif", [np.full((16, 16, 3), colour, np.uint8) for colour in colours], (16, 16), 20)
    with Image.open(tmp_path / "out.gif") as image:
        for number, colour in enumerate(colours):
            image.seek(number)
            assert image.info["duration"] == 50
            np.testing.assert_allclose(np.asarray(image.convert("RGB"))[8, 8], colour, atol=4)
    assert (tmp_path / "out.gif").read_bytes().count(b"\x21\xff\x0bNETSCAPE2.0") == 1


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
        ("out.mp4", (17, 32), 30, "must have an even width and height, got 32 x 17; change --height, or use .webm"),
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
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError, match=r"pip install 'panogen\[video\]'"):
        check_video(tmp_path / "out.mp4", (16, 32), 30)


def test_what_libav_says_is_passed_on(tmp_path, monkeypatch):
    broken = replace(VIDEOS[".mp4"], encoding={"crf": "bad"})
    monkeypatch.setattr("panogen.apps.walk.video.VIDEOS", {".mp4": broken})
    with pytest.raises(JobError, match=r"out.mp4: cannot be written: Invalid argument$"):
        save_video(tmp_path / "out.mp4", film(4), (ROWS, COLUMNS))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_disk_that_is_full(suffix, tmp_path, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")

    @contextlib.contextmanager
    def full(path):
        with Path("/dev/full").open("wb") as file:
            yield file

    monkeypatch.setattr("panogen.apps.walk.video.whole_file", full)
    frames = list(np.random.default_rng(0).integers(0, 256, (30, ROWS, COLUMNS, 3), np.uint8))
    with pytest.raises(JobError, match=f"out{suffix}: cannot be written: No space left on device$"):
        save_video(tmp_path / f"out{suffix}", frames, (ROWS, COLUMNS))


def test_frames_that_fail_leave_the_old_file(tmp_path):
    def failing():
        yield from film(2)
        raise JobError("frame 2: cannot be read")

    (tmp_path / "out.mp4").write_bytes(b"before")
    with pytest.raises(JobError, match="frame 2"):
        save_video(tmp_path / "out.mp4", failing(), (ROWS, COLUMNS))
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 1
