import re
import sys

import pytest

from panogen.apps.viewer import server
from panogen.places import Seed


@pytest.fixture
def no_waiting(monkeypatch, tmp_path):
    """A server that ends at once, as by Ctrl-C."""
    uvicorn = pytest.importorskip("uvicorn")

    def run(self, sockets):
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(uvicorn.Server, "run", run)


def test_the_address_is_on_stdout_and_ctrl_c_is_a_good_end(panogen, model_folder, no_waiting):
    result = panogen("view", "--model", model_folder, "--port", 0)
    assert result.exit_code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/\n", result.stdout)
    assert result.stderr == "closed\n"
    assert panogen("view", "--model", model_folder, "--port", 0, "--quiet").stderr == ""


def test_a_named_port_keeps_its_token(panogen, model_folder, no_waiting):
    with server.listening(0) as bound:
        port = bound.getsockname()[1]
    first, second = (panogen("view", "--model", model_folder, "--port", port).stdout for _ in range(2))
    assert first == second != ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", 70000), "70000 is not in the range 0<=x<=65535"),
        (("--seed", -1), "seed must be in [0, 4294967295], got -1"),
        (("--model", "nowhere"), "or the folder of a model or a run, got 'nowhere'"),
        (("--device", "tpu"), "got 'tpu'"),
    ],
)
def test_what_makes_no_sense(panogen, model_folder, arguments, message):
    result = panogen("view", *(() if "--model" in arguments else ("--model", model_folder)), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_the_page_opens_with_a_layout(panogen, model_folder, no_waiting, monkeypatch):
    opened = []
    monkeypatch.setattr("panogen.apps.viewer.app.build_app", lambda shown, token, port, *place: opened.append(place))
    for layout in ((), ("--layout", 7)):
        assert panogen("view", "--model", model_folder, "--port", 0, "--seed", 4, *layout).exit_code == 0
    assert opened == [(Seed(4),), (Seed(4, layout=7),)]


def test_a_port_in_use(panogen, model_folder):
    with server.listening(0) as bound:
        port = bound.getsockname()[1]
        result = panogen("view", "--model", model_folder, "--port", port)
    assert result.exit_code == 2
    assert f"port {port} cannot be used" in result.stderr


def test_without_the_extra_it_is_named(panogen, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = panogen("view")
    assert result.exit_code == 2
    assert "pip install 'panogen[web]'" in result.stderr
