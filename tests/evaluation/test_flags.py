import pytest

from panogen.evaluation.flags import flags
from panogen.evaluation.singles import row_of
from panogen.metrics import PICTURE_METRICS
from tests.evaluation.helpers import hard_seam, smooth_panorama
from tests.metrics.adversarial import duplicated_seam, mirrored_half


@pytest.mark.parametrize("seed", range(6))
def test_faults_are_named_and_nothing_else(seed):
    picture = smooth_panorama(seed)
    metrics = [name for name in PICTURE_METRICS if name != "poles"]
    assert flags(row_of(picture, metrics)) == []
    assert "hard seam" in flags(row_of(hard_seam(picture), metrics))
    assert "column at the seam is there twice" in flags(row_of(duplicated_seam(picture), metrics))
    assert "one half mirrors the other" in flags(row_of(mirrored_half(picture), metrics))


def test_what_was_not_measured_is_not_flagged():
    assert flags({}) == []
