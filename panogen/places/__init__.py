"""Places as data: seeds, latents in files, what is between, mixed, edited, blended; and the files and ways of them."""

from panogen.places.path import LatentPath, even_positions, frame_times
from panogen.places.place import (
    PLACES,
    Average,
    Between,
    Blend,
    Edit,
    Mask,
    Mix,
    Place,
    Saved,
    Seed,
    as_place,
    as_places,
    parse_layers,
)

__all__ = [
    "PLACES",
    "Average",
    "Between",
    "Blend",
    "Edit",
    "LatentPath",
    "Mask",
    "Mix",
    "Place",
    "Saved",
    "Seed",
    "as_place",
    "as_places",
    "even_positions",
    "frame_times",
    "parse_layers",
]
