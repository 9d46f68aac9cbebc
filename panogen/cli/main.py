"""The panogen command: its subcommands, and how an error becomes one sentence and an exit code.

A subcommand is imported when it is called, and torch, which takes a second, when it begins to work: not for --help.
"""

import sys
from importlib import import_module
from typing import Any

import click

from panogen.base.errors import JobError, UsageError
from panogen.base.names import printable
from panogen.base.signals import exit_code, handled, stop
from panogen.base.version import __version__
from panogen.cli.talk import closing, drop_stdout, open_streams, spoken, tell

# Each is a file here and the function of that name in it, with _ for -.
COMMANDS = {
    "render": "Render a place, or several.",
    "blend": "Render several places in one picture.",
    "walk": "Film a walk from place to place.",
    "export": "Write tiles and a page for viewers of the web.",
    "foveate": "Render a place for an eye that looks at one spot of it.",
    "view": "Look around in a live page on this computer.",
    "edit": "Render a place changed along one of the model's own directions.",
    "invert": "Find a latent with which the model shows a photo.",
    "latents": "List and average latents in files.",
    "train": "Train a model on panoramas or photos.",
    "evaluate": "Measure a model, or panoramas in a folder.",
    "models": "List the shipped models.",
    "keep": "Write the model of a run into a folder of its own.",
    "import-cips": "Read a checkpoint of the CIPS authors'.",
    "data": "Check or show what a model would be trained on.",
}


class Commands(click.Group):
    """Imports a subcommand when it is called, and turns the project's errors into click's: bad usage exits 2, a failed
    job 1, neither shows a traceback. What asks the process to stop does what Ctrl-C does."""

    def main(self, *arguments: Any, **extra: Any) -> Any:
        """Run the command line."""
        open_streams()
        try:
            with handled(stop):
                return super().main(*arguments, **extra)
        except OSError as error:  # of what click itself writes to stdout, as for --help
            if error.filename is not None:
                raise
            drop_stdout()
            tell(f"Error: stdout cannot be written: {error.strerror or error}")
            sys.exit(1)

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Read the command line, and answer --help and --version."""
        with closing():
            return super().make_context(*arguments, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand by its name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"panogen.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand."""
        try:
            with closing():
                return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(self.in_options(ctx, sentence(error))) from None
        except JobError as error:
            raise click.ClickException(self.in_options(ctx, sentence(error))) from None
        except KeyboardInterrupt as interruption:
            tell("interrupted")
            sys.exit(exit_code(interruption))
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise click.ClickException("out of memory; ask for a smaller picture, model or batch") from None

    def in_options(self, ctx: click.Context, text: str) -> str:
        """Return an error with the names of options, ``--yaw``, for those of values in Python, as in ``yaw_deg``."""
        command = self.get_command(ctx, ctx.invoked_subcommand or "")
        commands = command.commands.values() if isinstance(command, click.Group) else [command] if command else []
        options = {str(one.name).removesuffix("_deg"): one.opts[0] for each in commands for one in each.params}
        return " ".join(
            options.get(word.removesuffix("_deg"), word) if "_" in word else word for word in text.split(" ")
        )


def sentence(error: Exception) -> str:
    """Return what an error says, as it is shown."""
    return spoken(printable(str(error)), "stderr")


def out_of_memory(error: Exception) -> bool:
    """Whether memory has run out: this computer's, or, where torch has been imported, a GPU's."""
    torch = sys.modules.get("torch")
    return isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Seamless 360-degree pictures from a network that computes every pixel on its own."""
