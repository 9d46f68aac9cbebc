"""Canvases: pictures on disk that fill up block by block, in several sittings if need be."""

from panogen.canvas.canvas import Canvas, cut, files_beside
from panogen.canvas.journal import differences
from panogen.canvas.tiff import Form, tiff_header

__all__ = ["Canvas", "Form", "cut", "differences", "files_beside", "tiff_header"]
