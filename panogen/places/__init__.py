"""Places as data: seeds, latents in files, what is between, mixed, edited, blended; and the files and ways of them."""

from panogen.places.place import (
    Average,
    Between,
    Blend,
    Edit,
    Given,
    Mask,
    Mix,
    Place,
    Saved,
    Seed,
    as_place,
    as_places,
)

__all__ = [
    "Average",
    "Between",
    "Blend",
    "Edit",
    "Given",
    "Mask",
    "Mix",
    "Place",
    "Saved",
    "Seed",
    "as_place",
    "as_places",
]
