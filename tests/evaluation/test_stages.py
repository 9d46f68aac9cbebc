import numpy as np
import pytest

from panogen.base.errors import JobError
from panogen.evaluation.stages import open_stages


def test_a_stage_is_carried_out_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return np.arange(6.0).reshape(2, 3)

    for resume in (False, True):
        with open_stages(tmp_path / "out", {"seed": 1}, resume=resume) as stages:
            assert np.array_equal(stages.array("some", make), np.arange(6.0).reshape(2, 3))
            assert stages.record("other", lambda: {"tuple": (1, 2)}) == {"tuple": [1, 2]}  # as it reads from a file
    assert len(made) == 1


def test_what_the_disk_refuses_is_a_failed_job(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device", str(tmp_path / "out" / "statistics" / "some.npz"))

    with open_stages(tmp_path / "out", {"seed": 1}, resume=False):
        pass
    monkeypatch.setattr("panogen.evaluation.stages.write_text", full)
    with (
        pytest.raises(JobError, match="No space left on device"),
        open_stages(tmp_path / "out", {"seed": 1}, resume=True) as stages,
    ):
        stages.record("some", lambda: {})
