import pytest
import torch

from panogen.geometry import Cylinder
from panogen.networks import (
    DISCRIMINATORS,
    ENCODINGS,
    ChartPoints,
    FourierConfig,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    StyleGAN2Config,
    TableConfig,
    check_rows,
)
from tests.networks.helpers import points_at

SOME = {
    "fourier": FourierConfig(6),
    "embedding": TableConfig(5, 8, 16),
    "octaves": OctavesConfig(3, 2),
    "planes": PlanesConfig(3, 2),
    "skyline": SkylineConfig(3, 2),
}


def test_kinds_are_their_names():
    for known in (ENCODINGS, DISCRIMINATORS):
        assert all(config.kind == kind for kind, config in known.items())
    assert SOME.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("config", SOME.values(), ids=SOME)
class TestEveryEncoding:
    def test_it_builds_features_of_as_many_channels_as_it_says(self, config):
        encoding = config.build(Cylinder())
        assert encoding.config == config
        features = encoding(points_at(Cylinder(), [0.1, 0.2, 3.0], 0.1, 0.01), (4, 5))
        assert features.shape in [(count, 3, encoding.channels) for count in (1, 2)]
        assert features.dtype == torch.float32
        assert 0 < encoding.finest_rad < 1
        assert encoding.comes_apart

    def test_no_points_have_no_features(self, config):
        nothing = points_at(Cylinder(), [0.1], 0.0)[torch.tensor([], dtype=torch.int64)]
        assert isinstance(nothing, ChartPoints)
        assert len(nothing) == 0
        encoding = config.build(Cylinder())
        assert encoding(nothing, (4,)).shape == (1, 0, encoding.channels)


def test_encodings_are_found_and_changed_by_their_kind():
    config = GeneratorConfig(encodings=(SOME["octaves"], SOME["fourier"]))
    assert config.encoding(FourierConfig) is SOME["fourier"]
    assert config.encoding(TableConfig) is None
    changed = config.with_encoding(OctavesConfig, count=7)
    assert changed.encodings == (OctavesConfig(7, 2), SOME["fourier"])
    assert config.with_encoding(TableConfig, rows=64) == config


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"depth": 4}, "depth must be odd and at least 3 .* got 4"),
        ({"head": "none"}, "head must be one of skip, residual, got 'none'"),
        ({"width": 0}, "width must be at least 1, got 0"),
        (
            {"encodings": ()},
            "encodings must be some of fourier, embedding, octaves, planes, skyline, got none: nothing would",
        ),
        ({"encodings": (SOME["fourier"],) * 2}, "encodings must be of different kinds, got fourier, fourier"),
        ({"pair_widths": (64, 64)}, "pair_widths must be 3 numbers or none, got 2"),
        ({"pair_widths": (64, 64, 129)}, r"pair_widths must be in \[1, 128\], the width, got 129"),
        ({"pair_widths": (64, 0, 64)}, "the width, got 0"),
    ],
)
def test_impossible_shapes(wrong, message):
    with pytest.raises(ValueError, match=message):
        GeneratorConfig(**wrong)


@pytest.mark.parametrize(
    ("config", "wrong", "message"),
    [
        (TableConfig, {"channels": -1}, "embedding channels must be above 0, got -1"),
        (TableConfig, {"rows": 2}, "at least 4 x 4 cells, got 2 x 128"),
        (FourierConfig, {"channels": 0}, "fourier channels must be above 0, got 0"),
        (FourierConfig, {"scale": 0.0}, "fourier scale must be above 0, got 0.0"),
        (FourierConfig, {"scale": float("nan")}, "fourier scale must be above 0, got nan"),
        (StyleGAN2Config, {"channel_base": 0}, "channel_base must be at least 1, got 0"),
    ],
)
def test_impossible_parts(config, wrong, message):
    with pytest.raises(ValueError, match=message):
        config(**wrong)


def test_rows_are_halved_to_4():
    for rows in (8, 16, 1024):
        check_rows(rows, "patch")
    for rows in (-8, 0, 4, 12, 33):
        with pytest.raises(ValueError, match=f"patch must be a power of two, at least 8, got {rows}"):
            check_rows(rows, "patch")
