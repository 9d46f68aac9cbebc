"""Where a pixel looks: pure float64 functions that everything else leans on.

Conventions of the whole project, written once:

- x right, y up, z forward. A direction is a unit vector (x, y, z).
- yaw (azimuth) 0 is forward, positive to the right; pitch (elevation) is positive up; roll is positive when the camera
  turns clockwise as seen from behind it, so that the horizon tips the other way. Degrees at the command line
  (``yaw_deg``), radians inside (``yaw_rad``).
- Row 0 is the top. Pixels are cells: the centre of cell k of n lies at (k + 1/2)/n. A full circle never contains both
  its ends, and the centre of a cylindrical or equirectangular picture is yaw 0.
- Arrays of directions are (..., 3) float64. ``Chart.hides`` alone takes float32, for what a gaze sees.
"""

from panogen.geometry.charts.chart import Chart
from panogen.geometry.charts.cylinder import Cylinder
from panogen.geometry.charts.plane import Plane
from panogen.geometry.charts.sphere import Sphere
from panogen.geometry.charts.windows import Windows
from panogen.geometry.directions import (
    azimuth_elevation,
    circle_azimuths_rad,
    from_azimuth_elevation,
    pixel_centres,
    rotate,
    rotation,
)

CHARTS: dict[str, type[Chart]] = {"cylinder": Cylinder, "sphere": Sphere, "plane": Plane}

__all__ = [
    "CHARTS",
    "Chart",
    "Cylinder",
    "Plane",
    "Sphere",
    "Windows",
    "azimuth_elevation",
    "circle_azimuths_rad",
    "from_azimuth_elevation",
    "pixel_centres",
    "rotate",
    "rotation",
]
