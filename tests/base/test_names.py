"""Names as they are shown, and names beside names."""

import os
from pathlib import Path

import pytest

from panogen.base.names import beside, fits, longest_name, printable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain name.png", "plain name.png"),
        ("käse 日本.png", "käse 日本.png"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        ("\u202egnp.exe", r"\u202egnp.exe"),  # would be written from right to left
        (Path("a", "b\n"), str(Path("a", r"b\n"))),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="names there are text")
def test_a_name_plays_no_tricks_on_a_terminal(name, expected):
    assert printable(name) == expected
    assert printable(name).isprintable()
    printable(name).encode()


def test_a_name_that_fits_is_kept(tmp_path):
    assert beside(tmp_path / "out.png", ".", ".lock") == tmp_path / ".out.png.lock"


@pytest.mark.parametrize("letter", ["p", "é", "日"])
def test_a_longer_one_can_be_made_and_is_known_again(tmp_path, letter):
    longest = longest_name(tmp_path)
    stem = letter * ((longest - 5) // len(letter.encode()))
    path, other = tmp_path / f"{stem}.png", tmp_path / f"{stem}a.png"
    names = [beside(path, ".", ".01234567.part"), beside(path, "", ".canvas.tif"), beside(other, "", ".canvas.tif")]
    assert len(set(names)) == 3
    for name in [path, other, *names]:
        name.touch()
        assert fits(name)
    assert names[0].match(".*.????????.part")
    assert names[1] == beside(path, "", ".canvas.tif")
    assert not fits(path.with_name(f"{path.name}.json"))
