import numpy as np
import pytest

from panogen.apps.walk.frames import Frames
from panogen.base.errors import JobError, UsageError
from panogen.pictures.canvas.canvas import files_beside
from panogen.pictures.formats import save_picture

REQUEST = {"walk": {"frames": 3, "loop": True}, "seeds": [4]}


@pytest.fixture
def frames(tmp_path):
    return Frames(tmp_path / "walk", 3, (4, 6), REQUEST)


@pytest.fixture
def begun(frames):
    with frames.opened(resume=False):
        return frames


def fill(frames, numbers):
    for number in numbers:
        save_picture(frames.path(number), np.full((4, 6, 3), number, np.uint8))


def test_frames_come_in_order_whenever_they_were_written(begun):
    fill(begun, [2, 0])
    assert begun.missing() == [1]
    fill(begun, [1])
    assert [int(picture[0, 0, 0]) for picture in begun] == [0, 1, 2]
    assert [int(picture[0, 0, 0]) for picture in begun] == [0, 1, 2]


def test_a_folder_is_gone_on_with_when_asked(begun):
    fill(begun, [0])
    with pytest.raises(UsageError, match="has been begun: --resume goes on with it"), begun.opened(resume=False):
        raise AssertionError
    with begun.opened(resume=True):
        assert begun.missing() == [1, 2]


def test_what_a_kill_left_beside_a_whole_frame_goes_and_beside_others_it_stays(begun):
    fill(begun, [0])
    whole, half = files_beside(begun.path(0)), files_beside(begun.path(1))
    for path in whole + half:
        path.write_bytes(b"")
    with begun.opened(resume=True):
        assert not any(path.exists() for path in whole)
        assert all(path.exists() for path in half)


def test_another_request_is_refused_by_what_differs(begun):
    other = Frames(begun.folder, 5, begun.shape, {"walk": {"frames": 5, "loop": True}, "seeds": [4, 9]})
    with pytest.raises(UsageError, match=r"another walk: walk.frames was 3, not 5, seeds was \[4\], not \[4, 9\]"):
        other.work.check(resume=True)


def test_broken_frames_are_named(begun):
    fill(begun, [0, 1, 2])
    begun.path(1).write_bytes(begun.path(1).read_bytes()[:50])
    with pytest.raises(JobError, match=r"frame000001.png: cannot be read.*; remove it, and --resume renders it anew"):
        list(begun)
    save_picture(begun.path(1), np.zeros((2, 6, 3), np.uint8))
    with pytest.raises(JobError, match=r"frame000001.png: must be 6 x 4 pixels, got 6 x 2"):
        list(begun)
