"""Folders of pictures as sources: panoramas, and photos placed on the cylinder."""

import math
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from typing_extensions import override

from panogen.base.errors import JobError
from panogen.data.lens import Lens
from panogen.data.manifest import Manifest
from panogen.data.picture import FileEntry, decode
from panogen.data.source import Colours, Pixels, Source, digest
from panogen.data.tone import expose, tone_map
from panogen.geometry import Cylinder

CHART = Cylinder(90.0)  # that panoramas are trained on by default
WHOLE_DEG = 180  # of a chart of the whole sphere
HIGHEST_DEG = 120  # of a chart that photos are trained on by default
FILLING = 0.9  # share of the photos that fill the default chart


class Folder(Source):
    """The usable pictures of a folder, in the order of their names, for a chart: a default one where none is given.

    ``skipped`` says why each of the others is not used. Raises JobError where none is usable.
    """

    licence = "as of the folder's pictures"

    def __init__(self, folder: Path, manifest: Manifest, chart: Cylinder | None = None):
        self.folder, self.manifest = folder, manifest
        self.entries = manifest.usable
        self.skipped = {folder / entry.name: entry.reason or "" for entry in manifest.skipped}
        self.chart = chart or CHART
        self.describe()

    def describe(self) -> None:
        """Say what the pictures are and how that is known. Raises JobError where none is left."""
        if not self.entries:
            reasons = "; ".join(f"{path.name}: {reason}" for path, reason in list(self.skipped.items())[:3])
            raise JobError(
                f"{self.folder}: none of its {len(self.manifest.entries)} pictures is usable for {self.manifest.kind} "
                f"({reasons or 'no file is called like a picture'}); `panogen data check` says why of each"
            )
        known = f" (taken for {self.manifest.kind} by their shapes)" if self.manifest.judged else ""
        self.description = f"{len(self)} {self.manifest.kind} of the folder {self.folder.name}{known}"

    def __len__(self) -> int:
        return len(self.entries)

    @override
    def fingerprint(self) -> str:
        """Return the SHA-256 of the names, sizes and fields of view of all usable files, whatever their dates."""
        files = [(entry.name, entry.bytes, entry.width, entry.height, entry.fov_deg) for entry in self.manifest.usable]
        return digest([self.manifest.kind, *files])

    @override
    def halves(self) -> tuple[Source, ...]:
        parts = [tuple(part) for part in (self.entries[::2], self.entries[1::2]) if part]
        manifests = [replace(self.manifest, entries=part) for part in parts]
        return tuple(type(self)(self.folder, manifest, self.chart) for manifest in manifests)

    @override
    def scene(self, index: int, rows: int, columns: int, chart: Cylinder) -> Colours:
        entry = self.entries[index]
        try:
            pixels = decode(self.folder / entry.name)
        except Exception as error:  # it was whole when the folder was read
            raise JobError(f"{self.folder / entry.name}: cannot be read any more: {error}") from None
        if pixels.shape != (entry.height, entry.width, 3):
            raise JobError(f"{self.folder / entry.name}: has changed since the folder was read; begin again")
        if pixels.dtype == np.uint8:
            return self.lay_out(entry, pixels, rows, columns, chart)
        return self.lay_out(entry, expose(pixels), rows, columns, chart).astype(np.float16)

    @override
    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        scene = self.scene(index, rows, columns, chart)
        return scene if scene.dtype == np.uint8 else tone_map(scene)

    @abstractmethod
    def lay_out(self, entry: FileEntry, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return a picture as the chart's band of its extent: (rows, columns, 3)."""


class PanoramaFolder(Folder):
    """Full equirectangular panoramas, twice as wide as high."""

    @override
    def extent_rad(self, index: int) -> float:
        return 2 * math.pi

    @override
    def native_rad(self, index: int, chart: Cylinder) -> float:
        return 2 * math.pi / self.entries[index].width

    @override
    def lay_out(self, entry: FileEntry, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return the panorama's rows at the chart's heights."""
        full = cv2.resize(pixels, (columns, max(2, columns // 2)), interpolation=cv2.INTER_AREA)
        elevation = chart.row_elevations_rad(rows)
        position = np.clip((0.5 - elevation / np.pi) * len(full) - 0.5, 0, len(full) - 1)
        above = np.minimum(position.astype(int), len(full) - 2)
        share = (position - above).astype(np.float32)[:, None, None]
        band: Colours = full[above] * (1 - share) + full[above + 1] * share
        return np.round(band).astype(np.uint8) if pixels.dtype == np.uint8 else band


class PhotoFolder(Folder):
    """Ordinary photos, each a window of the circle, for one chart: ``chart_filled`` where none is given.

    Photos that do not fill the chart's band for a square crop are skipped.
    """

    def __init__(self, folder: Path, manifest: Manifest, chart: Cylinder | None = None):
        if chart is not None and chart.vertical_fov_deg == WHOLE_DEG:
            raise JobError(
                f"{folder}: no photo shows both zenith and nadir, which a sphere is learned from; name a folder of "
                "panoramas, or --chart cylinder"
            )
        super().__init__(folder, manifest, chart or chart_filled([lens_of(entry) for entry in manifest.usable]))
        for entry in manifest.usable:
            reason = lens_of(entry).why_unfit(self.chart)
            if reason:
                self.skipped[folder / entry.name] = reason
        self.entries = [entry for entry in self.entries if folder / entry.name not in self.skipped]
        self.describe()

    @override
    def extent_rad(self, index: int) -> float:
        """Return the azimuth in which the photo fills the band from edge to edge."""
        return lens_of(self.entries[index]).extent_rad(self.chart)

    @override
    def fitted(self, chart: Cylinder) -> Source:
        """Return the photos that fill the chart's band for a square crop."""
        return self if chart == self.chart else PhotoFolder(self.folder, self.manifest, chart)

    @override
    def native_rad(self, index: int, chart: Cylinder) -> float:
        """Return the side of a pixel in the middle of the photo."""
        return 1 / lens_of(self.entries[index]).focal_pixels

    @override
    def lay_out(self, entry: FileEntry, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return the photo's part of the band."""
        return lens_of(entry).band(pixels, rows, columns, chart)


def lens_of(entry: FileEntry) -> Lens:
    """Return the camera of a usable photo."""
    if entry.fov_deg is None:
        raise JobError(f"{entry.name}: has no field of view in the manifest; write it anew with `panogen data check`")
    return Lens(entry.width, entry.height, entry.fov_deg)


def chart_filled(lenses: list[Lens]) -> Cylinder:
    """Return the highest central chart, in whole degrees, whose square crops a share ``FILLING`` of the photos fill."""
    for degrees in range(HIGHEST_DEG, 1, -1):
        chart = Cylinder(float(degrees), "central")
        if sum(lens.why_unfit(chart) is None for lens in lenses) >= FILLING * len(lenses):
            return chart
    return Cylinder(1.0, "central")
