import numpy as np
import pytest

from panogen.apps.walk import Frames
from panogen.base.errors import JobError, UsageError
from panogen.pictures.canvas import files_beside
from panogen.pictures.formats import save_picture

REQUEST = {"walk": {"frames": 3, "loop": True}, "seeds": [4]}


@pytest.fixture
def frames(tmp_path):
    return Frames(tmp_path / "walk", 3, (4, 6))


def fill(frames, numbers):
    for number in numbers:
        save_picture(frames.path(number), np.full((4, 6, 3), number, np.uint8))


def test_frames_come_in_order_whenever_they_were_written(frames):
    frames.check(REQUEST, resume=False)
    frames.begin(REQUEST)
    fill(frames, [2, 0])
    assert frames.missing() == [1]
    fill(frames, [1])
    assert [int(picture[0, 0, 0]) for picture in frames] == [0, 1, 2]
    assert [int(picture[0, 0, 0]) for picture in frames] == [0, 1, 2]


def test_a_folder_is_gone_on_with_when_asked(frames):
    frames.begin(REQUEST)
    fill(frames, [0])
    part = frames.folder / ".frame000001.png.0123.part"
    part.write_bytes(b"cut")
    with pytest.raises(UsageError, match=r"must be new or empty, got .*; add --resume to go on with the walk in it"):
        frames.check(REQUEST, resume=False)
    frames.check(REQUEST, resume=True)
    frames.begin(REQUEST)
    assert not part.exists()
    assert frames.missing() == [1, 2]


def test_what_a_kill_left_beside_a_whole_frame_goes_and_beside_others_it_stays(frames):
    frames.begin(REQUEST)
    fill(frames, [0])
    whole, half = files_beside(frames.path(0)), files_beside(frames.path(1))
    for path in whole + half:
        path.write_bytes(b"")
    frames.begin(REQUEST)
    assert not any(path.exists() for path in whole)
    assert all(path.exists() for path in half)


def test_another_request_is_refused_by_what_differs(frames):
    frames.begin(REQUEST)
    other = {"walk": {"frames": 5, "loop": True}, "seeds": [4, 9]}
    with pytest.raises(UsageError, match=r"walk.frames was 3, not 5, seeds was \[4\], not \[4, 9\]; ask for that"):
        frames.check(other, resume=True)


def test_where_nothing_was_begun_nothing_is_gone_on_with(frames):
    with pytest.raises(UsageError, match="holds no walk to go on with; leave --resume out"):
        frames.check(REQUEST, resume=True)


def test_a_folder_of_other_things_is_left_alone(frames):
    frames.folder.mkdir()
    frames.check(REQUEST, resume=False)  # empty
    (frames.folder / "mine.txt").write_text("")
    with pytest.raises(UsageError, match=r"must be new or empty, got .*; name another"):
        frames.check(REQUEST, resume=False)
    frames.folder = frames.folder / "mine.txt"
    with pytest.raises(UsageError, match=r"must be new or empty, got .*; name another"):
        frames.check(REQUEST, resume=False)


def test_broken_frames_are_named(frames):
    frames.begin(REQUEST)
    fill(frames, [0, 1, 2])
    frames.path(1).write_bytes(frames.path(1).read_bytes()[:50])
    with pytest.raises(JobError, match=r"frame000001.png: cannot be read.*; remove it, and --resume renders it anew"):
        list(frames)
    save_picture(frames.path(1), np.zeros((2, 6, 3), np.uint8))
    with pytest.raises(JobError, match=r"frame000001.png: must be 6 x 4 pixels, got 6 x 2"):
        list(frames)
