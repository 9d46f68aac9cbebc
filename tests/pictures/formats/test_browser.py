"""What a real browser makes of the colours of our files, whose profiles and chunks it heeds."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from panogen.pictures.formats import save_picture
from tests.browser import CHROMIUM, Browser

COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 150, 30), (9, 90, 60), (128, 128, 128)], np.uint8)
PICTURE = COLOURS[None].repeat(16, 0).repeat(16, 1)
DRAW = """new Promise((resolve, reject) => {
  const image = new Image();
  image.onerror = () => reject("cannot be shown");
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d", { colorSpace: "srgb" });
    context.drawImage(image, 0, 0);
    resolve(Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data));
  };
  image.src = "%s";
})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_colours_stay(kind, browser, tmp_path):
    save_picture(tmp_path / f"out.{kind}", PICTURE)
    data = (tmp_path / f"out.{kind}").read_bytes()
    drawn = browser.run(DRAW % f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
    seen = np.reshape(drawn, (*PICTURE.shape[:2], 4))[..., :3]
    with Image.open(io.BytesIO(data)) as image:
        decoded = np.asarray(image.convert("RGB")).astype(int)
    middles = np.s_[8, 8::16]
    np.testing.assert_allclose(seen[middles], decoded[middles], atol=1)
    np.testing.assert_allclose(seen[middles], COLOURS, atol=1 if kind in ("png", "jpeg") else 3)
