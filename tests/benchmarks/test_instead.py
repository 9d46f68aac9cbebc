"""What a user would take instead, at small sizes."""

import instead
import numpy as np
import pytest

from panogen.grids import Perspective
from panogen.metrics.psnr import psnr_db


@pytest.fixture
def small(monkeypatch):
    """Sizes that take no time."""
    sizes = {"LENS": Perspective(64, 36, fov_deg=90.0), "AROUND": 1024, "LARGE": 512, "SMALL": 128, "CROP": 64}
    for name, value in sizes.items():
        monkeypatch.setattr(instead, name, value)


def test_a_view_that_is_cut_shows_the_same(small):
    whole, seconds, most_mb = instead.panorama("landscapes", 4)
    assert whole.shape == (512, 1024, 3) and len(seconds) == 1 and most_mb > 0
    found, times, _ = instead.cut(whole, 2)
    assert len(times) == 2
    straight = instead.view("landscapes", 4).astype(float)
    assert psnr_db(np.square(found - straight).mean()) > 30
    assert psnr_db(np.square(found[:, ::-1] - straight).mean()) < 25


def test_detail_of_an_enlarged_picture(small):
    table = instead.enlarged("wilds", 2)
    assert [row[0] for row in table.rows] == ["seed 0", "seed 1"]
    assert all(row[1] < -3 for row in table.rows)
