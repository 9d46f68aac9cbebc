"""The networks: mapping, encodings, the CIPS generator and discriminators."""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.networks.config import (
    DISCRIMINATORS,
    ENCODINGS,
    GENERATORS,
    GROUP,
    DiscriminatorConfig,
    EncodingConfig,
    FourierConfig,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    StyleGAN2Config,
    TableConfig,
)

__all__ = [
    "DISCRIMINATORS",
    "ENCODINGS",
    "GENERATORS",
    "GROUP",
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
]

if TYPE_CHECKING:
    from panogen.networks.generator import Generator
    from panogen.networks.points import ChartPoints
else:
    __getattr__ = later(__name__, __all__, "generator", "points")
