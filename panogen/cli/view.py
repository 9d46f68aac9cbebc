"""panogen view: a live page to look around in."""

import click

from panogen.apps.viewer import DEFAULT_PORT, check_installed, serve
from panogen.cli.options import device_option, load, model_option, place_options, quiet_option
from panogen.cli.talk import answer, tell
from panogen.places import Place


@click.command()
@place_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Where the page is on this computer; 0 for any free port.",
)
@model_option
@device_option
@quiet_option
def view(place: Place, port: int, model: str, device: str, quiet: bool) -> None:
    """Serve a page to look around a place in, on this computer alone, until Ctrl-C.

    Open the address that it prints. It has a secret in it: whoever knows it and is on this computer may look, too.
    """
    check_installed()
    shown = load(model, device)
    try:
        serve(shown, place, port, answer)
    except KeyboardInterrupt:
        if not quiet:
            tell("closed")
