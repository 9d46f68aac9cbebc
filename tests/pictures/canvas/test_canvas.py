"""Canvases fill in any order and sitting, and find what a kill or a flipped bit has undone."""

import errno
import hashlib
import os
import random

import numpy as np
import pytest
import tifffile

from panogen.base.errors import JobError, UsageError
from panogen.grids import Window
from panogen.pictures.canvas import cut
from panogen.pictures.canvas.canvas import Canvas
from panogen.pictures.canvas.tiff import Form, tiff_header

SHAPE, BLOCK = (50, 70), (16, 32)
PICTURE = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)
REQUEST = {"seed": 4, "view": {"width": 70}}


def canvas_at(path, request=REQUEST, form=None, packet="<x:xmpmeta/>"):
    return Canvas(path, form or Form(SHAPE), packet, request, BLOCK)


def part(window, picture=PICTURE):
    return picture[window.top : window.top + window.height, window.left : window.left + window.width]


def fill(path, windows=None, resume=True):
    """Put some or all of the missing blocks, and leave the canvas; which were missing."""
    canvas = canvas_at(path)
    with canvas.opened(resume=resume):
        missing = list(canvas.missing)
        for window in missing if windows is None else windows:
            canvas.put(window, part(window), unseen=window.left)
    return missing


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.png"


def test_blocks_cover_the_picture_once():
    covered = np.zeros(SHAPE, int)
    for top, left, height, width in cut(SHAPE, BLOCK):
        covered[top : top + height, left : left + width] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize(
    "form", [Form(SHAPE), Form(SHAPE, 4), Form(SHAPE, 3, "float32"), Form((1, 1)), Form((3, 100_000))]
)
def test_is_a_valid_picture_whatever_the_order(form, tmp_path):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (*form.shape, form.channels)).astype(form.dtype)
    canvas = canvas_at(tmp_path / "out.tif", form=form)
    with canvas.opened(resume=False):
        for window in random.Random(0).sample(canvas.blocks, len(canvas.blocks)):
            canvas.put(window, part(window, picture))
        np.testing.assert_array_equal(tifffile.imread(canvas.path), picture)
        np.testing.assert_array_equal(canvas.image().numpy(), picture)
        canvas.finish()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), picture)
    assert list(tmp_path.iterdir()) == [tmp_path / "out.tif"]


@pytest.mark.parametrize("end", ["finish", "remove"])
def test_no_file_is_open_when_it_is_renamed_or_removed(out, monkeypatch, end):
    """As Windows asks."""
    canvas, touched = canvas_at(out), []
    with canvas.opened(resume=False):
        monkeypatch.setattr("os.replace", lambda *paths: touched.append(canvas.file.closed))
        monkeypatch.setattr(
            "pathlib.Path.unlink", lambda *path, **how: touched.extend(file.closed for file in canvas.open_files)
        )
        getattr(canvas, end)()
        monkeypatch.undo()
    assert len(touched) >= 4
    assert all(touched)


def test_beyond_four_gigabytes_it_is_a_bigtiff(tmp_path):
    versions = [tiff_header(Form((side, side)), "", tmp_path / "out")[:4] for side in (37_000, 38_000)]
    assert versions == [b"II*\0", b"II+\0"]
    assert not list(tmp_path.iterdir())


def test_goes_on_where_it_was_left(out):
    first = cut(SHAPE, BLOCK)[2:5]
    fill(out, first, resume=False)
    missing = fill(out)
    assert set(missing) == set(cut(SHAPE, BLOCK)) - set(first)
    canvas = canvas_at(out)
    with canvas.opened(resume=True):
        assert canvas.missing == []
        assert canvas.unseen == sum(window.left for window in canvas.blocks)
        np.testing.assert_array_equal(canvas.image().numpy(), PICTURE)


def test_says_how_much_was_done(out):
    first = cut(SHAPE, BLOCK)[:2]
    fill(out, first, resume=False)
    heard = []
    with canvas_at(out).opened(resume=True, checked=heard.append):
        assert heard == [window.height * window.width for window in first]


def test_a_flip_of_any_bit_is_found(out):
    fill(out, resume=False)
    canvas = canvas_at(out)
    whole = {path: path.read_bytes() for path in (canvas.path, canvas.journal.path)}
    rng = random.Random(0)
    for path, data in whole.items():
        for position in [0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(60))]:
            flipped = bytearray(data)
            flipped[position] ^= 1 << rng.randrange(8)
            for other, content in whole.items():
                other.write_bytes(bytes(flipped) if other == path else content)
            again = fill(out)
            assert len(again) <= 2  # the end of a line belongs to the next one, too
            assert canvas.path.read_bytes() == whole[canvas.path]


def test_a_line_cut_short_is_done_again(out):
    fill(out, resume=False)
    journal = canvas_at(out).journal.path
    journal.write_bytes(journal.read_bytes()[:-20])
    assert len(fill(out)) == 1
    assert fill(out) == []


def test_a_journal_alone_or_a_canvas_alone_is_none(out):
    for name in ("path", "journal"):
        fill(out)
        canvas = canvas_at(out)
        (canvas.path if name == "path" else canvas.journal.path).unlink()
        assert len(fill(out)) == len(canvas.blocks)


def test_another_request_is_refused_with_the_difference(out):
    fill(out, resume=False)
    other = {"seed": 5, "view": {"width": 71}}
    refused = pytest.raises(UsageError, match=r"seed was 4, not 5, view\.width was 70, not 71; ask for that one")
    with refused, canvas_at(out, other).opened(resume=True):
        pass
    assert fill(out) == []


def test_blocks_of_another_request_are_worth_nothing_even_where_the_request_is_damaged(out):
    fill(out, resume=False)
    journal = canvas_at(out).journal.path
    text = journal.read_text()
    journal.write_text(text.replace("seed", "seet", 1))
    canvas = canvas_at(out, {"seed": 5})
    with canvas.opened(resume=True):
        assert canvas.missing == canvas.blocks


def test_half_a_picture_is_not_overwritten_unasked(out):
    fill(out, cut(SHAPE, BLOCK)[:1], resume=False)
    with pytest.raises(UsageError, match=r"has been begun: --resume goes on with it.* remove .*canvas\.tif"):
        fill(out, resume=False)


def test_nothing_stays_where_nothing_was_done(out):
    with pytest.raises(RuntimeError), canvas_at(out).opened(resume=False):
        raise RuntimeError
    assert list(out.parent.iterdir()) == []


def test_one_process_at_a_time(out):
    with canvas_at(out).opened(resume=False):
        refused = pytest.raises(JobError, match="another process is writing it; wait until that has ended")
        with refused, canvas_at(out).opened(resume=False):
            pass
        with canvas_at(out.with_name("other.png")).opened(resume=False):
            pass
    with canvas_at(out).opened(resume=False):
        pass


def test_a_full_disk_is_found_before_anything_is_computed(out, monkeypatch):
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("the system promises no space")

    def full(descriptor, start, size):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"), canvas_at(out).opened(resume=False):
        raise AssertionError
    assert list(out.parent.iterdir()) == []


def test_an_error_while_filling_keeps_what_is_done(out, monkeypatch):
    with pytest.raises(OSError, match="No space left"):
        canvas = canvas_at(out)
        with canvas.opened(resume=False):
            canvas.put(canvas.blocks[0], part(canvas.blocks[0]))
            raise OSError(errno.ENOSPC, "No space left on device")
    assert len(fill(out)) == len(cut(SHAPE, BLOCK)) - 1


def test_hashes_are_of_the_request_the_number_and_the_pixels():
    from panogen.pictures.canvas.journal import Journal

    journal = Journal(None, {"seed": 4})
    digest = hashlib.sha256(b'{"seed": 4}').digest()
    assert journal.entry(3, 2, b"pixels").hash == hashlib.sha256(digest + b"3 2 pixels").hexdigest()


def test_windows_scale():
    assert Window(1, 2, 3, 4).scaled(3) == Window(3, 6, 9, 12)
