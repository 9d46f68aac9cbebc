"""Folders that are filled in several sittings: killed, shared, refused, littered, resumed."""

import errno
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_file, write_text
from panogen.base.folder import WorkFolder, check_free, check_new, check_same, differences, locked, new_folder
from tests.run.helpers import begin, needs_signals

REQUEST = {"walk": {"frames": 3, "loop": True}, "seeds": (4, 9)}
LITTER = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"]


def work(path, request=REQUEST):
    return WorkFolder(Path(path), "walk", request)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def enter(path, resume, settle):
    """Hold a folder, with half a file in it, until this process is killed; with ``settle``, leave it after a while."""
    with work(path).opened(resume=resume), whole_file(path / "deep.txt"):
        (path / "entered").touch()
        time.sleep(0.3) if settle else signal.pause()


def fill(path):
    """Fill a new folder until this process is killed."""
    with new_folder(path) as part:
        (part / "half").touch()
        signal.pause()


def killed_when(process, there):
    """Kill a process as soon as something is there."""
    while not there():
        assert process.is_alive()
        time.sleep(0.001)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("resume", [False, True])
def test_it_begins_where_nothing_is(tmp_path, resume):
    path = tmp_path / "not" / "yet" / "there"
    with work(path).opened(resume=resume):
        assert json.loads((path / "request.json").read_text()) == json.loads(json.dumps(REQUEST))
        write_text(path / "done.txt", "done")
    assert names(path) == ["done.txt", "request.json"]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("left", [*LITTER, ".lock", ".request.json.0123abcd.part"])
def test_what_file_managers_and_killed_processes_leave_counts_as_empty(tmp_path, left, resume):
    (tmp_path / left).touch()
    work(tmp_path).check(resume=resume)
    with work(tmp_path).opened(resume=resume):
        pass
    assert names(tmp_path) == sorted({left, "request.json"} - {".lock", ".request.json.0123abcd.part"})


@pytest.mark.parametrize("resume", [False, True])
def test_other_things_are_not_touched(tmp_path, resume):
    mine = tmp_path / "mine.txt"
    mine.touch()
    for path in (tmp_path, mine):
        with pytest.raises(UsageError, match=f"folder must be new or empty, got '{path}'; name another"):
            enter(path, resume, settle=True)
    assert names(tmp_path) == ["mine.txt"]


def test_the_same_request_goes_on_when_asked(tmp_path):
    with work(tmp_path).opened(resume=False):
        write_text(tmp_path / "done.txt", "done")
    before = (tmp_path / "request.json").stat().st_mtime_ns
    with pytest.raises(UsageError, match=r"has been begun: --resume goes on with it; to begin anew, remove .* or name"):
        work(tmp_path).check(resume=False)
    with work(tmp_path, {**REQUEST, "seeds": [4, 9]}).opened(resume=True):  # as JSON the same
        assert (tmp_path / "done.txt").read_text() == "done"
    assert (tmp_path / "request.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("before", [False, True])
def test_what_fails_at_once_leaves_the_folder_free(tmp_path, before):
    path = tmp_path / "out"
    for request in (REQUEST, {"walk": {"frames": 5}}):
        with pytest.raises(JobError, match="at once"), work(path, request).opened(resume=before):
            (path / "statistics").mkdir()
            raise JobError("at once")
        assert names(path) == []


def test_what_fails_later_leaves_what_is_done(tmp_path):
    with pytest.raises(JobError, match="later"), work(tmp_path).opened(resume=False):
        (tmp_path / "statistics").mkdir()
        write_text(tmp_path / "statistics" / "done.txt", "done")
        raise JobError("later")
    assert names(tmp_path) == ["request.json", "statistics"]


def test_another_request_is_refused_by_what_differs(tmp_path):
    with work(tmp_path).opened(resume=False):
        pass
    other = work(tmp_path, {"walk": {"frames": 5, "loop": True}, "seeds": [4, 12], "even": True})
    expected = "is of another walk: walk.frames was 3, not 5, seeds.1 was 9, not 12, even was null, not true; ask for"
    with pytest.raises(UsageError, match=expected):
        other.check(resume=True)


def test_a_request_that_cannot_be_read_is_a_failed_job(tmp_path):
    (tmp_path / "request.json").write_text("{")
    with pytest.raises(JobError, match=r"request\.json: not JSON"):
        work(tmp_path).check(resume=True)


@needs_signals
def test_killed_it_goes_on_without_what_was_left(tmp_path):
    path = tmp_path / "out"
    for resume in (False, True):
        killed_when(begin(enter, path, resume, False), (path / "entered").exists)
        assert len(list(path.glob(".deep.txt.*.part"))) == 1  # the first one's has gone
        (path / "entered").unlink()
        (path / ".folder.0123abcd.part" / "deep").mkdir(parents=True)
    with work(path).opened(resume=True):
        assert set(names(path)) == {".lock", "request.json"}
    assert names(path) == ["request.json"]


@needs_signals
def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path):
    path = tmp_path / "out"
    process = begin(enter, path, False, False)

    def refused():
        with pytest.raises(JobError, match="out: another process is writing it; wait until that has ended"):
            enter(path, True, settle=True)
        return True

    killed_when(process, lambda: (path / "entered").exists() and refused())
    enter(path, True, settle=True)


@needs_signals
def test_of_many_that_begin_at_once_one_does(tmp_path):
    path = tmp_path / "out"
    processes = [begin(enter, path, False, True) for _ in range(5)]
    for process in processes:
        process.join()
    assert sorted(process.exitcode for process in processes) == [0, 1, 1, 1, 1]
    assert names(path) == ["deep.txt", "entered", "request.json"]


@pytest.mark.skipif(os.name == "nt", reason="files in use cannot be removed there")
@pytest.mark.parametrize("taken", [False, True])
def test_a_lock_whose_file_was_removed_meanwhile_is_none(tmp_path, monkeypatch, taken):
    lock, other, acquire = tmp_path / ".lock", FileLock(tmp_path / ".lock", timeout=0), FileLock.acquire
    removed: list[int] = []

    def acquire_late(held):
        acquire(held)
        if not removed:  # the process that had it ends, and a third one may be faster
            removed.append(lock.stat().st_ino)
            lock.unlink()
            if taken:
                acquire(other)

    monkeypatch.setattr(FileLock, "acquire", acquire_late)
    if taken:
        with pytest.raises(JobError, match="out: another process is writing it"), locked(lock, Path("out")):
            raise AssertionError
    else:
        with locked(lock, Path("out")):
            assert lock.exists()
            with pytest.raises(Timeout):
                acquire(other)
        assert not lock.exists()


def test_what_the_disk_refuses_is_a_failed_job(tmp_path):
    with (
        pytest.raises(JobError, match="out: cannot be written: No space left on device"),
        work(tmp_path / "out").opened(resume=False),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    (tmp_path / "file").touch()
    for held in (work(tmp_path / "file" / "out").opened(resume=True), new_folder(tmp_path / "file" / "out")):
        with pytest.raises(JobError, match=r"out: cannot be written: (Not a directory|File exists)"), held:
            raise AssertionError
    with pytest.raises(UsageError, match="x: cannot be written: File name too long"):
        work(tmp_path / (300 * "x")).check(resume=False)


@pytest.mark.parametrize("left", LITTER)
def test_a_new_folder_takes_the_place_of_an_empty_one(tmp_path, left):
    path = tmp_path / "not" / "out"
    path.mkdir(parents=True)
    (path / left).touch()
    with new_folder(path) as part:
        (part / "whole.txt").touch()
        assert names(path) == [left]
    assert names(path) == ["whole.txt"]
    assert names(path.parent) == ["out"]
    with pytest.raises(UsageError, match="must be new or empty"), new_folder(path):
        raise AssertionError


def test_the_folder_that_one_is_in_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_free(Path())
    for path in (Path(), tmp_path):
        with pytest.raises(UsageError, match="must be another than the one that you are in"):
            check_new(path)
        with pytest.raises(UsageError, match="must be another than the one that you are in"), new_folder(path):
            pass
    check_new(Path("inner"))


def test_a_new_folder_leaves_what_was_put_there_meanwhile(tmp_path):
    with pytest.raises(JobError, match="out: cannot be written"), new_folder(tmp_path / "out"):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").touch()
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["mine.txt"]


@needs_signals
def test_a_new_folder_of_a_killed_process_is_dropped_by_the_next(tmp_path):
    path = tmp_path / "o[u]t"
    others = [".o[u]t.mp4.0123abcd.part", ".out.0123abcd.part"]
    for name in others:
        (tmp_path / name).touch()

    def half():
        return [part for part in tmp_path.glob(".o*.part") if part.is_dir() and any(part.iterdir())]

    process = begin(fill, path)
    while not half():
        time.sleep(0.001)
    with pytest.raises(JobError, match="another process is writing it"), new_folder(path):
        raise AssertionError
    killed_when(process, half)
    assert not path.exists()
    with new_folder(path):
        assert len(half()) == 0
    assert names(tmp_path) == sorted([*others, path.name])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not hold there")
def test_a_folder_that_takes_nothing(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(JobError, match="cannot be written"):
        enter(tmp_path, resume=False, settle=True)


def test_free_is_what_holds_nothing(tmp_path):
    check_free(tmp_path)
    check_free(tmp_path / "out")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="folder must be new or empty"):
        check_free(tmp_path)


def test_differences_have_names_and_values():
    before = {"a": {"b": [{"c": 1}, 2]}, "list": [1], "same": (1, 2), "long": "x" * 99, "gone": 1}
    now = {"a": {"b": [{"c": 3}, 2]}, "list": [1, 2], "same": (1, 2), "long": "y" * 99, "new": None}
    assert list(differences(before, now)) == [
        "a.b.0.c was 1, not 3",
        "list was [1], not [1, 2]",
        f'long was "{"x" * 39}..., not "{"y" * 39}...',
        "gone was 1, not null",
    ]
    check_same(Path("out"), "walk", {"same": [1, 2]}, {"same": (1, 2)})


@pytest.fixture(params=["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def lockless(request, monkeypatch):
    """Files that the system cannot lock, as on some network mounts."""
    import fcntl

    def refuse(descriptor, operation):
        number = getattr(errno, request.param)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


@needs_signals
def test_without_locks_a_marker_keeps_others_out(tmp_path, lockless):
    path, marker = tmp_path / "out", tmp_path / "out" / ".lock.held"
    with work(path).opened(resume=False):
        assert marker.read_text().split()[0] == str(os.getpid())
        with pytest.raises(JobError, match=f"another process is writing it; wait .*, or remove '{marker}' if it has"):
            enter(path, True, settle=True)
    assert names(path) == ["request.json"]
    with new_folder(tmp_path / "new") as part, pytest.raises(JobError, match="another process is writing it"):
        (part / "whole.txt").touch()
        with new_folder(tmp_path / "new"):
            raise AssertionError
    with new_folder(tmp_path / "newer") as part:
        (part / "whole.txt").touch()
    assert names(tmp_path) == ["new", "newer", "out"]


@needs_signals
def test_without_locks_the_marker_of_a_killed_process_is_found_out(tmp_path, lockless):
    path = tmp_path / "out"
    with work(path).opened(resume=False):
        pass
    dead = begin(int)
    dead.join()
    (path / ".lock.held").write_text(f"{dead.pid}\n{socket.gethostname()}\n")
    with work(path).opened(resume=True):
        assert (path / ".lock.held").read_text().split()[0] == str(os.getpid())
    assert names(path) == ["request.json"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_is_filled_where_it_leads(tmp_path):
    for name in ("work", "new"):
        (tmp_path / name).symlink_to(Path("not", name))
    with work(tmp_path / "work").opened(resume=True):
        write_text(tmp_path / "work" / "done.txt", "done")
    with new_folder(tmp_path / "new") as part:
        (part / "whole.txt").touch()
    assert names(tmp_path / "not" / "work") == ["done.txt", "request.json"]
    assert names(tmp_path / "not" / "new") == ["whole.txt"]
    assert (tmp_path / "work").is_symlink() and (tmp_path / "new").is_symlink()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="loop: cannot be written: Too many levels of symbolic links"):
        check_free(tmp_path / "loop")
