import numpy as np
import pytest

from panogen.base.sheet import GAP, contact_sheet, sheet_shape


@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_lie_row_after_row_on_white(channels):
    pictures = [np.full((2, 3, channels), value, np.uint8) for value in (10, 20, 30)]
    sheet = contact_sheet(pictures, columns=2)
    assert sheet.shape == (2 * 2 + GAP, 2 * 3 + GAP, channels) == (*sheet_shape((2, 3), 3), channels)
    np.testing.assert_array_equal(sheet[:2, :3], pictures[0])
    np.testing.assert_array_equal(sheet[:2, -3:], pictures[1])
    np.testing.assert_array_equal(sheet[-2:, :3], pictures[2])
    assert np.all(sheet[2:-2] == 255)
    assert np.all(sheet[-2:, 3:] == 255)
