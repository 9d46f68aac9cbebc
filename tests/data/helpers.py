"""Small pictures on disk."""

import numpy as np
from PIL import Image

from panogen.data.picture import examine


def save(path, shape=(64, 128), mode="RGB", seed=0, **options):
    """Noise, whose edges meet as well as any two columns do."""
    pixels = np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)


def exif(orientation=1, **tags):
    """EXIF of an orientation and of tags of the camera, by name."""
    from PIL import ExifTags

    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    camera = made.get_ifd(ExifTags.IFD.Exif)
    for name, value in tags.items():
        camera[ExifTags.Base[name]] = value
    return made


def look(path, level=True):
    """What is known of one file."""
    return examine(path.parent, (path.name,), level)
