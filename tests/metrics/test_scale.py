import cv2
import numpy as np
import pytest

from panogen.metrics.scale import block_means, lanczos_consistency, scale_consistency, ssim

C1, C2 = 0.01**2 * 255**2, 0.03**2 * 255**2


def noise(height=24, width=30, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def smooth(height=64, width=96):
    row, column = np.mgrid[:height, :width] / 10
    return np.stack([128 + 60 * np.sin(row + k) * np.cos(column / (k + 1)) for k in range(3)], -1)


def ssim_by_loops(a, b):
    """Window by window, in float64, as the paper writes it."""
    x, y = (0.2126 * p[..., 0] + 0.7152 * p[..., 1] + 0.0722 * p[..., 2] for p in (a.astype(float), b.astype(float)))
    offset = np.arange(11) - 5
    weights = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * 1.5**2))
    weights /= weights.sum()
    values = []
    for row in range(x.shape[0] - 10):
        for column in range(x.shape[1] - 10):
            p, q = (z[row : row + 11, column : column + 11] for z in (x, y))
            m, n = (weights * p).sum(), (weights * q).sum()
            v, w = (weights * (p - m) ** 2).sum(), (weights * (q - n) ** 2).sum()
            c = (weights * (p - m) * (q - n)).sum()
            values.append((2 * m * n + C1) * (2 * c + C2) / ((m * m + n * n + C1) * (v + w + C2)))
    return np.mean(values)


def test_ssim_equals_a_loop_over_windows():
    a = noise()
    for b in (noise(seed=1), np.clip(a * 0.7 + 30, 0, 255), 255 - a):
        assert ssim(a, b) == pytest.approx(ssim_by_loops(a, b), abs=1e-6)


def test_ssim_in_closed_form():
    assert ssim(noise(), noise()) == pytest.approx(1, abs=1e-12)
    # Of two greys the variances vanish.
    a, b = np.full((20, 20, 3), 100.0), np.full((20, 20, 3), 160.0)
    assert ssim(a, b) == pytest.approx((2 * 100 * 160 + C1) / (100**2 + 160**2 + C1), abs=1e-6)
    # About a mean of 0, negation turns the covariance.
    wave = np.broadcast_to(np.where(np.indices((40, 40)).sum(0) % 2, 50.0, -50.0)[..., None], (40, 40, 3))
    assert ssim(wave, -wave) == pytest.approx((C2 - 2 * 2500) / (C2 + 2 * 2500), abs=1e-3)


def test_ssim_is_symmetric_and_falls_with_noise():
    a, b = smooth(), smooth() + np.random.default_rng(0).normal(0, 5, (64, 96, 3))
    assert ssim(a, b) == pytest.approx(ssim(b, a), abs=1e-12)
    assert ssim(a, smooth() + 3 * (b - a)) < ssim(a, b) < 1


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_pixels_repeated_are_consistent(factor):
    base = noise()
    assert scale_consistency(base, base.repeat(factor, 0).repeat(factor, 1)) == pytest.approx(1, abs=1e-9)
    assert scale_consistency(base, noise(24 * factor, 30 * factor)) < 0.5


def test_interpolation_is_consistent_where_the_picture_is_smooth():
    for factor in (2, 4):
        assert lanczos_consistency(smooth(), factor) > 0.995
        assert lanczos_consistency(noise(), factor) < lanczos_consistency(smooth(), factor)


def test_blocks_are_averaged_as_opencv_does():
    points = noise(48, 60).astype(np.float32)
    np.testing.assert_allclose(
        block_means(points, (12, 15, 3)), cv2.resize(points, (15, 12), interpolation=cv2.INTER_AREA), atol=1e-3
    )


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape, at least 11 pixels a side"):
        ssim(noise(), noise(25))
    with pytest.raises(ValueError, match="at least 11"):
        ssim(noise(10), noise(10))
    with pytest.raises(ValueError, match=r"whole number of times as large as \(24, 30, 3\), got \(48, 61, 3\)"):
        scale_consistency(noise(), noise(48, 61))
    with pytest.raises(ValueError, match="whole number"):
        scale_consistency(noise(), noise(12, 15))
