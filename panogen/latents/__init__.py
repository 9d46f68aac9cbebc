"""Latents: from seeds to the w that a picture is painted with."""

from panogen.latents.seeds import MAX_SEED, parse_seeds, truncate, z_from_seed

__all__ = ["MAX_SEED", "parse_seeds", "truncate", "z_from_seed"]
