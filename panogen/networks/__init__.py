"""The networks: mapping, the CIPS generator and StyleGAN2's discriminator."""

from typing import TYPE_CHECKING

from panogen.later import later
from panogen.networks.config import GENERATORS, DiscriminatorConfig, GeneratorConfig

__all__ = ["GENERATORS", "Discriminator", "DiscriminatorConfig", "Generator", "GeneratorConfig", "Place"]

if TYPE_CHECKING:
    from panogen.networks.discriminator import Discriminator, Place
    from panogen.networks.generator import Generator
else:
    __getattr__ = later(__name__, __all__, "generator", "discriminator")
