import numpy as np

from panogen.base.sheet import contact_sheet


def test_pictures_lie_row_after_row_on_white():
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    sheet = contact_sheet(pictures, columns=2, gap=1)
    assert sheet.shape == (5, 7, 3)
    np.testing.assert_array_equal(sheet[:2, :3], pictures[0])
    np.testing.assert_array_equal(sheet[:2, 4:], pictures[1])
    np.testing.assert_array_equal(sheet[3:, :3], pictures[2])
    assert np.all(sheet[2] == 255)
    assert np.all(sheet[3:, 3:] == 255)
