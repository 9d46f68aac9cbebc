"""Who is let in: pages that this server gave out, in a browser on this computer, and nobody else."""

import secrets
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing is asked of any other place, and nothing that is not in the page's own files is run.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # the address has the token in it
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
FORBIDDEN = 403
REFUSED = 1008  # a websocket's code for a breach of policy


@dataclass(frozen=True)
class Guard:
    """Lets a request through to ``app`` that is for this host and port, from a page of it, and knows the token.

    A page elsewhere whose name was turned to this computer (DNS rebinding) fails at the first, a page elsewhere that
    opens a websocket at the second, and another user of this computer at the third. The token is the first part of the
    path; ``app`` sees the rest.
    """

    app: ASGIApp
    token: str
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        reason = self.refusal(scope)
        if reason is None:
            path = "/" + scope["path"].split("/", 2)[2]
            await self.app({**scope, "path": path, "raw_path": path.encode()}, receive, secured(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": REFUSED, "reason": reason})
        else:
            await PlainTextResponse(reason + "\n", FORBIDDEN)(scope, receive, secured(send))

    def refusal(self, scope: Scope) -> str | None:
        """Return why a request is not let through, if it is not."""
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        origins = [value.lower() for name, value in scope["headers"] if name == b"origin"]
        allowed = [f"{name}:{self.port}".encode() for name in ("127.0.0.1", "localhost")]
        if len(hosts) != 1 or hosts[0] not in allowed:
            return "the address must be the one that panogen view printed, with its host and port"
        if origins not in ([], [b"http://" + hosts[0]]) or (scope["type"] == "websocket" and not origins):
            return "only the page that panogen view printed the address of may ask this server"
        parts = scope["path"].split("/", 2)
        if len(parts) < 3 or not secrets.compare_digest(parts[1].encode(), self.token.encode()):
            return "the address lacks the token of this server; open the one that panogen view printed"
        return None


def secured(send: Send) -> Send:
    """Answers with the headers that keep a page to itself."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
        await send(message)

    return send_with_headers
