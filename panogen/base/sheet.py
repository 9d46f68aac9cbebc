"""Contact sheets."""

from collections.abc import Sequence

import numpy as np

from panogen.base.arrays import Pixels

GAP = 4  # pixels between pictures


def sheet_shape(shape: tuple[int, int], count: int, columns: int = 2) -> tuple[int, int]:
    """Return the rows and columns of the sheet of so many pictures of a shape."""
    height, width = shape
    return -(-count // columns) * (height + GAP) - GAP, columns * (width + GAP) - GAP


def contact_sheet(pictures: Sequence[Pixels], columns: int = 2) -> Pixels:
    """Pictures (H, W, channels) of one size side by side on white, row after row."""
    height, width, channels = pictures[0].shape
    sheet = np.full((*sheet_shape((height, width), len(pictures), columns), channels), 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * (height + GAP), column * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet
