"""The web application: the page's files and a websocket, behind a guard."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from panogen.api import Panogen
from panogen.apps.viewer.guard import Guard
from panogen.apps.viewer.page import Page
from panogen.apps.viewer.painter import Painter
from panogen.apps.viewer.studio import Studio
from panogen.live_page import START, hello, page_files
from panogen.places import Place

MOST_PAGES = 4  # open at a time
TRY_LATER = 1013  # a websocket's code
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
FILES = {
    **{"/" if name == START else f"/{name}": path for name, path in page_files().items()},
    "/source.js": Path(__file__).parent / "source.js",
}


@dataclass
class Viewer:
    """What all pages share: the model, who paints, and what a page is told when it opens."""

    panogen: Panogen
    place: Place
    pages: int = 0
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.painter = Painter(self.panogen, self.place)
        self.studio = Studio(self.painter)

    @contextlib.asynccontextmanager
    async def running(self, app: Starlette) -> AsyncIterator[None]:
        """Paint until the server ends."""
        try:
            yield
        finally:
            await asyncio.to_thread(self.studio.close)

    async def file(self, request: Request) -> FileResponse:
        """Serve one of the page's own files. They are known by name: no path is ever looked up."""
        path = FILES[request.url.path]
        return FileResponse(path, media_type=KINDS[path.suffix])

    async def live(self, websocket: WebSocket) -> None:
        """A page's connection."""
        await websocket.accept()
        page = Page(websocket, self.painter, self.studio, self.saving)
        if self.pages >= MOST_PAGES:
            await page.say("error", message=f"{MOST_PAGES} pages are open already; close one of them")
            await websocket.close(TRY_LATER)
            return
        self.pages += 1
        try:
            await page.say("hello", **hello(self.panogen, self.place, "panogen view"))
            await page.run()
        finally:
            self.pages -= 1


def build_app(panogen: Panogen, token: str, port: int, place: Place) -> ASGIApp:
    """Return the application for a model, which opens with a place, for requests to a port that know the token."""
    viewer = Viewer(panogen, place)
    routes = [Route(path, viewer.file) for path in FILES]
    return Guard(
        Starlette(routes=[*routes, WebSocketRoute("/live", viewer.live)], lifespan=viewer.running), token, port
    )
