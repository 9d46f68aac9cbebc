"""What the live page is compared by: figures of differences, operations of a point, and bytes."""

import json

import live
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from panogen import load
from tests.browser import CHROMIUM

FACTS = {"together": 16, "layers": [[112, 128, False], [128, 128, True]], "bytes": 1000}


def measured(*arguments):
    return CliRunner().invoke(live.main, [str(argument) for argument in arguments])


def test_differences_are_taken_over_all_pictures():
    one = [np.array([[0, 0, 1]]), np.array([[0, -2, 0]]), np.array([[0, 0, 0]])]
    other = [np.array([[0, -4, 1]]), np.array([[1, 0, 0]]), np.array([[3, 0, 0]])]
    pictures, largest, mean, fovea, psnr, worst = live.summary([one, other])
    assert (pictures, largest, mean, fovea) == (2, 4, 1, 2)
    assert psnr == pytest.approx(10 * np.log10(255**2 / 1.5))
    assert worst == pytest.approx(10 * np.log10(255**2 / 3))


def test_rings_that_are_equal_or_are_not_there_have_no_decibels():
    same, nothing = np.zeros((1, 3), int), np.zeros((0, 3), int)
    assert live.summary([[same, same, same]])[-2:] == ["equal", "equal"]
    assert live.summary([[same, same, nothing]])[-2:] == [None, None]


def test_operations_of_a_point_are_those_of_its_layers_and_encodings(octaves_folder):
    shown = load(octaves_folder)
    found = live.operations(FACTS, shown)
    assert found["products of the layers"] == 2 * (112 + 128) * 128
    assert found["styles of their inputs"] == 3 * (112 + 128) * 16
    fewer = live.operations({**FACTS, "together": 8}, shown)
    assert fewer["styles of their inputs"] == 2 * found["styles of their inputs"]
    assert fewer["encodings"] - found["encodings"] == 16 * live.PLACING


def test_the_still_panorama_is_not_counted(tmp_path):
    for name, size in {
        "index.html": 10,
        "model/model.safetensors": 20,
        "still/index.html": 40,
        "gpu/still.js": 80,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert list(live.sizes(tmp_path).values()) == [110, 20]


def test_the_layers_for_another_program_are_those_of_the_plan(octaves_folder):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    shown = load(octaves_folder)
    plan = live.FoldedPlan(shown.model.generator, shown.field(0))
    features = torch.randn(7, len(plan.first_weight))
    (found,) = ReferenceEvaluator(onnx.load_from_string(live.onnx_of(plan))).run(None, {"features": features.numpy()})
    plan.features = lambda points, weights: features
    expected = plan(features, None, plan.scratch(len(features)))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_another_program_needs_its_package():
    result = measured("--only", "onnxruntime")
    assert result.exit_code == 2
    assert "--onnxruntime FOLDER" in result.output


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_a_page_is_measured(octaves_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "CAMERAS", live.CAMERAS[1:2])
    asked = ("--model", octaves_folder, "--seed", 0, "--width", 32, "--frames", 1, "--json", tmp_path / "live.json")
    result = measured(*asked)
    assert result.exit_code == 0, result.output
    tables = [live.Table(**table) for table in json.loads((tmp_path / "live.json").read_text())["tables"]]
    begun, operations, expected, speed, parity = tables
    assert begun.rows[0][1][0] >= begun.rows[1][1][0] > 0
    assert begun.rows[3][1][0] >= begun.rows[2][1][0] > begun.rows[0][1][0]
    assert sum(row[2] for row in operations.rows) == pytest.approx(1)
    assert expected.rows[0][2] == 1280 * 720 > 4 * expected.rows[1][2]
    assert [row[1] for row in speed.rows] == [32 * 18] * 4
    assert parity.at("all", "pictures") == "3"
    assert parity.rows[-1][2] <= 2
    assert parity.rows[-1][4] <= 2
