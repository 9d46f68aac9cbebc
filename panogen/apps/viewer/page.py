"""A page's side of the server: its connection, and what waits to be sent through it."""

import asyncio
import json
import logging
import threading
from typing import Any

import torch
from starlette.websockets import WebSocket, WebSocketDisconnect

from panogen.apps.viewer.messages import Cancel, Look, Save, packed, parse
from panogen.apps.viewer.painter import Frame, Painter
from panogen.apps.viewer.studio import Outdated, Studio
from panogen.base.errors import JobError, UsageError
from panogen.rendering import Progress

MOST_ERRORS = 1000  # messages that make no sense, after which a page is not listened to any more
GIVEN_UP = 1008  # a websocket's code for a breach of policy


class Page:
    """One page that is open. Only the newest frame waits to be sent: a slow browser sees fewer, and none that is old.

    ``saving`` is held by the page that a file is made for, one at a time.
    """

    def __init__(self, websocket: WebSocket, painter: Painter, studio: Studio, saving: asyncio.Lock):
        self.websocket, self.painter, self.studio, self.saving = websocket, painter, studio, saving
        self._loop = asyncio.get_running_loop()
        self._news, self._sending = asyncio.Event(), asyncio.Lock()
        self._newest: Frame | str | None = None
        self._share_saved: float | None = None
        self._cancelled = threading.Event()
        self._save_task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Listen until the page is closed."""
        sender = asyncio.create_task(self._send_news())
        try:
            await self._listen()
        except WebSocketDisconnect:
            pass
        finally:
            self.studio.leave(self)
            self._cancelled.set()
            sender.cancel()
            tasks = [sender, self._save_task] if self._save_task else [sender]
            await asyncio.gather(*tasks, return_exceptions=True)

    async def say(self, kind: str, **more: Any) -> None:
        """Send a message in JSON."""
        async with self._sending:
            await self.websocket.send_text(json.dumps({"kind": kind, **more}))

    async def _send(self, message: bytes) -> None:
        async with self._sending:
            await self.websocket.send_bytes(message)

    async def _listen(self) -> None:
        for _ in range(MOST_ERRORS):
            try:
                while True:
                    await self._take(parse(await self._text()))
            except UsageError as error:
                await self.say("error", message=str(error))
        await self.websocket.close(GIVEN_UP, "too many messages that make no sense")

    async def _text(self) -> str:
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        text = message.get("text")
        if text is None:
            raise UsageError("a message must be text, got bytes")
        return str(text)

    async def _take(self, wanted: Look | Save | Cancel) -> None:
        if isinstance(wanted, Cancel):
            self._cancelled.set()
            return
        pixels = self.painter.check(wanted)
        if isinstance(wanted, Look):
            self.studio.ask(self, wanted, lambda done: self._loop.call_soon_threadsafe(self._show, done))
        elif self.saving.locked():
            raise UsageError("a picture is being saved already; wait for it, or cancel it")
        else:
            await self.saving.acquire()
            self._cancelled.clear()
            self._save_task = asyncio.create_task(self._save(wanted, pixels))

    async def _save(self, save: Save, pixels: int) -> None:
        try:
            content = await asyncio.to_thread(self.painter.save, save, self._counting(pixels))
        except Outdated:
            await self.say("saved")
        except (UsageError, JobError) as error:
            await self.say("saved", message=str(error))
        except (MemoryError, torch.OutOfMemoryError):
            await self.say("saved", message="out of memory; save a smaller picture")
        except Exception:
            logging.getLogger(__name__).exception("save %s", save)
            await self.say("saved", message="this picture could not be saved; the terminal says why")
        else:
            self._share_saved = None  # the file says that all is done
            await self._send(packed({"kind": "file", "suffix": save.suffix}, content))
        finally:
            self.saving.release()

    def _counting(self, pixels: int) -> Progress:
        # Progress of a save, on its own thread; it ends with the page.
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            if self._cancelled.is_set():
                raise Outdated
            done += more
            self._loop.call_soon_threadsafe(self._tell_share, done / pixels)

        return progress

    def _show(self, done: Frame | str) -> None:
        self._newest = done
        self._news.set()

    def _tell_share(self, share: float) -> None:
        self._share_saved = share
        self._news.set()

    async def _send_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            newest, self._newest = self._newest, None
            share, self._share_saved = self._share_saved, None
            if share is not None:
                await self.say("saving", share=share)
            if isinstance(newest, str):
                await self.say("error", message=newest)
            elif newest is not None:
                await self._send(await asyncio.to_thread(newest.message))
