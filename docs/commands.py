"""docs/commands.md, made from what every command says of itself with --help.

python docs/commands.py
"""

from collections.abc import Iterator
from pathlib import Path

import click

from panogen.base.files import write_text
from panogen.cli.main import main

PAGE = Path(__file__).with_name("commands.md")
COLUMNS = 100
INTRODUCTION = """# Commands

What each command says with `--help`, made by `python docs/commands.py`.

## Completion

A shell completes commands, options and their choices with the Tab key once a line in its own file says so:

    eval "$(_PANOGEN_COMPLETE=bash_source panogen)"    # ~/.bashrc
    eval "$(_PANOGEN_COMPLETE=zsh_source panogen)"     # ~/.zshrc, after compinit
    _PANOGEN_COMPLETE=fish_source panogen | source     # ~/.config/fish/completions/panogen.fish

## What would be done

`--dry-run` prints JSON: an object with a member for each file or folder that would be made, by the name that was given,
`-` for stdout. Its value is the request with everything resolved; of pictures and films it has their `pixels` and
`fov_deg`, too, of an export its `files`.

## Exit codes

0: done. 1: the job failed. 2: the request makes no sense as given. 129, 130, 143: stopped, by a terminal that is
closed, Ctrl-C or `kill`; `panogen view`, which only ends so, exits 0. 141: what reads the output takes no more.
"""


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Yield the words that call a command and what it says of itself, then those of its subcommands."""
    width = {"max_content_width": COLUMNS, "terminal_width": COLUMNS}
    context = click.Context(command, parent, info_name=name, **command.context_settings, **width)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for subcommand in command.list_commands(context):
            found = command.get_command(context, subcommand)
            assert found is not None
            yield from helps(found, subcommand, context)


def page() -> str:
    """Return docs/commands.md."""
    sections = [f"## {words}\n\n```text\n{said}\n```\n" for words, said in helps(main, "panogen")]
    return "\n".join([INTRODUCTION, *sections])


if __name__ == "__main__":
    write_text(PAGE, page())
