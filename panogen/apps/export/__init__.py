"""A panorama as a folder of tiles for viewers of the web, and a page that shows it."""

from panogen.apps.export.job import read_export, request, save_export
from panogen.apps.export.live import Live
from panogen.apps.export.pyramid import LOCAL_URL
from panogen.apps.export.request import Export
from panogen.apps.export.tilings import TILINGS, tiling_of

__all__ = ["LOCAL_URL", "TILINGS", "Export", "Live", "read_export", "request", "save_export", "tiling_of"]
