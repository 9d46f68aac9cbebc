"""The networks: mapping, the CIPS generator and StyleGAN2's discriminator."""

from panogen.networks.discriminator import Discriminator, DiscriminatorConfig, Place
from panogen.networks.generator import GENERATORS, Generator, GeneratorConfig

__all__ = ["GENERATORS", "Discriminator", "DiscriminatorConfig", "Generator", "GeneratorConfig", "Place"]
