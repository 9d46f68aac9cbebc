"""The contract of every format in FORMATS, and where viewers look for what a picture says of itself."""

import io
import json
import re
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_file
from panogen.geometry import Cylinder
from panogen.grids import LARGEST_SIDE, Camera, Equirectangular
from panogen.pictures.formats import FORMATS, format_of, jpeg_bytes, read_request, save_picture, xmp_packet

PICTURE = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8).repeat(8, 0).repeat(8, 1)
SEE_THROUGH = np.dstack([PICTURE, np.where(PICTURE[..., 0] > 99, 255, 0).astype(np.uint8)])
LOSSLESS = (".png", ".tif", ".tiff", ".exr")


def pixels_for(suffix: str, picture: np.ndarray = PICTURE) -> np.ndarray:
    return picture if FORMATS[suffix].dtype == "uint8" else (picture / 255).astype(np.float32)


def write(path: Path, picture: np.ndarray = PICTURE, packet: str = "") -> None:
    picture = pixels_for(path.suffix, picture)
    with whole_file(path) as file:
        FORMATS[path.suffix].encode(pyvips.Image.new_from_array(picture).copy(interpretation="srgb"), file, packet)


def read(path: Path) -> np.ndarray:
    """Another library's reading: 8 bits, or floats of an EXR."""
    if path.suffix == ".exr":
        import OpenEXR

        with OpenEXR.File(str(path)) as file:
            (channels,) = file.channels().values()
            return channels.pixels
    if path.suffix == ".avif":
        return pyvips.Image.new_from_file(str(path)).numpy()
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("suffix", FORMATS)
class TestContract:
    def test_another_library_reads_the_picture(self, suffix, tmp_path):
        write(tmp_path / f"out{suffix}")
        seen, expected = read(tmp_path / f"out{suffix}"), pixels_for(suffix)
        assert seen.shape == expected.shape
        assert np.abs(seen - expected.astype(float)).mean() < (
            1e-9 if suffix in LOSSLESS else 12
        )  # two unlike pictures: 85

    def test_opacity_is_kept_or_refused(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        if not FORMATS[suffix].transparent:
            with pytest.raises(UsageError, match=r"holds no transparency; use \.png, \.webp, \.avif, \.tif or \.exr"):
                FORMATS[suffix].check((8, 8), channels=4)
            return
        write(path, SEE_THROUGH)
        np.testing.assert_allclose(read(path)[..., 3], pixels_for(suffix, SEE_THROUGH)[..., 3], atol=1)

    def test_says_how_it_was_made_and_where_it_lies_on_the_sphere(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        gpano = Equirectangular.lay_out(Cylinder(), Camera(), 64).metadata
        request = {"seed": 4, "text": 'quoted "and" <marked> & naïve', "list": [1.5, None]}
        write(path, PICTURE, xmp_packet(gpano, request))
        # As Pannellum and Photo Sphere Viewer do: a text search of the file's bytes.
        packet = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", path.read_bytes(), re.DOTALL)
        fields = dict(re.findall(rb'GPano:(\w+)="([^"]*)"', packet.group()))
        assert fields[b"ProjectionType"] == b"equirectangular"
        numbers = {name: int(value) for name, value in fields.items() if name.endswith(b"Pixels")}
        assert numbers == {
            b"CroppedAreaImageWidthPixels": 64, b"CroppedAreaImageHeightPixels": 16, b"FullPanoWidthPixels": 64,
            b"FullPanoHeightPixels": 32, b"CroppedAreaLeftPixels": 0, b"CroppedAreaTopPixels": 8,
        }  # fmt: skip
        assert read_request(path) == request

    def test_nothing_is_claimed_without_a_packet(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        write(path)
        assert b"xmpmeta" not in path.read_bytes()
        with pytest.raises(UsageError, match="does not say how it was made"):
            read_request(path)

    def test_says_what_its_colours_are(self, suffix, tmp_path):
        path = tmp_path / f"out{suffix}"
        write(path)
        if suffix == ".exr":
            import OpenEXR

            with OpenEXR.File(str(path)) as file:  # ITU-R BT.709, section 1
                primaries = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
                np.testing.assert_allclose(file.header()["chromaticities"], primaries, atol=1e-6)
            return
        with Image.open(path) as image:
            if suffix == ".png":
                assert image.info["srgb"] == 0
                return
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        same = ImageCms.profileToProfile(Image.fromarray(PICTURE), profile, ImageCms.createProfile("sRGB"))
        assert np.abs(np.asarray(same).astype(int) - PICTURE).max() <= 1

    def test_the_same_picture_gives_the_same_bytes(self, suffix, tmp_path):
        for name in ("one", "two"):
            write(tmp_path / f"{name}{suffix}", PICTURE, xmp_packet({}, {"seed": 4}))
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()

    def test_refuses_before_rendering_what_it_cannot_hold(self, suffix):
        kind = FORMATS[suffix]
        kind.check((1, kind.largest_side))
        way_out = "no format holds more" if kind.largest_side == LARGEST_SIDE else r"use \.tif or"
        with pytest.raises(UsageError, match=rf"holds at most {kind.largest_side} pixels a side, got .* {way_out}"):
            kind.check((1, kind.largest_side + 1))

    def test_a_disk_that_takes_no_more_is_an_error_of_the_system(self, suffix, tmp_path):
        if not Path("/dev/full").exists():
            pytest.skip("no full device here")
        noise = np.random.default_rng(1).integers(0, 256, (128, 128, 3), np.uint8)
        image = pyvips.Image.new_from_array(pixels_for(suffix, noise)).copy(interpretation="srgb")
        with pytest.raises(OSError), open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123
            FORMATS[suffix].encode(image, file, "")

    def test_reads_back_at_the_largest_side(self, suffix, tmp_path):
        kind = FORMATS[suffix]
        if kind.largest_side > 70_000:
            pytest.skip("no limit of the format's own")
        strip = np.zeros((2, kind.largest_side, 3), np.uint8)
        strip[:, ::2] = 200
        save_picture(tmp_path / f"out{suffix}", strip)
        assert abs(pyvips.Image.new_from_file(str(tmp_path / f"out{suffix}")).avg() - strip.mean()) < 3


def chunks(data):
    """The chunks of a PNG, name and content. Each is whole: its length, both, and their checksum."""
    position = 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        content = data[position + 4 : position + 8 + length]
        assert zlib.crc32(content) == int.from_bytes(data[position + 8 + length : position + 12 + length], "big")
        yield content[:4], content[4:]
        position += 12 + length


def test_what_a_png_says_comes_before_the_pixels(tmp_path):
    save_picture(tmp_path / "out.png", PICTURE, xmp_packet({"ProjectionType": "equirectangular"}, None))
    found = list(chunks((tmp_path / "out.png").read_bytes()))
    # https://www.w3.org/TR/png-3/#cICP-chunk: primaries of BT.709, transfer of sRGB, no matrix, full range.
    assert found[1:3] == [(b"cICP", bytes([1, 13, 0, 1])), (b"sRGB", b"\0")]
    names = [name for name, _ in found]
    assert names.index(b"iTXt") < names.index(b"IDAT")
    assert (names[0], names[-1]) == (b"IHDR", b"IEND")


def test_the_bytes_of_a_jpeg_are_those_of_its_file(tmp_path):
    save_picture(tmp_path / "out.jpg", PICTURE)
    assert jpeg_bytes(PICTURE) == (tmp_path / "out.jpg").read_bytes()
    assert len(jpeg_bytes(PICTURE, Q=50)) < len(jpeg_bytes(PICTURE))


def test_more_than_a_jpeg_can_say_is_refused():
    with pytest.raises(UsageError, match="JPEG holds at most 65502 bytes about a picture, got"):
        FORMATS[".jpg"].check((8, 8), packet=xmp_packet({}, {"latents": 70_000 * "x"}))


@pytest.mark.parametrize("name", ["out.gif", "out", "out.PNG.txt"])
def test_unknown_suffixes(name, tmp_path):
    with pytest.raises(UsageError, match=r"must be one of \.png, \.jpg, \.jpeg, .*, got"):
        format_of(tmp_path / name)


def test_deep_zoom_goes_elsewhere(tmp_path):
    with pytest.raises(
        UsageError, match=r"'a b\.DZI' is no file but many tiles, .*: panogen export --tiling dzi '.*/a b'$"
    ):
        format_of(tmp_path / "a b.DZI")


def test_suffixes_in_capitals(tmp_path):
    assert format_of(tmp_path / "OUT.PNG") is FORMATS[".png"]


def test_eight_bits_are_no_light(tmp_path):
    with pytest.raises(UsageError, match="OpenEXR holds light and this is a picture of 8 bits"):
        save_picture(tmp_path / "out.exr", PICTURE)


def test_exr_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(UsageError, match=r"writing \.exr needs OpenEXR, .* pip install 'panogen\[exr\]'; or use \.tif"):
        FORMATS[".exr"].check((8, 8))


class TestReadRequest:
    def test_a_missing_file(self, tmp_path):
        with pytest.raises(JobError, match="cannot be read: No such file"):
            read_request(tmp_path / "none.png")

    @pytest.mark.parametrize("damage", [("{", "["), ("/>", ">"), ("}", "]")])
    def test_a_damaged_packet(self, tmp_path, damage):
        path = tmp_path / "out.png"
        path.write_bytes(xmp_packet({}, {"seed": 4}).replace(*damage).encode())
        with pytest.raises((JobError, UsageError), match=r"damaged|does not say"):
            read_request(path)

    def test_a_packet_far_from_the_beginning(self, tmp_path):
        path = tmp_path / "out.webp"
        path.write_bytes(bytes(5_000_000) + xmp_packet({}, {"seed": 7}).encode() + bytes(100))
        assert read_request(path) == {"seed": 7}

    def test_metadata_is_json(self):
        packet = xmp_packet({}, {"a": "<&\"'"})
        assert json.dumps({"a": "<&\"'"})[1:3] in packet.replace("&quot;", '"')
