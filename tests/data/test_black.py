import numpy as np
import pytest

from panogen.data.black import FLAT_SHARE, circled, flat_share, margins, trimmed

RNG = np.random.default_rng(0)


def place(rows=256, columns=512):
    return RNG.integers(30, 256, (rows, columns, 3), np.uint8)


def test_margins_are_counted_and_cut_off():
    picture = place()
    assert margins(picture) == (0, 0, 0, 0)
    picture[:20], picture[-30:], picture[:, :7], picture[:, -9:] = 0, 0, 0, 0
    picture[5, 100] = 12  # JPEG wavers
    assert margins(picture) == (20, 9, 30, 7)
    assert trimmed(picture, margins(picture)).shape == (206, 496, 3)
    assert trimmed(picture, ()) is not None
    assert margins(np.zeros((8, 16, 3), np.uint8)) == (0, 0, 0, 0)


def test_nights_have_no_margins():
    picture = place() // 40  # dark, and noisy
    picture[:40] = RNG.integers(0, 9, (40, 512, 3))
    assert margins(picture) == (0, 0, 0, 0)
    assert flat_share(picture) < 0.01
    assert not circled(picture)
    picture[100:156] = place(56)  # the lights of a town
    assert not circled(picture)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("radius", [0.65, 0.8, 0.97, 1.0])
def test_circles_are_seen(count, radius):
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    fisheye = place(256, 256) * (np.hypot(x, y) < radius)[..., None].astype(np.uint8)
    assert circled(np.concatenate([fisheye] * count, axis=1))
    assert not circled(place(256, 256 * count))
    assert not circled(place(256, 400))


def test_a_share_is_what_is_flat():
    picture = place()
    picture[100:150, 100:300] = RNG.integers(0, 3, (50, 200, 3))
    assert flat_share(picture) == pytest.approx(50 * 200 / (256 * 512), rel=0.1)
    assert flat_share(picture) > FLAT_SHARE
