"""Charts: one file a kind, and a line here."""

from panogen.geometry.charts.chart import Chart
from panogen.geometry.charts.cylinder import PROFILES, Cylinder
from panogen.geometry.charts.plane import Plane
from panogen.geometry.charts.window import Windows

CHARTS: dict[str, type[Chart]] = {"cylinder": Cylinder, "plane": Plane}

__all__ = ["CHARTS", "PROFILES", "Chart", "Cylinder", "Plane", "Windows"]
