"""The networks: mapping, encodings, the CIPS generator and discriminators."""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.networks.config import (
    DISCRIMINATORS,
    ENCODINGS,
    GROUP,
    HEADS,
    SMALLEST_VIEW,
    DiscriminatorConfig,
    EncodingConfig,
    FourierConfig,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    StyleGAN2Config,
    TableConfig,
    check_rows,
)

__all__ = [
    "DISCRIMINATORS",
    "ENCODINGS",
    "GROUP",
    "HEADS",
    "SMALLEST_VIEW",
    "ChartPoints",
    "DiscriminatorConfig",
    "EncodingConfig",
    "FourierConfig",
    "Generator",
    "GeneratorConfig",
    "OctavesConfig",
    "PlanesConfig",
    "SkylineConfig",
    "StyleGAN2Config",
    "TableConfig",
    "check_rows",
]

if TYPE_CHECKING:
    from panogen.networks.generator import Generator
    from panogen.networks.points import ChartPoints
else:
    __getattr__ = later(__name__, __all__, "generator", "points")
