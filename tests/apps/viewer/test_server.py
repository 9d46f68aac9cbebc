import socket
import sys
import threading

import pytest

from panogen.apps.viewer.server import MOST_CONNECTIONS, check_installed, listening, serve
from panogen.base.errors import UsageError
from tests.apps.viewer.conftest import hear, say, serving


def test_it_listens_on_this_computer_alone():
    with listening(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_a_port_in_use_is_told():
    with listening(0) as bound:
        port = bound.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} cannot be used: .*; choose another with --port"):
            listening(port)


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UsageError, match=r"pip install 'panogen\[web\]'; panogen render needs none"):
        check_installed()


def test_the_address_is_told_and_leads_to_the_page(model, monkeypatch):
    import uvicorn

    told, ran = [], []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: ran.append(sockets[0].getsockname()[1]))
    serve(model, port=0, tell=told.append)
    assert told[0].startswith(f"http://127.0.0.1:{ran[0]}/") and len(told[0].split("/")[3]) == 32


def test_a_restarted_server_answers_at_the_same_port(model):
    with serving(model) as server, server.open() as page:
        assert hear(page)[0]["kind"] == "hello"
    with serving(model, server.port) as again, again.open() as page:
        assert hear(page)[0]["model"] == "tiny"


def test_too_many_connections_are_refused(model):
    with serving(model) as server:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(MOST_CONNECTIONS)]
        try:
            wait = threading.Event()
            statuses = []
            for _ in range(100):
                statuses.append(server.get("/")[0])
                if statuses[-1] == 503:
                    break
                wait.wait(0.02)
            assert statuses[-1] == 503
        finally:
            for one in idle:
                one.close()


def test_closing_ends_what_is_saved(model):
    before = threading.active_count()
    with serving(model) as server:
        page = server.open()
        with page:
            hear(page)
            say(page, "save", width=8000, height=8000, suffix=".png")
            while hear(page)[0]["kind"] != "saving":
                pass
    assert threading.active_count() == before
