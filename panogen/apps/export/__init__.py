"""A panorama as a folder of tiles for viewers of the web, and a page that shows it."""

from panogen.apps.export.base import Layout
from panogen.apps.export.job import request, save_export
from panogen.apps.export.layouts import LAYOUTS, lay_out
from panogen.apps.export.pyramid import LOCAL_URL
from panogen.apps.export.request import OUTSIDES, Export

__all__ = ["LAYOUTS", "LOCAL_URL", "OUTSIDES", "Export", "Layout", "lay_out", "request", "save_export"]
