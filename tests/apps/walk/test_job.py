from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from panogen.apps.walk import Film, FilmOutput, Walk
from panogen.base.errors import UsageError
from panogen.grids.view import View
from tests.apps.walk.helpers import measure_little, read_video

VIEW = View(width=64)


@pytest.fixture
def film(model):
    return lambda walk, view=VIEW, places=(4, 9): Film(model, places, walk, view)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ""])
def test_it_is_what_the_command_makes(film, panogen, model_folder, tmp_path, monkeypatch, suffix):
    measure_little(monkeypatch)
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    fps = {"fps": 12} if suffix else {}
    FilmOutput(film(Walk(4, even=True, turn_deg=360)), one, **fps).write(keep_frames=True)
    course = ("--seeds", "4,9", "--frames", 4, "--even", "--turn", 360, "--width", 64)
    rate = ("--fps", 12, "--keep-frames") if suffix else ()
    assert panogen("walk", "--model", model_folder, *course, *rate, two).exit_code == 0
    if suffix:
        assert one.read_bytes() == two.read_bytes()
        one, two = (path.with_name(f"{path.name}.frames") for path in (one, two))
    assert files(one) == files(two)


def test_frames_show_what_the_film_does_and_make_the_video(film, tmp_path):
    made = film(Walk(3, loop=False))
    FilmOutput(made, tmp_path / "out.webm", np.float32(12)).write(keep_frames=True)
    frames = [pixels(tmp_path / "out.webm.frames" / f"frame{frame:06d}.png") for frame in range(3)]
    for frame, picture in enumerate(frames):
        np.testing.assert_array_equal(picture, made.panogen.render(*made.shown(frame)))
    fps, shown = read_video(tmp_path / "out.webm")
    assert fps == 12
    assert [np.argmin([np.abs(one - other).mean() for other in frames]) for one in shown] == [0, 1, 2]


def test_frames_of_a_video_go_when_it_is_whole(film, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    FilmOutput(film(Walk(2)), "~/out.gif").write()
    assert [path.name for path in tmp_path.glob("*out*")] == ["out.gif"]


def test_interrupted_it_is_gone_on_with(film, tmp_path, monkeypatch):
    save, output = Film.save, FilmOutput(film(Walk(4)), tmp_path / "out")

    def interrupted(film, frame, path):
        if frame == 2:
            raise KeyboardInterrupt
        return save(film, frame, path)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Film, "save", interrupted)
        output.write()
    assert output.frames.missing() == [2, 3]
    with pytest.raises(UsageError, match="has been begun: --resume goes on with it"):
        output.write()
    left = {path: path.stat().st_mtime_ns for path in output.frames.folder.glob("*.png")}
    output.write(resume=True)
    assert {path: path.stat().st_mtime_ns for path in left} == left
    FilmOutput(film(Walk(4)), tmp_path / "whole").write()
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_every_stage_has_a_bar_that_gets_full(film, tmp_path, monkeypatch):
    measure_little(monkeypatch)
    bars = []

    @contextmanager
    def bar(total, initial=0, **looks):
        heard = []
        yield SimpleNamespace(update=heard.append)
        bars.append((looks.get("desc"), total, initial + sum(heard)))

    made = film(Walk(4, even=True))
    output = FilmOutput(made, tmp_path / "out.gif")
    output.write(keep_frames=True, bar=bar)
    assert bars == [("pace", made.samples, made.samples), (None, 4, 4), (".gif", 4, 4)]
    bars.clear()
    output.frames.path(1).unlink()
    output.write(resume=True, keep_frames=True, bar=bar)
    assert bars == [("pace", made.samples, made.samples), (None, 4, 4), (".gif", 4, 4)]
    bars.clear()
    output.write(resume=True, bar=bar)
    assert bars == [(None, 4, 4), (".gif", 4, 4)]


def test_it_tells_the_largest_share_of_a_frame_beyond_the_chart(film, tmp_path):
    view = View(64, 64, "perspective", fov_deg=90, outside="transparent")
    made = film(Walk(4, zoom=0.7), view, [4])
    shares = [(made.panogen.render(*made.shown(frame))[..., 3] == 0).mean() for frame in range(4)]
    assert shares[0] < shares[1] < shares[2] > shares[3]
    assert FilmOutput(made, tmp_path / "out").write() == shares[2]


@pytest.mark.parametrize(
    ("name", "fps", "message"),
    [
        ("out.avi", 30, "must be one of .mp4, .webm, .gif, or none for a folder of frames, got '.avi'"),
        ("out.gif", 60, r"fps must be in \[0.1, 50\] for a .gif, got 60"),
        ("out.gif", "30", "fps must be a number, got '30'"),
        ("missing/out.gif", 30, "does not exist; create it first"),
    ],
)
def test_what_cannot_be_made_is_refused_before_a_frame_is_rendered(film, tmp_path, name, fps, message):
    made, before = film(Walk(2)), set(tmp_path.iterdir())
    with pytest.raises(UsageError, match=message):
        FilmOutput(made, tmp_path / name, fps).write()
    assert set(tmp_path.iterdir()) == before
