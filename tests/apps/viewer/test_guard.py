import http.client
import json

import pytest
from websockets.exceptions import InvalidStatus

from panogen.apps.viewer.app import FILES
from panogen.apps.viewer.guard import CONTENT_POLICY, Guard
from panogen.apps.viewer.server import HOST
from tests.apps.viewer.conftest import TOKEN


@pytest.mark.parametrize("path", [path.removeprefix("/") for path in FILES])
def test_files_of_the_page_come_with_a_strict_policy(server, path):
    status, headers, body = server.get(f"/{TOKEN}/{path}")
    assert status == 200 and len(body) > 500
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY and CONTENT_POLICY.startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/page.js",
        f"/{TOKEN}",
        f"/{TOKEN[:-1]}/",
        f"/{TOKEN}x/",
        "//page.js",
        f"/{TOKEN.upper()}/",
        "/%74/",
        "/%C3%BC/",
    ],
)
def test_without_the_token_nothing_is_told(server, path):
    status, headers, body = server.get(path or "/")
    assert status == 403
    assert body == b"the address lacks the token of this server; open the one that panogen view printed\n"
    assert headers["content-security-policy"] == CONTENT_POLICY


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_other_hosts_are_refused(server, host):
    status, _, body = server.get(f"/{TOKEN}/", Host=host.format(port=server.port))
    assert status == 403 and b"with its host and port" in body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_this_computer_has_two_names(server, host):
    assert server.get(f"/{TOKEN}/", Host=host.format(port=server.port))[0] == 200


def test_two_hosts_are_none():
    def refusal(*headers):
        scope = {"type": "http", "path": f"/{TOKEN}/", "headers": headers}
        return Guard(None, TOKEN, 80).refusal(scope)

    mine = (b"host", b"127.0.0.1:80")
    assert refusal(mine) is None
    assert "host and port" in refusal(mine, (b"host", b"evil.example"))
    assert "host and port" in refusal()
    assert "only the page" in refusal(mine, *[(b"origin", b"http://127.0.0.1:80")] * 2)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_other_origins_are_refused(server, origin):
    origin = origin.format(port=server.port)
    assert server.get(f"/{TOKEN}/", Origin=origin)[0] == 403
    with pytest.raises(InvalidStatus, match="HTTP 403"):
        server.open(origin=origin)


@pytest.mark.parametrize(
    "wrong", [{"origin": ""}, {"host": "evil.example"}, {"token": "x" * 32}, {"token": ""}, {"token": f"{TOKEN}/x"}]
)
def test_websockets_are_guarded_alike(server, wrong):
    with pytest.raises(InvalidStatus, match="HTTP 403"):
        server.open(**wrong)


def test_a_websocket_of_the_page_is_let_in(server):
    for host in (HOST, "localhost"):
        with server.open(host=f"{host}:{server.port}") as page:
            assert json.loads(page.recv(timeout=10))["model"] == "tiny"


@pytest.mark.parametrize(
    "path",
    ["../page.py", "..%2fpage.py", "%2e%2e/guard.py", "/etc/passwd", "page.py", "page.html", "live",
     "page.css/../page.py", "..\\page.py", "page.js%00", "?x=../page.py&", "."],
)  # fmt: skip
def test_no_other_file_is_found(server, path):
    status, _, body = server.get(f"/{TOKEN}/{path}")
    assert status == 404 or (path.startswith("?") and b"<!doctype html>" in body)
    assert b"import" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_by_a_request(server, method):
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    connection.request(method, f"/{TOKEN}/", body=b"x", headers={"Host": f"{HOST}:{server.port}"})
    assert connection.getresponse().status == 405
    connection.close()
