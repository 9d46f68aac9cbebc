"""Tilings by name. A new one is a class and a line here."""

from panogen.apps.export.base import Tiling
from panogen.apps.export.live import Live
from panogen.apps.export.multires import Multires
from panogen.apps.export.photo_sphere_viewer import PhotoSphereViewer
from panogen.apps.export.pyramid import DeepZoom, Iiif, Zoomify
from panogen.apps.export.request import Export
from panogen.base.errors import UsageError
from panogen.geometry import Chart

TILINGS: dict[str, type[Tiling]] = {
    "multires": Multires,
    "photo-sphere-viewer": PhotoSphereViewer,
    "dzi": DeepZoom,
    "iiif": Iiif,
    "zoomify": Zoomify,
    Live.name: Live,
}


def tiling_of(export: Export, chart: Chart) -> Tiling:
    """Return the tiling that is asked for, on a chart. Raises UsageError."""
    if export.tiling not in TILINGS:
        raise UsageError(f"tiling must be one of {', '.join(TILINGS)}, got {export.tiling!r}")
    if not chart.closed:
        raise UsageError(f"an export goes all around, of which the model knows {chart.extent} ahead alone; render it")
    return TILINGS[export.tiling](export, chart)
