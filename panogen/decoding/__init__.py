"""The one step from a picture's file to its pixels, for whoever reads pictures: upright, opaque and in sRGB.

``about`` reads what a file says of its picture, ``decode`` its pixels, ``levels`` those of a mask. What cannot be used
raises UnusableError with a reason; remarks that make no sense are left out with a note, and cost no good picture.
"""

from panogen.decoding.masks import levels, mask_refused
from panogen.decoding.picture import SUFFIXES, About, about, decode, decode_with_notes, displayed
from panogen.decoding.reasons import UnusableError
from panogen.decoding.sphere import Part, shows_all

__all__ = [
    "SUFFIXES",
    "About",
    "Part",
    "UnusableError",
    "about",
    "decode",
    "decode_with_notes",
    "displayed",
    "levels",
    "mask_refused",
    "shows_all",
]
