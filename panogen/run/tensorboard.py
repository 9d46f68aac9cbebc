"""A run's figures and pictures for TensorBoard: an extra, for those who watch many runs side by side."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from panogen.base.errors import UsageError


class TensorBoard:
    """Writes event files into a folder. Raises UsageError where the package ``tensorboard`` is not installed.

    A run that is resumed with ``n_images`` seen writes what came after them anew; TensorBoard then forgets the first
    version.
    """

    def __init__(self, folder: Path, n_images: int = 0):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UsageError("tensorboard is not installed; pip install 'panogen[tensorboard]'") from None
        self.writer = SummaryWriter(str(folder), purge_step=n_images + 1 if n_images else None, flush_secs=20)

    def add(self, line: dict[str, float]) -> None:
        """Every number of a line of the log, at its ``n_images``; an empty line is none."""
        for name, value in line.items():
            if name != "n_images":
                self.writer.add_scalar(name, value, int(line["n_images"]))

    def add_picture(self, name: str, picture: NDArray[np.uint8], n_images: int) -> None:
        """A picture (H, W, 3)."""
        self.writer.add_image(name, picture, n_images, dataformats="HWC")

    def close(self) -> None:
        """Write what is still to be written."""
        self.writer.close()
