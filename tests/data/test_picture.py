import os
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from panogen.data.picture import edge_ratio
from panogen.decoding import decode
from tests.data.helpers import exif, look, save


def reason(path):
    return look(path).reason


def test_a_good_file(tmp_path):
    save(tmp_path / "good.png")
    entry = look(tmp_path / "good.png")
    size = (tmp_path / "good.png").stat().st_size
    assert (entry.name, entry.bytes, entry.width, entry.height, entry.reason) == ("good.png", size, 128, 64, None)
    assert entry.edge_ratio == pytest.approx(1, abs=0.1)


def test_each_fault_has_its_reason(tmp_path):
    save(tmp_path / "whole.jpg", (256, 512))
    save(tmp_path / "whole.png", (256, 512))
    for name in ("whole.jpg", "whole.png"):
        (tmp_path / f"cut.{name[-3:]}").write_bytes((tmp_path / name).read_bytes()[:20_000])
        assert reason(tmp_path / f"cut.{name[-3:]}").startswith("broken (")
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "bad.tif").write_bytes(b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    save(tmp_path / "cmyk.jpg", mode="CMYK")
    frames = [Image.new("RGB", (128, 64), colour) for colour in ("red", "blue")]
    for name in ("moving.webp", "moving.png", "moving.gif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert reason(tmp_path / name) == "animated, or of several pages"
    for name in ("deep.png", "deep.tif"):
        Image.fromarray(np.zeros((64, 128), np.uint16)).save(tmp_path / name)
        cv2.imwrite(str(tmp_path / f"colour_{name}"), np.zeros((64, 128, 3), np.uint16))
        for deep in (name, f"colour_{name}"):
            assert reason(tmp_path / deep) == "16 bit, wanted 8 bit a channel"
    assert reason(tmp_path / "text.jpg") == "not a picture that can be read"
    assert reason(tmp_path / "empty.png") == "empty file"
    assert reason(tmp_path / "gone.png") == "unreadable (No such file or directory)"
    assert reason(tmp_path / "cmyk.jpg") == "colour mode CMYK, wanted RGB"
    assert reason(tmp_path / "bad.tif") is not None


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the one who runs the tests may read everything, perhaps
    for name in ("secret.png", "secret.exr", "secret.hdr"):
        save(tmp_path / name, format="PNG")
        assert reason(tmp_path / name) == "unreadable (Permission denied)"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert reason(tmp_path / "pipe.png") == "unreadable (not a regular file)"


@pytest.mark.parametrize("side", [24_000, 60_000])
def test_a_bomb_is_not_decoded(tmp_path, side):
    save(tmp_path / "good.png")
    # A PNG that claims to be huge: only its header is there to be believed.
    header = bytearray((tmp_path / "good.png").read_bytes())
    header[16:24] = side.to_bytes(4, "big") + (side // 2).to_bytes(4, "big")
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(bytes(header))
    assert reason(tmp_path / "bomb.png").startswith("too many pixels")
    (tmp_path / "bomb.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (side, side))
    assert reason(tmp_path / "bomb.hdr") == f"too many pixels ({side} x {side}, at most 134217728)"


def test_a_phone_picture_is_upright_and_not_animated(tmp_path):
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, :48] = 200  # stored lying: what is left here is the top once it stands (orientation 6)
    first = Image.fromarray(pixels)
    gains = Image.new("RGB", (48, 32))
    first.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[gains], exif=exif(6), quality=95)
    entry = look(tmp_path / "phone.jpg")
    assert (entry.width, entry.height, entry.orientation, entry.reason) == (64, 96, 6, None)
    upright = decode(tmp_path / "phone.jpg")
    assert upright.shape == (96, 64, 3)
    assert upright[:40].min() > 190
    assert upright[-40:].max() < 10


def test_edges():
    azimuth = (np.arange(360) + 0.5) * np.pi / 180
    closed = 128 + 100 * np.sin(azimuth)
    ramp = np.linspace(0, 255, 360)
    for columns, expected in ((closed, (0.9, 1.8)), (ramp, (200, 300)), (np.full(360, 9.0), (0, 0))):
        picture = np.broadcast_to(columns.astype(np.uint8)[None, :, None], (8, 360, 3))
        assert expected[0] <= edge_ratio(picture) <= expected[1]
