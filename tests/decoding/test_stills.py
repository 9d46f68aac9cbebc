import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panogen.decoding import SUFFIXES, UnusableError, about, decode, decode_with_notes
from tests.data.helpers import exif, save
from tests.decoding.helpers import chunk, with_chunks

FIXTURES = Path(__file__).parent.parent / "fixtures"


def noise(channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (64, 128, channels), np.uint8)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_shows_through_is_refused(tmp_path, mode):
    pixels = noise(len(mode))
    pixels[..., -1] = 255
    Image.fromarray(pixels, mode).save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(decode(tmp_path / "opaque.png"), np.broadcast_to(pixels[..., :-1], (64, 128, 3)))
    pixels[32:, :, -1] = 0
    Image.fromarray(pixels, mode).save(tmp_path / "half.png")
    with pytest.raises(UnusableError, match="not opaque: something shows through 50% of it; flatten it"):
        decode(tmp_path / "half.png")


def test_a_single_pixel_shows_through(tmp_path):
    pixels = np.dstack([noise(3), np.full((64, 128), 255, np.uint8)])
    pixels[5, 5, 3] = 254
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with pytest.raises(UnusableError, match="something shows through less than 1% of it"):
        decode(tmp_path / "a.png")


def test_a_short_remark_of_adobe_costs_no_picture(tmp_path):
    save(tmp_path / "a.jpg")
    expected, data = decode(tmp_path / "a.jpg"), (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"\xff\xee\0\7Adobe" + data[2:])
    np.testing.assert_array_equal(decode(tmp_path / "a.jpg"), expected)
    assert about(tmp_path / "a.jpg").notes == ("its metadata are damaged",)


def test_a_transparent_colour_is_opacity(tmp_path):
    indexed = Image.fromarray(noise(3)).quantize(16)
    indexed.save(tmp_path / "clear.png", transparency=3)
    indexed.save(tmp_path / "full.png")
    with pytest.raises(UnusableError, match="not opaque"):
        decode(tmp_path / "clear.png")
    np.testing.assert_array_equal(decode(tmp_path / "full.png"), indexed.convert("RGB"))
    Image.new("RGB", (128, 64), (10, 20, 30)).save(tmp_path / "colour.png", transparency=(10, 20, 30))
    with pytest.raises(UnusableError, match="through 100% of it"):
        decode(tmp_path / "colour.png")


WORDS = {"top": (2, b"top\0"), "6": (2, b"6\0\0\0"), "(6, 8)": (3, b"\0\6\0\x08"), "77": (3, b"\0\x4d\0\0")}


@pytest.mark.parametrize(("kind", "value"), WORDS.values(), ids=WORDS)
def test_an_orientation_that_is_none(tmp_path, kind, value):
    count = 4 if kind == 2 else 2 if value[3] else 1
    tag = struct.pack(">HHI", 0x0112, kind, count) + value
    save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + tag + bytes(4))
    head = about(tmp_path / "a.jpg")
    assert (head.width, head.height, head.orientation) == (128, 64, 1)
    assert len(head.notes) == 1
    assert head.notes[0].startswith("its EXIF ")
    assert decode(tmp_path / "a.jpg").shape == (64, 128, 3)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 4, 5, 6, 7, 8])
def test_every_orientation_is_made_upright(tmp_path, orientation, suffix):
    from PIL import ImageOps

    for name in ("a.png", f"b.{suffix}"):
        save(tmp_path / name, exif=exif(orientation))
    head = about(tmp_path / f"b.{suffix}")
    assert (head.width, head.height) == ((64, 128) if orientation >= 5 else (128, 64))
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(decode(tmp_path / f"b.{suffix}"), ImageOps.exif_transpose(image))


BOMB = zlib.compress(bytes(2**27))
NONSENSE = {
    "text": chunk(b"tEXt", b"no separator"),
    "wrong checksum": chunk(b"tEXt", b"Title\0name", sound=False),
    "text that is none": chunk(b"iTXt", b"Title\0\x01\x00\0\0not compressed"),
    "text that grows": chunk(b"zTXt", b"Title\0\0" + BOMB),
    "profile that grows": chunk(b"iCCP", b"name\0\0" + BOMB),
    "profile without end": chunk(b"iCCP", b"name"),
    "profile of a wrong checksum": chunk(b"iCCP", b"name\0\0" + zlib.compress(b"x"), sound=False),
    "short gamma": chunk(b"gAMA", b"\0"),
    "EXIF": chunk(b"eXIf", b"MM\0*\0\0\xff\xff"),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><broken"),
    "private": chunk(b"prVt", b"anything"),
}


@pytest.mark.parametrize("remark", NONSENSE.values(), ids=NONSENSE)
def test_remarks_of_a_png_cost_no_picture(tmp_path, remark):
    save(tmp_path / "a.png")
    pixels = np.asarray(Image.open(tmp_path / "a.png"))
    with_chunks(tmp_path / "a.png", remark)
    np.testing.assert_array_equal(decode(tmp_path / "a.png"), pixels)
    assert (about(tmp_path / "a.png").width, about(tmp_path / "a.png").height) == (128, 64)


def test_remarks_of_a_jpeg_cost_no_picture(tmp_path):
    save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    pixels = np.asarray(Image.open(tmp_path / "a.jpg"))
    for name, content in (
        ("exif", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
        ("mpf", b"MPF\0II*\0\xff\0\0\0"),
        ("ps", b"Photoshop 3.0\08BIM"),
    ):
        marker = {"exif": 0xE1, "mpf": 0xE2, "ps": 0xED}[name]
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(data[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + data[2:])
        assert about(path).width == 128
        np.testing.assert_array_equal(decode_with_notes(path)[0], pixels)


def test_suffixes_that_phones_and_browsers_give(tmp_path):
    for suffix in (".jfif", ".jpe", ".insp", ".JPG"):
        save(tmp_path / f"a{suffix}", format="JPEG")
        assert suffix.lower() in SUFFIXES
        assert decode(tmp_path / f"a{suffix}").shape == (64, 128, 3)


def test_avif(tmp_path):
    Image.fromarray(noise(3) // 2 + 60).save(tmp_path / "a.avif", quality=95)
    assert about(tmp_path / "a.avif").width == 128
    assert decode(tmp_path / "a.avif").shape == (64, 128, 3)


def test_what_phones_take(monkeypatch):
    pytest.importorskip("pi_heif")
    path = FIXTURES / "phone.heic"
    head = about(path)
    assert (head.width, head.height, head.fov_from) == (96, 64, "EXIF FocalLengthIn35mmFilm")
    y, x = np.mgrid[:64, :96]
    assert np.abs(decode(path) - np.stack([x * 2, y * 3, 0 * x + 90], -1)).max() <= 6
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    with pytest.raises(UnusableError, match=r"needs pi-heif, which comes with pip install 'panogen\[heif\]'"):
        about(path)


def test_a_picture_within_the_limit_is_opened_without_a_warning(tmp_path):
    Image.new("L", (10_000, 9_000)).save(tmp_path / "large.png")  # Pillow warns from 89,478,485 pixels on
    code = (
        "from pathlib import Path; from panogen.decoding import about; assert about(Path('large.png')).width == 10_000"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)
