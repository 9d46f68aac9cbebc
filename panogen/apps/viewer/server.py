"""The server: a socket on this computer alone, and an address with a secret in it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from panogen.apps.viewer.token import new_token, token_for
from panogen.base.errors import UsageError
from panogen.base.extras import require
from panogen.base.runtime import keep_large_buffers, torch_threads
from panogen.base.signals import Stopped, handled
from panogen.places import as_place

if TYPE_CHECKING:
    import uvicorn

    from panogen.api import Panogen
    from panogen.places import Place

HOST = "127.0.0.1"
DEFAULT_PORT = 8360
MOST_CONNECTIONS = 32
CLOSING_S = 1  # that pages are given when the server ends


def check_installed() -> None:
    """Raise UsageError where the extra is not installed."""
    require("web", "the live page needs a web server", "; panogen render needs none")


def listening(port: int) -> socket.socket:
    """Open a socket that listens on this computer alone; port 0 is any that is free. Raises UsageError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # where two that reuse an address both listen to it
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen(MOST_CONNECTIONS)
    except OSError as error:
        bound.close()
        raise UsageError(f"port {port} cannot be used: {error.strerror or error}; choose another with --port") from None
    return bound


def server_of(panogen: Panogen, port: int, token: str, place: Place) -> uvicorn.Server:
    """Return the server of a model's page, to be run with a socket that listens to a port. Raises UsageError."""
    check_installed()
    import uvicorn

    from panogen.apps.viewer.app import build_app
    from panogen.apps.viewer.messages import LARGEST_MESSAGE

    config = uvicorn.Config(
        build_app(panogen, token, port, place),
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=CLOSING_S,
        log_level="warning",
        access_log=False,  # addresses have the token in them
        server_header=False,
    )
    return uvicorn.Server(config)


def serve(
    panogen: Panogen,
    place: Place | int = 0,
    port: int = DEFAULT_PORT,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve a model's live page, which opens with a place, until a signal asks to stop; ``tell`` its address.

    Raises UsageError; ``Stopped`` at the end.
    """
    check_installed()
    place = as_place(place)
    panogen.field(place)  # refuses one that is none of the model's
    keep_large_buffers()
    with listening(port) as bound, torch_threads(1):  # the renderer has threads of its own
        chosen = bound.getsockname()[1]
        token = token_for(port) if port else new_token()
        server = server_of(panogen, chosen, token, place)

        def ask(number: int, frame: Any) -> None:
            # The server has handlers of its own for some signals, and hands those on when it has ended.
            if server.should_exit:
                raise Stopped(number)
            server.handle_exit(number, frame)

        with handled(ask):
            tell(address(chosen, token))
            server.run(sockets=[bound])


def address(port: int, token: str) -> str:
    """Return the page's address."""
    return f"http://{HOST}:{port}/{token}/"
