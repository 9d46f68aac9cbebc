import json

import numpy as np
import pytest
import torch

from panogen.base.errors import JobError
from panogen.base.tensors import tensor_bytes
from panogen.geometry import Cylinder
from panogen.latents import Above, Around, Everywhere, LatentField, Layout, Mosaic, Nested, Paced, Painted
from panogen.places.files import FORMAT, packed, read_latent, save_field, unpacked

DIRECTIONS = np.random.default_rng(0).standard_normal((50, 3))
SHARES = np.random.default_rng(1).random((4, 8, 1))
PAINTED = Painted(np.concatenate([SHARES, 1 - SHARES], 2), Cylinder())
NESTED = Nested(PAINTED, (Around((1.0, 9.0)), Nested(PAINTED, (Everywhere(),) * 2)))
FIELDS = {
    "no layout": LatentField.constant(torch.randn(5, 12)),
    "layout": LatentField.constant(torch.randn(5, 12), Layout.of(4)),
    "layouts": LatentField(torch.randn(1, 5, 12), Everywhere(), (Layout.mean(map(Layout.of, range(3)), (1, 2, 4)),)),
    "mosaic of layout 7": LatentField(
        torch.randn(7, 5, 12), Mosaic(20.0, 0.0, 50.0, 40.0, 2, 3, 5.0), (Layout.of(7),) * 7
    ),
    "mosaic": LatentField(torch.randn(7, 5, 12), Mosaic(20.0, 0.0, 50.0, 40.0, 2, 3, 5.0)),
    "mosaic overhead": LatentField(
        torch.randn(7, 5, 12), Mosaic(20.0, 0.0, 50.0, 40.0, 2, 3, 5.0, yaw_deg=10.0, pitch_deg=90.0)
    ),
    "around": LatentField(torch.randn(2, 5, 12), Around((0.0, 90.0))),
    "meeting": LatentField(torch.randn(2, 5, 12), Around((0.0, 90.0), meeting=True)),
    "paced": LatentField(torch.randn(2, 5, 12), Paced((0.0, 90.0), 0.5, "even", ((0.0, 1 / 3, 1.0), (0.0, 0.7, 1.0)))),
    "above": LatentField(torch.randn(2, 5, 12), Above((20.0, -20.0))),
    "painted": LatentField(torch.randn(2, 5, 12), PAINTED),
    "nested": LatentField(torch.randn(4, 5, 12), NESTED),
}
ABOUT = {"weights": {"kind": "everywhere", "count": 1}, "made_of": {}, "model": "", "model_name": ""}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_comes_back(tmp_path, name):
    field, path = FIELDS[name], tmp_path / "latent.safetensors"
    save_field(field, path, "abc", "tiny", {"kind": "seed"})
    stored = read_latent(path)
    assert (stored.model, stored.model_name) == ("abc", "tiny")
    assert torch.equal(stored.field.anchors, field.anchors)
    np.testing.assert_array_equal(stored.field.weights(DIRECTIONS), field.weights(DIRECTIONS))
    assert stored.made_of == {"kind": "seed"}
    assert stored.field.layouts == field.layouts


def test_a_file_of_0_5_0_is_of_layout_0(tmp_path):
    path, about = tmp_path / "latent.safetensors", {**ABOUT, "made_of": {"seed": 4}, "model": "abc"}
    anchors = torch.randn(1, 5, 12)
    written = tensor_bytes({"anchors": anchors}, {"format": "panogen latent 1", "about": json.dumps(about)})
    path.write_bytes(written)
    stored = read_latent(path)
    assert torch.equal(stored.field.anchors, anchors)
    assert (stored.field.layouts, stored.made_of) == ((Layout.of(0),), {"seed": 4})
    save_field(stored.field, path, "abc", "", stored.made_of)
    assert path.read_bytes() == written


@pytest.mark.parametrize("name", ["mosaic", "around", "paced"])
def test_weights_of_0_5_0_are_written_as_it_wrote_them(name):
    written = packed(FIELDS[name].weights, {})
    assert not {"yaw_deg", "pitch_deg", "meeting"} & written.keys()
    assert unpacked(written, {}) == FIELDS[name].weights


def test_what_0_6_0_adds_to_weights_may_be_said_though_it_is_as_before():
    for name, added in (("mosaic", {"yaw_deg": 0.0, "pitch_deg": 0.0}), ("around", {"meeting": False})):
        weights = FIELDS[name].weights
        assert unpacked(packed(weights, {}) | added, {}) == weights


@pytest.mark.parametrize(
    ("tensors", "header", "message"),
    [
        ({"anchors": torch.zeros(1, 5, 12)}, {}, "format must be 'panogen latent 1', got None"),
        ({"anchors": torch.zeros(1, 5, 12)}, {"format": FORMAT}, "not a latent that can be used: 'about'"),
        ({"anchors": torch.zeros(1, 5, 12)}, {"format": FORMAT, "about": "{"}, "not a latent that can be used"),
        ({"anchors": torch.zeros(1, 5, 12)}, {"format": FORMAT, "about": "[" * 100_000}, "not a latent that can be"),
        ({"w": torch.zeros(1, 5, 12)}, {"format": FORMAT, "about": json.dumps(ABOUT)}, "'anchors'"),
        ({"anchors": torch.full((1, 5, 12), torch.nan)}, {"format": FORMAT, "about": json.dumps(ABOUT)}, "not finite"),
        ({"anchors": torch.zeros(2, 5, 12)}, {"format": FORMAT, "about": json.dumps(ABOUT)}, r"anchors must be \(1, "),
        (
            {"anchors": torch.zeros(1, 5, 12)},
            {"format": FORMAT, "about": json.dumps(ABOUT | {"weights": {"kind": "os.system"}})},
            "'os.system'",
        ),
        *(
            (
                {"anchors": torch.zeros(1, 5, 12)},
                {"format": FORMAT, "about": json.dumps(ABOUT | {"layouts": layouts})},
                f"latent.safetensors: not a latent that can be used: {message}",
            )
            for layouts, message in (
                ([[[-1, 1.0]]], r"layout must be in \[0, 4294967295\], got -1"),
                ([[[4, 1.0]]] * 2, "layouts must be 1, one an anchor, got 2"),
                ([4], "a layout must be pairs"),
                (4, "'int' object is not iterable"),
            )
        ),
    ],
)
def test_broken_files_are_refused(tmp_path, tensors, header, message):
    path = tmp_path / "latent.safetensors"
    path.write_bytes(tensor_bytes(tensors, header))
    with pytest.raises(JobError, match=message):
        read_latent(path)


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "latent.safetensors"
    save_field(FIELDS["mosaic"], path, "abc", "tiny", {})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(JobError, match="broken or cut short"):
        read_latent(path)
