import contextlib
import json
import time

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from panogen.apps.viewer.app import MOST_PAGES
from panogen.apps.viewer.messages import LARGEST_MESSAGE
from panogen.apps.viewer.page import MOST_ERRORS
from panogen.apps.viewer.painter import Painter
from panogen.base.version import __version__
from panogen.grids.view import View
from panogen.places import Seed
from tests.apps.viewer.conftest import LOOK, hear, say, serving


def frames_until(page, number, level):
    """Headers of the frames up to one."""
    headers = []
    while not headers or (headers[-1]["number"], headers[-1]["level"]) != (number, level):
        header, content = hear(page)
        if header["kind"] == "frame":
            assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) is not None
        headers.append(header)
    return headers


def test_a_look_is_answered_from_coarse_to_full(page):
    say(page)
    headers = frames_until(page, 1, 2)
    assert [header["level"] for header in headers] == sorted(header["level"] for header in headers)
    assert headers[-1]["samples"] == 64 * 36


def test_answers_never_go_back(page):
    for number in range(1, 60):
        say(page, number=number, yaw_deg=number)
        time.sleep(0.004)
    order = [(header["number"], header["level"]) for header in frames_until(page, 59, 2)]
    assert order == sorted(set(order))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "a message must be JSON"),
        (b"\0\1", "a message must be text, got bytes"),
        (json.dumps({"kind": "look", **LOOK, "yaw_deg": float("nan")}), "yaw_deg must be a number"),
        (json.dumps({"kind": "look", **LOOK, "width": 65500, "height": 65500}), "a picture here may have at most"),
        (json.dumps({"kind": "save", **LOOK, "width": 9000, "height": 9000, "suffix": ".png"}), "panogen render makes"),
    ],
)
def test_a_wrong_message_has_one_error_and_the_page_goes_on(page, message, reason):
    page.send(message)
    header, _ = hear(page)
    assert header["kind"] == "error" and reason in header["message"] and "Traceback" not in header["message"]
    say(page, number=2)
    assert {one["kind"] for one in frames_until(page, 2, 2)} == {"frame"}


def test_a_message_that_is_too_large_ends_the_connection_cleanly(page):
    page.send(" " * (LARGEST_MESSAGE + 1))
    with pytest.raises(ConnectionClosed) as closed:
        page.recv(timeout=10)
    assert closed.value.rcvd.code == 1009


def test_who_never_makes_sense_is_not_listened_to(page):
    with pytest.raises(ConnectionClosed) as closed:
        for _ in range(MOST_ERRORS + 1):
            page.send("?")
            assert hear(page)[0]["kind"] == "error"
    assert closed.value.rcvd.code == 1008


def test_a_flood_is_answered_with_the_newest(page):
    for number in range(1, 2000):
        say(page, number=number, yaw_deg=number / 20)
    headers = frames_until(page, 1999, 2)
    assert len(headers) < 500


def test_a_page_is_told_what_it_opens_with(model, monkeypatch):
    with serving(model, place=Seed(4, layout=7)) as server:
        with server.open() as page:
            told, _ = hear(page)
        assert told == {
            "kind": "hello", "title": "panogen view", "credit": f"made with panogen {__version__}, model tiny",
            "model": "tiny", "seed": 4, "layout": 7, "place": None, "has_layouts": False, "closed": True,
            "vertical_fov_deg": 90.0,
        }  # fmt: skip
        monkeypatch.setattr(type(model.model.generator), "knows_layouts", True)
        with server.open() as page:
            assert hear(page)[0]["has_layouts"] is True


def test_only_some_pages_may_be_open(model):
    with serving(model) as server, contextlib.ExitStack() as closing:
        pages = [closing.enter_context(server.open()) for _ in range(MOST_PAGES)]
        assert [hear(one)[0]["kind"] for one in pages] == ["hello"] * MOST_PAGES
        with server.open() as late:
            assert "4 pages are open already" in hear(late)[0]["message"]
            with pytest.raises(ConnectionClosed) as closed:
                late.recv(timeout=10)
            assert closed.value.rcvd.code == 1013
        pages.pop().close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with server.open() as again:
                if hear(again)[0]["kind"] == "hello":
                    break
        else:
            raise AssertionError("no room after a page was closed")


def saved(page):
    """The header and the content that end a save, and the shares that were told before."""
    shares = []
    while True:
        header, content = hear(page)
        if header["kind"] == "saving":
            shares.append(header["share"])
        elif header["kind"] in ("file", "saved", "error"):
            return header, content, shares


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_view_is_saved_at_any_size(page, model, suffix):
    say(page, "save", width=400, height=300, yaw_deg=180, suffix=suffix)
    header, content, shares = saved(page)
    assert (header, shares[-1]) == ({"kind": "file", "suffix": suffix}, 1.0)
    assert shares == sorted(shares)
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    expected = model.render(4, View(width=400, height=300, projection="perspective", yaw_deg=180, fov_deg=90))
    assert np.abs(picture.astype(int) - expected).mean() < 4


def test_a_save_is_alone_and_can_be_cancelled(page):
    say(page, "save", width=6000, height=6000, suffix=".png")
    say(page, "save", width=64, height=64, suffix=".png")
    assert saved(page)[0] == {
        "kind": "error",
        "message": "a picture is being saved already; wait for it, or cancel it",
    }
    say(page, "cancel")
    assert saved(page)[:2] == ({"kind": "saved"}, None)
    say(page, "save", width=64, height=64, suffix=".png")
    assert saved(page)[0]["kind"] == "file"


def test_a_save_that_goes_wrong_ends_and_the_terminal_says_why(page, monkeypatch, caplog):
    def fail(painter, save, progress):
        raise OSError("no room for temporary files")

    with monkeypatch.context() as patch:
        patch.setattr(Painter, "save", fail)
        say(page, "save", width=64, height=64, suffix=".png")
        assert saved(page)[0] == {
            "kind": "saved",
            "message": "this picture could not be saved; the terminal says why",
        }
    assert "no room for temporary files" in caplog.text
    say(page, "save", width=64, height=64, suffix=".png")
    assert saved(page)[0]["kind"] == "file"


def test_a_page_that_goes_leaves_its_save_unfinished(server):
    with server.open() as page:
        say(page, "save", width=8000, height=8000, suffix=".png")
        while hear(page)[0]["kind"] != "saving":
            pass
    with server.open() as page:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            say(page, "save", width=64, height=64, suffix=".png")
            if saved(page)[0]["kind"] == "file":
                return
    raise AssertionError("the first save goes on")
