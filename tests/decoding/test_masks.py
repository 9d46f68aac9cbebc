import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from panogen.base.errors import UsageError
from panogen.decoding import UnusableError, levels, mask_refused
from tests.data.helpers import exif

SHARES = np.linspace(0, 1, 128)[None].repeat(64, 0)
DEPTHS = {
    "8 bit": (np.uint8, 255),
    "16 bit": (np.uint16, 65535),
    "32 bit": (np.uint32, 2**32 - 1),
    "16 bit, signed": (np.int16, 32767),
    "32 bit, signed": (np.int32, 2**31 - 1),
    "half": (np.float16, 1),
    "float": (np.float32, 1),
    "double": (np.float64, 1),
}


@pytest.mark.parametrize(("kind", "white"), DEPTHS.values(), ids=DEPTHS)
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("colours", [False, True])
def test_levels_are_shares_of_the_range(tmp_path, kind, white, byteorder, colours):
    numbers = (SHARES * white).astype(kind)
    if colours:
        numbers = np.stack([numbers, numbers[:, ::-1], numbers], -1)
    photometric = "rgb" if colours else "minisblack"
    tifffile.imwrite(tmp_path / "mask.tif", numbers, photometric=photometric, byteorder=byteorder, compression="zlib")
    read = levels(tmp_path / "mask.tif")
    expected = np.stack([SHARES, SHARES[:, ::-1], SHARES], -1) if colours else SHARES
    assert np.abs(read - expected).max() <= 1 / 255
    if kind is not np.uint8:
        assert np.abs(read - expected).max() < 1e-3


def test_depths_of_png(tmp_path):
    grey = (SHARES * 65535).astype(np.uint16)
    colours = np.stack([grey, grey[:, ::-1], grey], -1)
    for name, numbers in (("grey", grey), ("colours", colours[..., ::-1])):
        cv2.imwrite(str(tmp_path / f"{name}.png"), numbers)
    np.testing.assert_allclose(levels(tmp_path / "grey.png"), grey / 65535)
    np.testing.assert_allclose(levels(tmp_path / "colours.png"), colours / 65535)
    Image.fromarray(SHARES > 0.5).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(levels(tmp_path / "bits.png"), SHARES > 0.5)
    Image.fromarray((SHARES * 255).astype(np.uint8)).convert("P").save(tmp_path / "palette.png")
    np.testing.assert_allclose(levels(tmp_path / "palette.png")[..., 1], (SHARES * 255).astype(np.uint8) / 255)


def test_light_is_a_mask(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    for name, most in (("mask", 1), ("sun", 40)):
        with exr.File(header, {"Y": (SHARES * most).astype(np.float32)}) as file:
            file.write(str(tmp_path / f"{name}.exr"))
    np.testing.assert_allclose(levels(tmp_path / "mask.exr")[..., 0], SHARES, atol=1e-6)
    with pytest.raises(UnusableError, match="levels of 0 to 40, wanted 0 to 1; scale them"):
        levels(tmp_path / "sun.exr")


def test_light_of_a_mask_is_no_colour(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    header["chromaticities"] = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    shares = np.stack([SHARES, 1 - SHARES, SHARES / 2], -1).astype(np.float32)
    for name, numbers in (("mask", shares), ("below", shares - 0.1), ("none", shares * np.float32(np.nan))):
        with exr.File(header, {"RGB": numbers}) as file:
            file.write(str(tmp_path / f"{name}.exr"))
    np.testing.assert_array_equal(levels(tmp_path / "mask.exr"), shares)
    for name in ("below", "none"):
        with pytest.raises(UnusableError, match=r"levels of .* wanted 0 to 1"):
            levels(tmp_path / f"{name}.exr")


def test_what_is_beyond_the_range_is_refused(tmp_path):
    for name, numbers in (("bytes", SHARES * 255), ("below", SHARES - 0.5), ("none", SHARES * np.nan)):
        tifffile.imwrite(tmp_path / f"{name}.tif", numbers.astype(np.float32))
        with pytest.raises(UnusableError, match=r"levels of .* wanted 0 to 1"):
            levels(tmp_path / f"{name}.tif")


def test_opacity_is_a_channel_where_it_counts(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "four.png")
    np.testing.assert_allclose(levels(tmp_path / "four.png", opacity=True), pixels / 255)
    with pytest.raises(UnusableError, match="not opaque"):
        levels(tmp_path / "four.png")


def test_a_mask_is_upright(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "lying.png", exif=exif(6))
    np.testing.assert_allclose(levels(tmp_path / "lying.png"), np.rot90(pixels, -1) / 255)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_of_tiff_is_upright(tmp_path, kind, orientation):
    from PIL import ImageOps

    pixels = np.random.default_rng(0).integers(0, 256, (64, 128), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "lying.png", exif=exif(orientation))
    tag = (274, 3, 1, orientation, False)
    tifffile.imwrite(tmp_path / "lying.tif", pixels.astype(kind) * (np.iinfo(kind).max // 255), extratags=[tag])
    with Image.open(tmp_path / "lying.png") as lying:
        np.testing.assert_allclose(levels(tmp_path / "lying.tif"), np.asarray(ImageOps.exif_transpose(lying)) / 255)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.float32])
def test_white_may_be_written_as_zero(tmp_path, kind):
    white = DEPTHS["float"][1] if kind is np.float32 else np.iinfo(kind).max
    numbers = (SHARES * white).astype(kind)
    tifffile.imwrite(tmp_path / "mask.tif", white - numbers, photometric="miniswhite")
    np.testing.assert_allclose(levels(tmp_path / "mask.tif"), SHARES, atol=1 / 255)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_opacity_of_tiff_is_none_of_the_levels(tmp_path, channels, kind):
    white = np.iinfo(kind).max
    numbers = np.repeat((SHARES * white).astype(kind)[..., None], channels + 1, 2)
    numbers[..., -1] = white
    options = {"photometric": "rgb" if channels == 3 else "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "a.tif", numbers, extrasamples=["unassalpha"], **options)
    np.testing.assert_allclose(levels(tmp_path / "a.tif"), numbers[..., :-1].squeeze() / white)
    numbers[0, 0, -1] = 3
    tifffile.imwrite(tmp_path / "a.tif", numbers, extrasamples=["unassalpha"], **options)
    with pytest.raises(UnusableError, match="not opaque"):
        levels(tmp_path / "a.tif")
    if channels == 3:
        np.testing.assert_allclose(levels(tmp_path / "a.tif", opacity=True), numbers / white)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_mask_has_one_page(tmp_path, kind):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 64, 128), kind), photometric="minisblack")
    with pytest.raises(UnusableError, match="of several pages"):
        levels(tmp_path / "a.tif")


def test_a_tiff_without_pages_is_no_picture(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    with pytest.raises(UnusableError, match="not a picture that can be read"):
        levels(tmp_path / "a.tif")


def test_refusals_name_the_mask(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    for name, reason in (("text.png", "not a picture that can be read"), ("none.png", "No such file or directory")):
        with (
            pytest.raises(UsageError, match=rf"mask '.*{name}' cannot be used: {reason}; give a PNG file"),
            mask_refused(tmp_path / name),
        ):
            levels(tmp_path / name)
