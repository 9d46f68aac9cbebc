"""The two ways in which a request fails. Both carry one sentence: what, its value, and a way out."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


class UsageError(ValueError):
    """The request makes no sense as given; exit code 2."""


class JobError(RuntimeError):
    """The request makes sense and could not be done; exit code 1."""


@contextlib.contextmanager
def explained(failure: str, error: type[Exception] = JobError, way_out: str = "") -> Iterator[None]:
    """Turn an OSError of the block into an ``error`` of one sentence: the ``failure``, its reason, the ``way_out``."""
    try:
        yield
    except OSError as refusal:
        raise error(f"{failure}: {refusal.strerror or refusal}{way_out}") from None


def reading(path: Path) -> contextlib.AbstractContextManager[None]:
    """Turn an OSError of the block into a JobError: ``path`` cannot be read."""
    return explained(f"{path}: cannot be read")


def writing(path: Path) -> contextlib.AbstractContextManager[None]:
    """Turn an OSError of the block into a JobError: ``path`` cannot be written."""
    return explained(f"{path}: cannot be written")
