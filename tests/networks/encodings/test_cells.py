import numpy as np
import pytest
import torch
from torch.nn import functional

from panogen.geometry import Cylinder, Plane
from panogen.networks.encodings.cells import CylinderCells, PlaneCells, cells_of
from panogen.networks.encodings.splines import weighted


class TestPlane:
    def test_it_samples_as_torch_does_with_a_border(self):
        # Another program's answer: bilinear, padding "border", corners not aligned.
        table = torch.randn(5, 7, 3, dtype=torch.float64)
        coords = torch.rand(200, 2, dtype=torch.float64) * 2.6 - 1.3
        cells, weights = PlaneCells(5, 7).taps(coords)
        found = weighted(table.flatten(0, 1).float(), cells, weights)
        expected = functional.grid_sample(
            table.movedim(2, 0)[None], coords[None, None], padding_mode="border", align_corners=False
        )
        torch.testing.assert_close(found, expected[0, :, 0].T.float(), atol=1e-6, rtol=0)

    def test_row_0_is_the_top_and_column_0_is_left(self):
        cells, weights = PlaneCells(4, 8).taps(torch.tensor([[-1 + 3 / 8, -1 + 1 / 4]], dtype=torch.float64))
        assert weights.max() == 1
        assert cells[0, weights.argmax()] == 1


def test_each_chart_has_its_own():
    assert cells_of(Plane(), 4, 5) == PlaneCells(4, 5)
    assert cells_of(Cylinder(90), 4, 5) == CylinderCells(4, 5, np.pi / 4)


def test_a_chart_without_one_is_sent_to_octaves():
    class Cone(Plane):
        kind = "cone"

    with pytest.raises(ValueError, match="an embedding needs a chart among cylinder, plane, got cone; use octaves"):
        cells_of(Cone(), 4, 5)
