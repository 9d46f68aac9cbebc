"""Layouts by name. A new one is a class and a line here."""

from panogen.apps.export.base import Layout
from panogen.apps.export.multires import Multires
from panogen.apps.export.photo_sphere_viewer import PhotoSphereViewer
from panogen.apps.export.pyramid import DeepZoom, Iiif, Zoomify
from panogen.apps.export.request import Export
from panogen.base.errors import UsageError
from panogen.geometry import Chart

LAYOUTS: dict[str, type[Layout]] = {
    "multires": Multires,
    "photo-sphere-viewer": PhotoSphereViewer,
    "dzi": DeepZoom,
    "iiif": Iiif,
    "zoomify": Zoomify,
}


def lay_out(export: Export, chart: Chart) -> Layout:
    """The layout that is asked for, on a chart. Raises UsageError."""
    if export.layout not in LAYOUTS:
        raise UsageError(f"layout must be one of {', '.join(LAYOUTS)}, got {export.layout!r}")
    if not chart.closed:
        raise UsageError(f"an export goes all around, of which the model knows {chart.extent} ahead alone; render it")
    return LAYOUTS[export.layout](export, chart.band)
