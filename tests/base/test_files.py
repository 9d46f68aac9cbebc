import errno
import os

import pytest

from panogen.base.files import whole_file, whole_folder, write_text


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "out.bin"
    with whole_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "out.bin"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError), whole_file(path) as file:
        file.write(b"after")
        raise RuntimeError
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, call):
    path = tmp_path / "out.bin"
    path.write_bytes(b"before")

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole(tmp_path):
    path = tmp_path / "folder"
    with whole_folder(path) as part:
        (part / "deep").mkdir()
        (part / "deep" / "a.txt").write_text("a")
        assert not path.exists()
    assert (path / "deep" / "a.txt").read_text() == "a"
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "other") as part:
        (part / "b.txt").write_text("b")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [path]
