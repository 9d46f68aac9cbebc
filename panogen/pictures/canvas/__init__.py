"""Canvases: pictures on disk that fill up block by block, in several sittings if need be."""

from panogen.pictures.canvas.canvas import cut

__all__ = ["cut"]
