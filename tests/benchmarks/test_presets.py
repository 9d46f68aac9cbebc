"""What presets cost: a step is run on fake tensors, and its operations are those that a closed formula expects."""

import presets
import pytest


@pytest.mark.filterwarnings("ignore:Accessing the data pointer of FakeTensor")
def test_operations_are_as_expected():
    (stage,) = presets.report("cpu-small").stages
    *_, step, penalty, resting, most = stage
    assert (step, penalty) == pytest.approx((1, 1), abs=0.01)
    assert 0 < resting < most
