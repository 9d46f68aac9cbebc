"""Charts: one file a kind, and a line here."""

from panogen.geometry.charts.chart import Chart
from panogen.geometry.charts.cylinder import PROFILES, Cylinder
from panogen.geometry.charts.plane import Plane
from panogen.geometry.charts.sphere import Sphere
from panogen.geometry.charts.windows import BandWindows, LensWindows, Windows

CHARTS: dict[str, type[Chart]] = {"cylinder": Cylinder, "sphere": Sphere, "plane": Plane}

__all__ = ["CHARTS", "PROFILES", "BandWindows", "Chart", "Cylinder", "LensWindows", "Plane", "Sphere", "Windows"]
