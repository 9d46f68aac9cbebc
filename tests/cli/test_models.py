from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panogen import load
from panogen.cli import models
from panogen.weights.shipped import shipped_models


def test_lists_what_is_shipped(panogen):
    result = panogen("models")
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == list(shipped_models())
    for _, size, licence, trained_on in lines:
        assert size.endswith(" MB")
        assert licence in ("MIT", "CC-BY-3.0")
        assert "views of" in trained_on


def test_a_sheet_shows_the_horizon_of_each(panogen, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "WIDTH", 32)
    monkeypatch.setattr(models, "PLACES", 2)
    result = panogen("models", "--sheet", tmp_path / "models.png", "--quiet")
    assert result.exit_code == 0
    sheet = np.array(Image.open(tmp_path / "models.png"))
    names = list(shipped_models())
    assert sheet.shape == (len(names) * 12 - 4, 68, 3)
    sphere, band = (load(name).render(1, width=32) for name in ("clearings", "wilds"))
    row = names.index("wilds") * 12
    np.testing.assert_array_equal(sheet[row : row + 8, 36:], band)
    np.testing.assert_array_equal(sheet[:8, 36:], sphere[4:12])


@pytest.mark.parametrize("name", ["models.tga", "models.exr"])
def test_a_sheet_that_cannot_be_written(panogen, tmp_path, monkeypatch, name):
    monkeypatch.setattr(models, "_show", None)
    result = panogen("models", "--sheet", tmp_path / name)
    assert result.exit_code == 2
    assert Path(name).suffix in result.stderr.replace("OpenEXR", ".exr") and not result.stdout
