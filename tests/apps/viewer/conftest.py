"""A server of a small model on a thread, and those who talk to it."""

import contextlib
import http.client
import json
import socket
import struct
import threading
from dataclasses import dataclass

import pytest
from websockets.sync.client import connect

from panogen.api import Panogen
from panogen.apps.viewer.server import HOST, address, listening, server_of
from panogen.geometry import Cylinder
from panogen.places import Seed
from panogen.weights.checkpoint import Model
from tests.conftest import tiny_generator

TOKEN = "t" * 32
LOOK = {
    "number": 1, "width": 64, "height": 36, "seed": 4, "other": 9, "share": 0.0, "truncation": 1.0,
    "projection": "perspective", "yaw_deg": 0.0, "pitch_deg": 0.0, "fov_deg": 90.0, "gaze_x": 0.5, "gaze_y": 0.5,
    "foveated": True, "heat": False,
}  # fmt: skip


@dataclass
class Served:
    """A server that runs, and how to talk to it."""

    port: int

    @property
    def address(self):
        return address(self.port, TOKEN)

    def get(self, path, **headers):
        """Status, headers and body of an answer; ``path`` is taken as it is."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": f"{HOST}:{self.port}", **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def open(self, token=TOKEN, host=None, origin=None, **settings):
        """A websocket like a page's."""
        host = host or f"{HOST}:{self.port}"
        origin = f"http://{host}" if origin is None else origin or None
        plain = socket.create_connection((HOST, self.port))
        return connect(f"ws://{host}/{token}/live", sock=plain, origin=origin, proxy=None, max_size=None, **settings)


@contextlib.contextmanager
def serving(panogen, port=0, place=Seed(4)):  # noqa: B008
    with listening(port) as bound:
        server = server_of(panogen, bound.getsockname()[1], TOKEN, place)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield Served(bound.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def model():
    return Panogen(Model(tiny_generator(), Cylinder(), {"licence": "MIT"}), "tiny")


@pytest.fixture(scope="session")
def server(model):
    with serving(model) as served:
        yield served


@pytest.fixture
def page(server):
    """A websocket that was said hello to."""
    with server.open() as socket:
        assert json.loads(socket.recv(timeout=10))["kind"] == "hello"
        yield socket


def say(page, kind="look", **more):
    page.send(json.dumps({"kind": kind, **(LOOK if kind != "cancel" else {}), **more}))


def unpacked(message):
    """The header and the content of a binary message."""
    (length,) = struct.unpack_from(">I", message)
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def hear(page):
    """The next message: a header and its content, or what the text says and None."""
    message = page.recv(timeout=10)
    return unpacked(message) if isinstance(message, bytes) else (json.loads(message), None)
