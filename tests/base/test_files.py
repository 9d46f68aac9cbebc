import errno
import os
import stat
from pathlib import Path

import pytest

from panogen.base.files import is_litter, part_of, parts_of, whole_file, whole_folder, write_text
from panogen.base.names import longest_name

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")


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


def refusing_folders(monkeypatch, number):
    """Have folders answer fsync with an error, as those of CIFS, VirtualBox or FUSE do."""

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.skipif(os.name == "nt", reason="folders are not synchronised there")
@pytest.mark.parametrize("name", ["EINVAL", "ENOTSUP", "EBADF", "ENOSYS"])
def test_a_folder_that_cannot_be_synchronised_is_written(tmp_path, monkeypatch, name):
    refusing_folders(monkeypatch, getattr(errno, name))
    write_text(tmp_path / "out.txt", "text")
    with whole_folder(tmp_path / "folder") as part:
        (part / "deep").mkdir()
    assert (tmp_path / "out.txt").read_text() == "text"
    assert (tmp_path / "folder" / "deep").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="folders are not synchronised there")
def test_a_folder_that_cannot_be_opened_is_written(tmp_path, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    (tmp_path / "out.txt").write_text("before")
    write_text(tmp_path / "out.txt", "text")
    assert (tmp_path / "out.txt").read_text() == "text"


@pytest.mark.skipif(os.name == "nt", reason="folders are not synchronised there")
def test_a_disk_that_fails_is_none_of_these(tmp_path, monkeypatch):
    refusing_folders(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        write_text(tmp_path / "out.txt", "text")


@needs_links
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to("next")
    (tmp_path / "next").symlink_to(Path("far", "file"))  # which is not there yet
    for text in ("one", "two"):
        write_text(tmp_path / "near", text)
        assert (tmp_path / "far" / "file").read_text() == text
    assert (tmp_path / "near").is_symlink() and (tmp_path / "next").is_symlink()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["far", "file", "near", "next"]


@needs_links
def test_a_link_to_a_folder_stays_and_the_folder_is_filled(tmp_path):
    for name in ("empty", "missing"):
        link = tmp_path / f"to {name}"
        link.symlink_to(name)
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with whole_folder(tmp_path / f"to {name}") as part:
            (part / "a.txt").touch()
        assert (tmp_path / f"to {name}").is_symlink()
        assert [path.name for path in (tmp_path / name).iterdir()] == ["a.txt"]


@needs_links
def test_links_in_a_circle_lead_nowhere(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        write_text(tmp_path / "a", "text")
    assert (tmp_path / "a").is_symlink()


def test_a_longest_name_is_written_and_its_parts_are_found(tmp_path):
    path = tmp_path / ("p" * longest_name(tmp_path))
    write_text(path, "text")
    assert list(tmp_path.iterdir()) == [path]
    parts = {part_of(path), part_of(path)}
    for part in [*parts, part_of(path.with_name("p" * 99))]:
        part.touch()
        assert is_litter(part)
    assert set(parts_of(path)) == parts


def test_a_text_is_written_in_utf_8_whatever_is_in_it(tmp_path):
    write_text(tmp_path / "out.txt", "é 日 " + b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert (tmp_path / "out.txt").read_bytes() == "é 日 caf\\udce9".encode()
