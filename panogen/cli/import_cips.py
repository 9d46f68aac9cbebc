"""panogen import-cips: a model from the CIPS authors' checkpoint."""

from dataclasses import replace
from pathlib import Path

import click

from panogen.base.errors import writing
from panogen.base.folder import check_new
from panogen.cli.options import INPUT, PATH, quiet_option
from panogen.cli.talk import command_line, tell


@click.command()
@click.argument("checkpoint", type=INPUT)
@click.argument("folder", metavar="DIR", type=PATH)
@quiet_option
def import_cips(checkpoint: Path, folder: Path, quiet: bool) -> None:
    """Read CHECKPOINT, the CIPS authors' CIPSskip or CIPSres (g_ema.pt), into DIR, a new model folder.

    Nothing in the file is executed. Then: panogen render --model DIR --seed 4 --width 256 out.png
    """
    from panogen.weights.checkpoint import save_model
    from panogen.weights.cips import card_of, read_official, table_of

    check_new(folder)
    model = read_official(checkpoint)
    with writing(folder):
        save_model(replace(model, card=card_of(model, folder.name)), folder)
    if not quiet:
        size = table_of(model.generator.config).columns
        shown = command_line("render", "--model", folder, "--seed", 4, "--width", size, "out.png")
        tell(f"{folder}: {model.about['network']} of {size} x {size} pixels; show it with {shown}")
