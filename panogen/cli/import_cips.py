"""panogen import-cips: a model from the CIPS authors' checkpoint."""

from pathlib import Path

import click

from panogen.base.errors import JobError, UsageError
from panogen.cli.options import quiet_option


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@quiet_option
def import_cips(checkpoint: Path, folder: Path, quiet: bool) -> None:
    """Read CHECKPOINT, the CIPS authors' CIPSskip or CIPSres (g_ema.pt), into DIR, a new model folder.

    Nothing in the file is executed. Then: panogen render --model DIR --seed 4 --width 256 out.png
    """
    from panogen.weights.checkpoint import save_model
    from panogen.weights.cips import card_of, read_official, table_of

    if folder.exists() or folder.is_symlink():
        raise UsageError(f"folder must be new, got {str(folder)!r}, which is there; name another")
    if not folder.absolute().parent.is_dir():
        raise UsageError(f"folder {str(folder.parent)!r} does not exist; create it first")
    model = read_official(checkpoint)
    try:
        save_model(model, folder, card_of(model, folder.name))
    except OSError as error:
        raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
    if not quiet:
        size = table_of(model.generator.config).columns
        click.echo(
            f"{folder}: {model.about['network']} of {size} x {size} pixels; show it with "
            f"panogen render --model {folder} --seed 4 --width {size} out.png",
            err=True,
        )
