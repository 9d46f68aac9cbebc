"""Photos that the tiny model made, and inversions of them."""

from pathlib import Path

import numpy as np
from PIL import Image

import panogen
from panogen.apps.inversion import SearchConfig
from panogen.apps.inversion.job import Inversion
from panogen.apps.inversion.target import lay_target
from panogen.grids.view import View

FOV_DEG = 80.0
STEPS = 60


def save_photo(path: Path, model_folder: Path, seed: int = 3) -> Path:
    """A view of a seed's place, twice as dense as it is compared."""
    shown = panogen.load(model_folder).render(
        seed, View(projection="perspective", width=24, height=18, fov_deg=FOV_DEG, truncation=0.7)
    )
    Image.fromarray(shown).save(path)
    return path


def save_noise(path: Path, width: int = 24, height: int = 18, seed: int = 0) -> Path:
    """A photo that no seed shows."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def inversion(model_folder: Path, photo: str | Path, mask: str | Path | None = None, **config: object) -> Inversion:
    shown = panogen.load(model_folder)
    target = lay_target(shown.model, photo, FOV_DEG, mask=mask)
    return Inversion(shown, target, SearchConfig(**{"steps": STEPS, **config}))
