import pytest

from panogen.decoding.exif import exif_fov_deg
from tests.data.helpers import exif


def test_focal_lengths():
    tags = dict(exif(FocalLengthIn35mmFilm=28)._ifds[0x8769])
    assert exif_fov_deg(tags, (4000, 3000)) == (65.47, "EXIF FocalLengthIn35mmFilm")
    # A 36 x 24 mm sensor of 6000 columns behind 50 mm, and the same camera turned by the program that stored it.
    camera = {0x920A: 50.0, 0xA20E: 6000 / 36 * 25.4, 0xA20F: 6000 / 36 * 25.4, 0xA210: 2}
    expected = (39.598, "EXIF FocalLength and FocalPlaneXResolution")
    assert exif_fov_deg(camera, (6000, 4000)) == expected
    assert exif_fov_deg(camera, (4000, 6000)) == expected
    # A smaller copy keeps the camera's number of columns and its dots an inch.
    assert exif_fov_deg({**camera, 0xA002: 6000}, (600, 400)) == expected
    assert exif_fov_deg({**camera, 0xA20E: 600 / 3.6, 0xA210: 3}, (600, 400)) == exif_fov_deg(
        {**camera, 0xA20E: 600 / 36, 0xA210: 4}, (600, 400)
    )


@pytest.mark.parametrize("tags", [{}, {0xA405: 0}, {0xA405: "wide"}, {0x920A: 50.0}, {0xA405: 10**6}, {0xA405: None}])
def test_no_focal_length(tags):
    assert exif_fov_deg(tags, (4000, 3000)) == (None, None)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (6000, 4000), (3840, 2160), (3000, 3000)])
def test_a_lens_is_believed_of_what_cameras_take(size):
    assert exif_fov_deg({0xA405: 26}, size) == (69.39, "EXIF FocalLengthIn35mmFilm")


@pytest.mark.parametrize("size", [(8000, 2000), (2000, 9000), (4000, 2000), (4000, 3500)])
def test_a_lens_is_not_believed_of_sweeps_and_crops(size):
    assert exif_fov_deg({0xA405: 26}, size) == (None, None)


def test_a_crop_to_another_cameras_shape_is_noticed():
    taken = {0xA405: 26, 0xA002: 4000, 0xA003: 3000}
    assert exif_fov_deg(taken, (2000, 1500)) == (69.39, "EXIF FocalLengthIn35mmFilm")
    assert exif_fov_deg(taken, (3000, 3000)) == (None, None)
