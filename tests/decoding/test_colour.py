import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from panogen.base.colour import REC709
from panogen.decoding import decode, decode_with_notes
from panogen.decoding.colour import ADOBE_RGB, DISPLAY_P3, REC2020, to_rec709
from tests.data.helpers import save
from tests.decoding.helpers import chunk, profile, to_xyz, with_chunks

GAMMA = 2.2
COLOURS = np.uint8([[40, 220, 60], [230, 60, 40], [20, 30, 200], [128, 128, 128], [255, 255, 255], [90, 140, 120]])


def shown(colours, primaries, curve):
    """What colours (n, 3) are in sRGB, in doubles."""
    light = curve(colours / 255) @ (np.linalg.inv(to_xyz(*split(REC709))) @ to_xyz(*split(primaries))).T
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def split(primaries):
    return primaries[:3], primaries[3]


def linear(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def picture():
    return Image.fromarray(COLOURS[None].repeat(8, 0).repeat(16, 1))


def colours_of(path):
    return decode(path)[0, 8::16].astype(float)


@pytest.mark.parametrize("primaries", [DISPLAY_P3, ADOBE_RGB, REC2020])
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_an_icc_profile_is_followed(tmp_path, primaries, suffix):
    path = tmp_path / f"wide.{suffix}"
    lossless = {"lossless": True} if suffix == "webp" else {}
    picture().save(path, icc_profile=profile(*split(primaries), GAMMA), **lossless)
    expected = shown(COLOURS, primaries, lambda values: values**GAMMA)
    assert np.abs(colours_of(path) - expected).max() <= 3
    assert np.abs(expected - COLOURS).max() > 15


def test_a_profile_of_srgb_changes_no_bit(tmp_path):
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=own)
    np.testing.assert_array_equal(decode(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize("broken", [b"no profile", profile(*split(DISPLAY_P3), GAMMA)[:200]])
def test_a_broken_profile_is_left_out_with_a_note(tmp_path, broken):
    picture().save(tmp_path / "a.png", icc_profile=broken)
    pixels, notes = decode_with_notes(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels, picture())
    assert len(notes) == 1
    assert notes[0].startswith("its ICC profile cannot be used (")


def test_a_profile_for_other_channels_is_left_out(tmp_path):
    Image.new("L", (128, 64), 90).save(tmp_path / "a.png", icc_profile=profile(*split(DISPLAY_P3), GAMMA))
    pixels, notes = decode_with_notes(tmp_path / "a.png")
    assert pixels.min() == pixels.max() == 90
    assert notes


def test_png_names_its_colours_by_code(tmp_path):
    picture().save(tmp_path / "p3.png")
    with_chunks(tmp_path / "p3.png", chunk(b"cICP", bytes([12, 13, 0, 1])))
    assert np.abs(colours_of(tmp_path / "p3.png") - shown(COLOURS, DISPLAY_P3, linear)).max() <= 1
    picture().save(tmp_path / "srgb.png", icc_profile=profile(*split(DISPLAY_P3), GAMMA))
    with_chunks(tmp_path / "srgb.png", chunk(b"cICP", bytes([1, 13, 0, 1])))  # comes before the profile
    np.testing.assert_array_equal(decode(tmp_path / "srgb.png"), picture())
    picture().save(tmp_path / "odd.png")
    with_chunks(tmp_path / "odd.png", chunk(b"cICP", bytes([77, 13, 0, 1])))
    assert decode_with_notes(tmp_path / "odd.png")[1] == (
        "its cICP names primaries 77 and curve 13, which are not known here",
    )
    picture().save(tmp_path / "pq.png")
    with_chunks(tmp_path / "pq.png", chunk(b"cICP", bytes([9, 16, 0, 1])))
    with pytest.raises(Exception, match="its colours are coded for HDR"):
        decode(tmp_path / "pq.png")


def test_png_tells_gamma_and_primaries(tmp_path):
    white, (red, green, blue) = DISPLAY_P3[3], DISPLAY_P3[:3]
    points = [round(value * 100_000) for point in (white, red, green, blue) for value in point]
    picture().save(tmp_path / "told.png")
    with_chunks(
        tmp_path / "told.png", chunk(b"gAMA", struct.pack(">I", 55_556)), chunk(b"cHRM", struct.pack(">8I", *points))
    )
    expected = shown(COLOURS, DISPLAY_P3, lambda values: values**1.8)
    assert np.abs(colours_of(tmp_path / "told.png") - expected).max() <= 1
    picture().save(tmp_path / "usual.png")
    with_chunks(tmp_path / "usual.png", chunk(b"gAMA", struct.pack(">I", 45_455)))
    np.testing.assert_array_equal(decode(tmp_path / "usual.png"), picture())
    picture().save(tmp_path / "none.png")
    with_chunks(tmp_path / "none.png", chunk(b"gAMA", struct.pack(">I", 0)))
    assert decode_with_notes(tmp_path / "none.png")[1][0].startswith("its gAMA 0 and cHRM None make no sense")


def test_a_camera_set_to_adobe_rgb(tmp_path):
    tags = struct.pack(">IH HHII I", 8, 1, 0x8769, 4, 1, 26, 0)  # a pointer to the camera's tags, and no more
    tags += struct.pack(">H HHIHH HHII I", 2, 0xA001, 3, 1, 0xFFFF, 0, 0xA005, 4, 1, 56, 0)  # no sRGB; a pointer
    tags += struct.pack(">H HHI4s I", 1, 1, 2, 4, b"R03", 0)  # interoperability
    exif = b"Exif\0\0MM\0*" + tags
    picture().save(tmp_path / "camera.jpg", exif=exif, quality=100, subsampling=0)
    expected = shown(COLOURS, ADOBE_RGB, lambda values: values ** (563 / 256))
    assert np.abs(colours_of(tmp_path / "camera.jpg") - expected).max() <= 5
    assert np.abs(expected - COLOURS).max() > 30


def test_grey_stays_grey(tmp_path):
    for primaries in (DISPLAY_P3, REC2020, ADOBE_RGB):
        np.testing.assert_allclose(to_rec709(primaries) @ np.ones(3), 1, atol=1e-9)
    np.testing.assert_allclose(to_rec709(REC709), np.eye(3), atol=1e-12)


def test_an_opened_buffer_is_left_alone(tmp_path):
    save(tmp_path / "a.jpg", quality=95)
    np.testing.assert_array_equal(
        decode(tmp_path / "a.jpg"), np.asarray(Image.open(io.BytesIO((tmp_path / "a.jpg").read_bytes())))
    )


def test_a_cicp_of_a_wrong_length_is_left_out_with_a_note(tmp_path):
    picture().save(tmp_path / "a.png")
    with_chunks(tmp_path / "a.png", chunk(b"cICP", bytes([12])))
    assert decode_with_notes(tmp_path / "a.png")[1] == ("its cICP has 1 bytes, wanted 4",)
    np.testing.assert_array_equal(colours_of(tmp_path / "a.png"), COLOURS)


def test_a_profile_that_cannot_be_unpacked_is_noted(tmp_path):
    picture().save(tmp_path / "a.png")
    with_chunks(tmp_path / "a.png", chunk(b"iCCP", b"name\0\0garbage"))
    assert decode_with_notes(tmp_path / "a.png")[1] == ("its ICC profile cannot be read",)
    np.testing.assert_array_equal(colours_of(tmp_path / "a.png"), COLOURS)
