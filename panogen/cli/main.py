"""The panogen command: its subcommands, and how an error becomes one sentence and an exit code."""

import sys
from typing import Any

import click
import torch

from panogen.cli.blend import blend
from panogen.cli.data import data
from panogen.cli.edit import edit
from panogen.cli.export import export
from panogen.cli.foveate import foveate
from panogen.cli.invert import invert
from panogen.cli.latents import group as latents
from panogen.cli.models import models
from panogen.cli.render import render
from panogen.cli.train import train
from panogen.cli.view import view
from panogen.cli.walk import walk
from panogen.errors import JobError, UsageError
from panogen.version import __version__

INTERRUPTED = 130


class Commands(click.Group):
    """Turns the project's errors into click's: bad usage exits 2, a failed job 1, neither shows a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error)) from None
        except JobError as error:
            raise click.ClickException(str(error)) from None
        except (MemoryError, torch.OutOfMemoryError):
            raise click.ClickException("out of memory; ask for a smaller picture, model or batch") from None
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Seamless 360-degree pictures from a network that computes every pixel on its own."""


for command in (render, blend, walk, foveate, view, export, edit, invert, latents, train, models, data):
    main.add_command(command)
