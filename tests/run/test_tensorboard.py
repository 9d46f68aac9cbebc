import io
import sys

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import UsageError
from panogen.run.tensorboard import TensorBoard


@pytest.fixture
def read_back():
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def read(folder):
        events = accumulators.EventAccumulator(str(folder))
        events.Reload()
        return events

    return read


def test_lines_and_pictures_are_read_back(tmp_path, read_back):
    board = TensorBoard(tmp_path)
    board.add({"n_images": 800, "resolution": 32, "d_loss": 0.5})
    board.add({})
    board.add({"n_images": 1600, "resolution": 32, "d_loss": 0.25, "augmentation": 0.125})
    picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    board.add_picture("seeds", picture, 1600)
    board.close()
    events = read_back(tmp_path)
    assert set(events.Tags()["scalars"]) == {"resolution", "d_loss", "augmentation"}
    assert [(event.step, event.value) for event in events.Scalars("d_loss")] == [(800, 0.5), (1600, 0.25)]
    assert [(event.step, event.value) for event in events.Scalars("augmentation")] == [(1600, 0.125)]
    (shown,) = events.Images("seeds")
    assert shown.step == 1600
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown.encoded_image_string))), picture)


def test_a_resumed_run_overwrites_what_comes_again(tmp_path, read_back):
    first = TensorBoard(tmp_path)
    for n_images, loss in ((800, 1.0), (1600, 2.0), (2400, 3.0)):
        first.add({"n_images": n_images, "d_loss": loss})
    first.close()
    resumed = TensorBoard(tmp_path, n_images=1600)
    resumed.add({"n_images": 2400, "d_loss": 4.0})
    resumed.close()
    events = [(event.step, event.value) for event in read_back(tmp_path).Scalars("d_loss")]
    assert events == [(800, 1.0), (1600, 2.0), (2400, 4.0)]


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match=r"tensorboard is not installed; pip install 'panogen\[tensorboard\]'"):
        TensorBoard(tmp_path)
