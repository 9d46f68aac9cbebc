import numpy as np

from panogen.geometry import angle_between


def test_tiny_angles_are_not_lost():
    # acos of the rounded cosine answers 0 here.
    for angle in (1e-4, 1e-8, 1e-12):
        a, b = np.array([0, 0, 1.0]), np.array([np.sin(angle), 0, np.cos(angle)])
        np.testing.assert_allclose(angle_between(a, b), angle, rtol=1e-12)


def test_angle_of_opposite_and_square_vectors_of_any_length():
    np.testing.assert_allclose(angle_between([0, 0, 2.0], [0, 0, -5.0]), np.pi)
    np.testing.assert_allclose(angle_between([3.0, 0, 0], [0, 7.0, 0]), np.pi / 2)
