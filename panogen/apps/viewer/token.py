"""The secret in the page's address."""

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path

TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")  # as many bytes in base 64


def state_folder() -> Path:
    """Return the folder in which this user's programs keep what should outlast them."""
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".local" / "state") / "panogen"


def token_for(port: int) -> str:
    """Return the token of a port: the same after a restart, so that open pages find their server again.

    It lies in a file that only this user can read, and to remove that file is to have a new one. Where no such file
    can be kept, the token is new every time.
    """
    path = state_folder() / f"view-{port}.token"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return kept_token(path) or keep_token(path)
    return new_token()


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def kept_token(path: Path) -> str | None:
    """Return the token in a file, unless others could have read or written it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        about = os.fstat(descriptor)
        private = os.name == "nt" or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
        text = file.read(TOKEN_BYTES * 4) if private and stat.S_ISREG(about.st_mode) else ""
    return text if TOKEN.fullmatch(text) else None


def keep_token(path: Path) -> str:
    """Put a new token into a file of this user's alone. Raises OSError."""
    path.unlink(missing_ok=True)
    token = new_token()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(token)
    return token
