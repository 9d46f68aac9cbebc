"""Angles between directions."""

import numpy as np


def angle_between(a, b):
    """Angle between vectors (..., 3), radians in [0, pi].

    atan2(|a x b|, a . b): exact for tiny angles too, where acos of a rounded cosine returns 0.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))
