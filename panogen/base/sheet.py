"""Contact sheets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def contact_sheet(pictures: Sequence[NDArray[np.uint8]], columns: int = 2, gap: int = 4) -> NDArray[np.uint8]:
    """Pictures (H, W, 3) of one size side by side on white, row after row."""
    height, width, _ = pictures[0].shape
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * (height + gap), column * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
