import base64
import io

import numpy as np
from PIL import Image

from panogen.pictures.inline import data_uri


def test_a_picture_keeps_its_content(tmp_path):
    ramp = np.broadcast_to(np.linspace(0, 255, 256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    Image.fromarray(np.ascontiguousarray(ramp)).save(tmp_path / "ramp.png")
    address, size = data_uri(tmp_path / "ramp.png", 100_000)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))
    assert size == (256, 64)
    assert np.abs(shown.astype(int) - ramp).max() <= 6
    address, (width, height) = data_uri(tmp_path / "ramp.png", 1)  # as small as it gets
    assert (width, height) == (64, 16)
