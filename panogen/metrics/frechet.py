"""Distances of two sets of features, (n, d) each: of their Gaussians (FID), and by a kernel (KID).

What the features are decides what is seen: for FID and KID they are those of ``panogen.metrics.inception``.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from panogen.base.arrays import Doubles, Reals

ROWS_AT_ONCE = 1024  # of the kernel's matrix: bounds the memory


@dataclass(frozen=True)
class Gaussian:
    """The normal distribution with the mean and covariance of a set of features."""

    mean: Doubles  # (d,)
    covariance: Doubles  # (d, d), the sample's unbiased one

    @classmethod
    def of(cls, features: Reals) -> "Gaussian":
        """That of features (n, d), n at least 2. With n below d its covariance is singular. Raises ValueError."""
        x = checked(features)
        mean = x.mean(0)
        centred = x - mean
        return cls(mean, centred.T @ centred / (len(x) - 1))

    @cached_property
    def factor(self) -> Doubles:
        """A matrix F (rank, d) whose F^T F is the covariance."""
        variances, axes = np.linalg.eigh(self.covariance)
        kept = variances > variances[-1] * len(variances) * np.finfo(np.float64).eps  # the others are rounding
        factor: Doubles = np.sqrt(variances[kept])[:, None] * axes[:, kept].T
        return factor


def frechet_distance(a: Reals | Gaussian, b: Reals | Gaussian) -> float:
    """Squared Frechet distance |m - n|^2 + tr(A + B - 2 (A B)^(1/2)) of two Gaussians (Dowson and Landau 1982).

    They are those of two sets of features (n, d), or given. A B has the eigenvalues of sqrt(A) B sqrt(A), whose roots
    are the singular values of F G^T for any A = F^T F and B = G^T G. So nothing is complex, and where a covariance is
    singular, no root of rounding is taken, which would leave half the digits. Never below 0. Symmetric to rounding.

    The estimate is biased: it grows as n falls, even for sets from the same source. Compare distances of equal n.
    Raises ValueError.
    """
    a, b = (x if isinstance(x, Gaussian) else Gaussian.of(x) for x in (a, b))
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"features must have one dimension, got {len(a.mean)} and {len(b.mean)}")
    common = np.linalg.svd(a.factor @ b.factor.T, compute_uv=False).sum()
    distance = np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance) - 2 * common
    return max(0.0, float(distance))


def kernel_distance(a: Reals, b: Reals) -> float:
    """Squared maximum mean discrepancy of features (n, d), (m, d), kernel (x.y / d + 1)^3: KID (Binkowski et al. 2018).

    One unbiased estimate from all pairs, where published figures often average those of small subsets drawn at random:
    their mean is an estimate of the same number, with more noise. 0 on average for sets from the same source, so it may
    come out below 0. Raises ValueError.
    """
    x, y = checked(a), checked(b)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"features must have one dimension, got {x.shape[1]} and {y.shape[1]}")
    within = sum(
        (kernel_sum(z, z) - kernel(np.square(z).sum(1), z.shape[1]).sum()) / (len(z) * (len(z) - 1)) for z in (x, y)
    )
    return float(within - 2 * kernel_sum(x, y) / (len(x) * len(y)))


def kernel_sum(x: Doubles, y: Doubles) -> float:
    """Sum of the kernel over all pairs of (n, d) and (m, d)."""
    starts = range(0, len(x), ROWS_AT_ONCE)
    return float(sum(kernel(x[start : start + ROWS_AT_ONCE] @ y.T, x.shape[1]).sum() for start in starts))


def kernel(products: Doubles, dimension: int) -> Doubles:
    """Return the kernel, from scalar products of features."""
    return (products / dimension + 1) ** 3


def checked(features: Reals) -> Doubles:
    """Features in double precision. Raises ValueError unless they are at least two, and finite numbers."""
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"features must be at least two, (n, d), got shape {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("features must be finite numbers")
    return features.astype(np.float64)
