"""Canvases: pictures on disk that fill up block by block, in several sittings if need be."""

from panogen.pictures.canvas.canvas import Canvas, cut, files_beside
from panogen.pictures.canvas.tiff import Form, tiff_header

__all__ = ["Canvas", "Form", "cut", "files_beside", "tiff_header"]
