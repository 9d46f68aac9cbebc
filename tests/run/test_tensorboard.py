import io
import os
import sys

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import UsageError
from panogen.run import Run, Session, train
from panogen.run.log import Log
from panogen.run.session import tensorboard
from tests.run.helpers import CONFIGURED, SOURCE, log_often


@pytest.fixture
def read_back():
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def read(folder):
        events = accumulators.EventAccumulator(str(folder))
        events.Reload()
        return events

    return read


def test_lines_and_pictures_are_read_back(tmp_path, read_back, monkeypatch):
    log_often(monkeypatch)
    run = Run.begin(tmp_path / "run", CONFIGURED, SOURCE)
    state = train(run, SOURCE, Session(tensorboard=True))
    log, events = Log.read(run.metrics), read_back(run.folder / "tensorboard")
    assert set(events.Tags()["scalars"]) == set(log.names()) > {"resolution", "d_loss"}
    for name in ("resolution", "d_loss"):
        steps, values = log.series(name)
        assert [event.step for event in events.Scalars(name)] == steps.tolist()
        assert [event.value for event in events.Scalars(name)] == pytest.approx(values)
    shown = events.Images("snapshot")[-1]
    assert shown.step == state.n_images
    with Image.open(run.snapshots.path(shown.step)) as picture:
        expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(shown.encoded_image_string))), expected)


def test_a_resumed_run_overwrites_what_comes_again(tmp_path, read_back):
    with tensorboard(tmp_path) as first:
        for n_images, loss in ((800, 1.0), (1600, 2.0), (2400, 3.0)):
            first.add_scalar("d_loss", loss, n_images)
    with tensorboard(tmp_path, n_images=1600) as resumed:
        resumed.add_scalar("d_loss", 4.0, 2400)
    events = [(event.step, event.value) for event in read_back(tmp_path).Scalars("d_loss")]
    assert events == [(800, 1.0), (1600, 2.0), (2400, 4.0)]


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(UsageError, match=r"TensorBoard needs its package, .* pip install 'panogen\[tensorboard\]'"):
        tensorboard(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_it_cannot_take_is_one_sentence(tmp_path):
    pytest.importorskip("tensorboard")
    with pytest.raises(UsageError, match=r"tensorboard takes folders whose names are text, got .*; leave it out"):
        tensorboard(tmp_path / os.fsdecode(b"caf\xe9"))
