import cv2
import numpy as np
import pytest
from PIL import Image

from panogen.data import PanoramaFolder, open_source
from panogen.errors import JobError, UsageError
from panogen.geometry import Cylinder, pixel_centres

CHART = Cylinder()


def save(path, shape=(64, 128), mode="RGB", **options):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)


def test_the_band_is_the_middle_of_the_panorama(tmp_path):
    elevation = np.pi * (0.5 - pixel_centres(256))
    grey = np.round(128 + 70 * elevation).astype(np.uint8)
    Image.fromarray(np.broadcast_to(grey[:, None, None], (256, 512, 3)).copy()).save(tmp_path / "ramp.png")
    source = PanoramaFolder(tmp_path)
    for chart in (CHART, Cylinder(100, "central")):
        rows = 40
        band = source.band(0, rows, chart.natural_width(rows), chart)
        expected = 128 + 70 * chart.elevation_rad(chart.max_height * (1 - 2 * pixel_centres(rows)))
        assert np.abs(band[:, 0, 0] - expected).max() <= 1.5


def test_unusable_files_are_skipped_each_with_its_reason(tmp_path):
    save(tmp_path / "good.png")
    save(tmp_path / "square.png", (64, 64))
    save(tmp_path / "small.png", (16, 32))
    save(tmp_path / "cmyk.jpg", mode="CMYK")
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:2000])
    save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    (tmp_path / "whole.jpg").unlink()
    (tmp_path / "notes.txt").write_text("ignored")
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "turned.jpg", exif=exif)
    frames = [Image.new("RGB", (128, 64), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    Image.fromarray(np.zeros((64, 128), np.uint16)).save(tmp_path / "deep.png")
    cv2.imwrite(str(tmp_path / "deep_rgb.png"), np.zeros((64, 128, 3), np.uint16))
    (tmp_path / "bad.tif").write_bytes(b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    source = PanoramaFolder(tmp_path)
    assert [path.name for path in source.files] == ["good.png"]
    reasons = {path.name: reason for path, reason in source.skipped.items()}
    assert reasons.pop("cut.jpg").startswith("broken (")
    assert reasons == {
        "square.png": "not 2:1 (64 x 64)",
        "small.png": "only 32 pixels wide",
        "cmyk.jpg": "colour mode CMYK, wanted 8-bit RGB",
        "text.jpg": "not a picture that can be read",
        "cut.png": "not a picture that can be read",
        "empty.png": "not a picture that can be read",
        "turned.jpg": "rotated by EXIF orientation 6",
        "moving.webp": "animated (2 frames)",
        "deep_rgb.png": "colour mode 16-bit RGB, wanted 8-bit RGB",
        "bad.tif": "not a picture that can be read",
        "deep.png": "colour mode I;16, wanted 8-bit RGB",
    }


@pytest.mark.parametrize("side", [24_000, 60_000])
def test_a_bomb_is_not_decoded(tmp_path, side):
    save(tmp_path / "good.png")
    # A PNG that claims to be huge: only its header is there to be believed.
    header = bytearray((tmp_path / "good.png").read_bytes())
    header[16:24] = side.to_bytes(4, "big") + (side // 2).to_bytes(4, "big")
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(bytes(header))
    source = PanoramaFolder(tmp_path)
    assert source.skipped[tmp_path / "bomb.png"].startswith("too many pixels")


def test_nothing_usable(tmp_path):
    save(tmp_path / "square.png", (64, 64))
    with pytest.raises(
        JobError, match=r"no usable panorama among 1 pictures \(square.png: not 2:1 \(64 x 64\)\); wanted"
    ):
        PanoramaFolder(tmp_path)


def test_no_such_source():
    with pytest.raises(UsageError, match="'procedural:seas'"):
        open_source("procedural:seas")
    with pytest.raises(
        UsageError, match="'nowhere' is no folder; give a folder of panoramas, or procedural:landscapes"
    ):
        open_source("nowhere")
