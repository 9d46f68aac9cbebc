import pytest

from panogen.base.errors import UsageError
from panogen.foveation import Acuity, LogPolar
from panogen.foveation.eye import Gaze
from panogen.foveation.samples import within_budget
from panogen.geometry import Cylinder
from panogen.grids import Perspective

CHART = Cylinder()


@pytest.mark.parametrize("law", [Acuity(), LogPolar()], ids=repr)
@pytest.mark.parametrize("share", [0.04, 0.2])
def test_a_budget_is_used_and_kept(law, share):
    gaze = Gaze(Perspective(640, 360), 20.0, -5.0)
    found = within_budget(gaze, law, CHART, share)
    assert 0.9 * share < len(found) / len(gaze.grid) <= share


def test_impossible_budgets_are_refused():
    gaze = Gaze(Perspective(320, 180))
    with pytest.raises(UsageError, match=r"budget must be at least 0\.0\d+ of the pixels here, got 0.0001"):
        within_budget(gaze, Acuity(), CHART, 0.0001)
    with pytest.raises(UsageError, match=r"budget must be in \(0, 1\] of the pixels, got 2"):
        within_budget(gaze, Acuity(), CHART, 2)
