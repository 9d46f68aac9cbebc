"""What a run is to be: a recipe that suits the pictures, and the model that it begins with, if any."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from panogen.base.errors import UsageError
from panogen.data import Reading, Source
from panogen.data.scan import AS_IT_LOOKS
from panogen.data.source import ROUNDING
from panogen.networks import OctavesConfig, TableConfig
from panogen.run.folder import RunConfig, discriminator_of, found_again
from panogen.training import Stage, TrainConfig
from panogen.training.changes import changed, spoken
from panogen.training.state import knows_half_only, names_of_discriminator
from panogen.weights.checkpoint import load_model, start_names
from panogen.weights.shipped import model_folder

NO_RAMPUP = 1e6
NOTHING: Mapping[str, Any] = MappingProxyType({})


def run_config(
    data: str,
    source: Source,
    base: TrainConfig,
    changes: Mapping[str, Any] = NOTHING,
    *,
    reading: Reading = AS_IT_LOOKS,
    start: str | None = None,
    mean_with: str | None = None,
) -> RunConfig:
    """Return the run of a recipe, with ``changes`` (see ``training.changes``), on ``data``, of which ``source`` is what
    ``open_source(data, reading)`` gave.

    ``base`` is a recipe for pictures of any detail: the chart is the pictures' own, and views are as fine as the
    pictures at the most, unless ``changes`` ask otherwise. ``start`` is a model or a run to begin with, whose shapes
    and chart the run has, and ``mean_with`` another one of these: the generator begins as the mean of both. Raises
    UsageError for what makes no sense, or would change nothing; JobError for a model that cannot be read.
    """
    start = start and found_again(start)  # a folder, though a shipped model may be called so, too
    mean_with = mean_with and found_again(mean_with)
    if mean_with is not None and start is None:
        raise UsageError(f"mean_with is for the model that a run begins with, which is missing, got {mean_with!r}")
    try:
        base = replace(base, chart=source.chart) if start is None else begun_with(start, mean_with, base, changes)
        config = changed(base, changes)
    except ValueError as error:
        raise UsageError(str(error)) from None
    config = within_detail(config, changes, source)
    if start is None and "generator.octaves.count" not in changes:
        count = OctavesConfig.reaching(config.chart.band.side / config.stages[-1].resolution)
        config = replace(config, generator=config.generator.with_encoding(OctavesConfig, count=count))
    require_use(config, changes, start)
    if config.feature_weight > 0:
        from panogen.networks.discriminators.features import weights_path

        weights_path()  # is there, or nothing begins
    kind, photo_fov_deg = reading.kind, reading.photo_fov_deg
    return RunConfig(found_again(data), config, kind, photo_fov_deg, start, reading.recursive, reading.level, mean_with)


def begun_with(start: str, mean_with: str | None, base: TrainConfig, changes: Mapping[str, Any]) -> TrainConfig:
    """Return a recipe with the shapes and the chart of the model, or run, that it is to begin with.

    Raises UsageError for one that is not of panoramas or has no mean with the other, and for changes of what it has.
    """
    discriminator = discriminator_of(Path(start))
    for field in changes:
        if field.startswith(("generator.", "chart.")):
            raise UsageError(f"{spoken(field)} cannot change the model that the run begins with; leave it out")
        if discriminator is not None and field.startswith("discriminator."):
            raise UsageError(f"{spoken(field)} cannot change the discriminator that the run begins with; leave it out")
    model = load_model(model_folder(start))
    if mean_with is not None:
        model = model.mean_with(load_model(model_folder(mean_with)))
    if not model.chart.closed:
        raise UsageError(
            f"a run begins with a model of panoramas, got {start!r}, which knows {model.chart.extent} ahead"
        )
    return replace(
        base,
        generator=model.generator.config,
        discriminator=discriminator or base.discriminator,
        chart=model.chart,
        ema_rampup=NO_RAMPUP,  # the average goes on from the model's, instead of forgetting it within the first steps
    )


def within_detail(config: TrainConfig, chosen: Mapping[str, Any], source: Source) -> TrainConfig:
    """Return a recipe whose views are no finer than the pictures: finer stages have as many rows as the finest picture,
    and views as many pixels at the most. Raises UsageError where what was ``chosen`` asks for more.
    """
    band, last = config.chart.band, config.stages[-1].resolution
    rows = source.fitted(band, config.nadir_deg).native_rows(band) * (1 + ROUNDING)
    if last <= rows:
        return config
    native = int(rows)
    if "stages" in chosen:
        raise UsageError(
            f"stages must be no finer than the pictures, whose band has {native} rows at the most, got {last}; give "
            "finer pictures, or fewer rows"
        )
    images: dict[int, int] = {}
    for stage in config.stages:
        resolution = min(stage.resolution, 2 ** (native.bit_length() - 1))
        images[resolution] = images.get(resolution, 0) + stage.images
    try:
        stages = tuple(Stage(*stage) for stage in images.items())
        patch = config.patch if "patch" in chosen else min(config.patch, stages[0].resolution)
        return replace(config, stages=stages, patch=patch)
    except ValueError as error:
        raise UsageError(f"the pictures' band has {native} rows at the most: {error}") from None


def require_use(config: TrainConfig, changes: Mapping[str, Any], start: str | None) -> None:
    """Raise UsageError for a change of a recipe that would change nothing, and for a low-pass that finds no embedding
    of a model to begin with."""
    augmented, whole = (
        (config.ada_target > 0, "ada_target above 0"),
        (config.global_weight > 0, "global_weight above 0"),
    )
    used = {
        "augmentations": augmented,
        "ada_images": augmented,
        "global_rows": whole,
        "whole_share": (config.views == "multiscale", "views multiscale"),
        "patch": (config.views != "crops", "views other than crops"),
    }
    for field, (is_used, needed) in used.items():
        if field in changes and not is_used:
            raise UsageError(f"{field} is of no use without {needed}; add that, or leave it out")
    if config.start_smoothing > 0:
        smoothed = f"got {config.start_smoothing:g}; leave it out"
        if start is None:
            raise UsageError(f"start_smoothing is for the model that a run begins with, which is missing, {smoothed}")
        if config.generator.encoding(TableConfig) is None:
            raise UsageError(f"start_smoothing is for an embedding, which {start!r} does not have, {smoothed}")


def begins_anew(config: RunConfig) -> str | None:
    """Say what of the discriminator of views begins anew, though the run begins with a model; None where that brings
    all of it. Raises JobError."""
    if config.start is None:
        return None
    known, pixels = start_names(config.start), config.train.view_pixels(0)
    own = names_of_discriminator(config.train, pixels)
    if own <= known:
        return None
    if not own & known:
        return "has no discriminator, which begins anew"
    faded = knows_half_only(config.train, known, pixels) and config.train.fade_images > 0
    more = f" and are blended in over {config.train.fade_images} images" if faded else ""
    return f"its discriminator has not seen views of {pixels} pixels, so its first layers begin anew{more}"
