"""panogen models: what is shipped."""

from pathlib import Path

import click

from panogen.base.arrays import Pixels
from panogen.base.errors import writing
from panogen.base.sheet import contact_sheet, sheet_shape
from panogen.base.tensors import read_json
from panogen.cli.options import PATH, progress_bar, quiet_option
from panogen.cli.talk import answer
from panogen.pictures.formats import check_writable, format_for, save_picture
from panogen.weights.shipped import shipped_models

PLACES, WIDTH = 4, 512  # of each model on a sheet, and the pixels of each


@click.command()
@click.option("--sheet", metavar="OUT", type=PATH, help="Show seeds 0 to 3 of each, a row each, in a picture.")
@quiet_option
def models(sheet: Path | None, quiet: bool) -> None:
    """List the shipped models: name, size, licence and what they were trained on."""
    if sheet is not None:
        check_writable(sheet)
        format_for(sheet, sheet_shape((WIDTH // 4, WIDTH), PLACES * len(shipped_models()), PLACES))
        _show(sheet, quiet)
    for name, folder in shipped_models().items():
        about = read_json(folder / "config.json").get("about", {})
        megabytes = (folder / "model.safetensors").stat().st_size / 1e6
        answer(
            f"{name}\t{megabytes:.1f} MB\t{about.get('licence', 'licence not stated')}\t"
            f"{about.get('images', 0):,} views of {about.get('trained_on', 'data not stated')} "
            f"({about.get('data_licence', 'licence not stated')})"
        )


def _show(sheet: Path, quiet: bool) -> None:
    """Write a contact sheet of the 90 degrees around the horizon of some places of each model."""
    from panogen.api import load

    pictures = []
    with progress_bar(quiet, iterable=shipped_models(), unit=" models") as names:
        for shown in map(load, names):
            pictures += [shown.render(seed, width=WIDTH) for seed in range(PLACES)]
    with writing(sheet):
        save_picture(sheet, contact_sheet([_around_the_horizon(picture) for picture in pictures], PLACES))


def _around_the_horizon(picture: Pixels) -> Pixels:
    """Return the middle rows of a panorama, as many as 90 degrees have."""
    rows = picture.shape[1] // 4
    top = (len(picture) - rows) // 2
    return picture[top : top + rows]
