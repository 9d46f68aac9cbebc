"""Folders of pictures as sources: panoramas and photos, each placed on the cylinder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Colours, Pixels
from panogen.base.errors import JobError
from panogen.data.lens import Lens
from panogen.data.manifest import Manifest
from panogen.data.picture import FileEntry, pixels_of
from panogen.data.placement import Placement
from panogen.data.scan import alike
from panogen.data.source import Source, digest, fine
from panogen.decoding import SUFFIXES, Part
from panogen.decoding.tone import expose, tone_map
from panogen.geometry import Cylinder

CHART = Cylinder(90.0)  # that panoramas are trained on by default
WHOLE_DEG = 180  # of a chart of the whole sphere
HIGHEST_DEG = 120  # of a chart that photos are trained on by default
FILLING = 0.9  # share of the pictures that fill the default chart


class Folder(Source):
    """The usable pictures of a folder, in the order of their names, for a chart: a default one where none is given.

    They fill the chart's band for a square crop, but for what is within ``nadir_deg`` of the nadir. ``skipped`` says
    why each of the others is not used. Raises JobError where none is usable.
    """

    licence = "as of the folder's pictures"

    def __init__(self, folder: Path, manifest: Manifest, chart: Cylinder | None = None, nadir_deg: float = 0.0):
        self.folder, self.manifest, self.nadir_deg = folder, manifest, nadir_deg
        self.skipped = {entry.name: entry.reason or "" for entry in manifest.skipped}
        self._require(manifest.usable)
        placed = [(entry, placement_of(entry)) for entry in manifest.usable]
        placements = [placement for _, placement in placed]
        self.chart = chart or default_chart(placements, manifest.kind)
        if self.chart.vertical_fov_deg == WHOLE_DEG and all(isinstance(one, Lens) for one in placements):
            raise JobError(
                f"{folder}: no photo shows both zenith and nadir, which a sphere is learned from; name a folder of "
                "panoramas, or --chart cylinder"
            )
        unfit = {entry.name: placement.why_unfit(self.chart, nadir_deg) for entry, placement in placed}
        self.skipped |= {name: reason for name, reason in unfit.items() if reason}
        self.entries = [entry for entry in manifest.usable if not unfit[entry.name]]
        self.placements = [placement for entry, placement in placed if not unfit[entry.name]]
        self._require(self.entries)
        known = f" (taken for {manifest.kind} by their shapes)" if manifest.judged else ""
        kind = manifest.kind.removesuffix("s") if len(self) == 1 else manifest.kind
        self.description = f"{len(self)} {kind} of the folder {folder.absolute().name}{known}"

    def _require(self, entries: Sequence[FileEntry]) -> None:
        """Raise JobError where no picture is left."""
        if not entries:
            count, below = len(self.manifest.entries), self.manifest.elsewhere
            what, way_out = f"no file is called like a picture ({', '.join(SUFFIXES)})", "name another folder"
            if count:
                reasons = "; ".join(f"{name}: {reason}" for name, reason in list(self.skipped.items())[:3])
                what = f"none of its {count} pictures is usable for {self.manifest.kind} ({reasons})"
                way_out = "`panogen data check` tells more"
            if below:
                way_out = f"--recursive takes the {below} in its subfolders, too"
            raise JobError(f"{self.folder}: {what}; {way_out}")

    def __len__(self) -> int:
        return len(self.entries)

    @override
    def fingerprint(self) -> str:
        """Return the SHA-256 of names, sizes and places of all usable pictures, whatever their dates."""
        return digest([self.manifest.kind, *map(identity, self.manifest.usable)])

    @override
    def halves(self) -> tuple[Source, ...]:
        return tuple(self._only(part) for part in (self.entries[::2], self.entries[1::2]) if part)

    @override
    def of_detail(self, rows: float) -> Source:
        native = np.array([placement.native_rad(self.chart) for placement in self.placements])
        return self._only([self.entries[index] for index in fine(native, self.chart.side / rows)])

    def _only(self, entries: Sequence[FileEntry]) -> "Folder":
        return Folder(self.folder, replace(self.manifest, entries=tuple(entries)), self.chart, self.nadir_deg)

    @override
    def extent_rad(self, index: int) -> float:
        return self.placements[index].extent_rad(self.chart)

    @override
    def fitted(self, chart: Cylinder, nadir_deg: float | None = None) -> Source:
        """Return the pictures that fill the chart's band for a square crop."""
        nadir_deg = self.nadir_deg if nadir_deg is None else nadir_deg
        if (chart, nadir_deg) == (self.chart, self.nadir_deg):
            return self
        return Folder(self.folder, self.manifest, chart, nadir_deg)

    @override
    def native_rad(self, index: int, chart: Cylinder) -> float:
        return self.placements[index].native_rad(chart)

    @override
    def scene(self, index: int, rows: int, columns: int, chart: Cylinder) -> Colours:
        entry, placement = self.entries[index], self.placements[index]
        path = self.folder / entry.name
        try:
            pixels = pixels_of(self.folder, entry)
        except Exception as error:  # it was whole when the folder was read
            raise JobError(f"{path}: cannot be read any more: {error}") from None
        if pixels.shape != (*entry.area[::-1], 3):
            raise JobError(f"{path}: has changed since the folder was read; begin again")
        if pixels.dtype == np.uint8:
            return placement.band(pixels, rows, columns, chart)
        return placement.band(expose(pixels), rows, columns, chart).astype(np.float16)

    @override
    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        scene = self.scene(index, rows, columns, chart)
        return scene if scene.dtype == np.uint8 else tone_map(scene)


def placement_of(entry: FileEntry) -> Placement:
    """Return where a usable picture lies. Raises JobError."""
    try:
        return entry.placement
    except ValueError as error:
        raise JobError(f"{entry.name}: {error}") from None


def identity(entry: FileEntry) -> tuple[object, ...]:
    """Return by what it is noticed that a picture is another. Whole panoramas and photos are as they always were."""
    own = alike(entry.name), entry.bytes, entry.width, entry.height, entry.fov_deg
    usual = entry.part in (None, Part.whole(entry.width, entry.height)) and not (
        entry.sweep or entry.margins or entry.cube
    )
    return own if usual else (*own, entry.part, entry.sweep, entry.margins, entry.cube)


def default_chart(placements: Sequence[Placement], kind: str) -> Cylinder:
    """Return the usual chart of panoramas, or the highest, in whole degrees, whose square crops a share ``FILLING`` of
    the pictures fill: of photos a central one."""
    charts = [Cylinder(float(degrees), "central") for degrees in range(HIGHEST_DEG, 0, -1)]
    if kind == "panoramas":
        charts = [CHART, *(Cylinder(float(degrees)) for degrees in range(int(CHART.vertical_fov_deg) - 1, 0, -1))]
    for chart in charts:
        if sum(placement.why_unfit(chart) is None for placement in placements) >= FILLING * len(placements):
            return chart
    return charts[-1]
