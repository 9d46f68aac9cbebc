"""What people hand over, as it is used within: numbers of NumPy's and torch's as Python's own, ``~`` as their home."""

import contextlib
import dataclasses
import functools
import json
import operator
import os
import types
import typing
from pathlib import Path
from typing import Any

from panogen.base.errors import UsageError

LONGEST = 60  # characters of a value that a refusal repeats
LONGEST_JSON = 40  # and of JSON
REFUSALS = TypeError, ValueError, RuntimeError, OverflowError  # of what is no number; the third one is torch's


def whole(value: Any, name: str) -> int:
    """Return a whole number, of any library's type. Raises UsageError, which calls it by ``name``."""
    if not _is_truth(value):
        with contextlib.suppress(*REFUSALS):
            return operator.index(value)
    raise UsageError(f"{name} must be a whole number, got {told_value(value)}")


def real(value: Any, name: str) -> float:
    """Return a number, of any library's type. Raises UsageError, which calls it by ``name``."""
    if not (_is_truth(value) or isinstance(value, (str, bytes)) or getattr(value, "ndim", False)):
        with contextlib.suppress(*REFUSALS):
            return float(value)
    raise UsageError(f"{name} must be a number, got {told_value(value)}")


def truth(value: Any, name: str) -> bool:
    """Return true or false, of any library's type. Raises UsageError, which calls it by ``name``."""
    if _is_truth(value):
        with contextlib.suppress(*REFUSALS):
            return bool(value)
    raise UsageError(f"{name} must be true or false, got {told_value(value)}")


def at_home(path: str | Path) -> str:
    """Return a path whose leading ``~`` is the user's home, as a shell has it. Raises UsageError for what is none."""
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"a path must be text or a pathlib.Path, got {told_value(path)}")
    return os.path.expanduser(path)  # noqa: PTH111 - pathlib's raises where there is no such user


def settle(record: Any) -> None:
    """Give a frozen dataclass, of whose fields some are numbers or tuples, Python's own ones. Raises UsageError, which
    names the field."""
    for name, hint in _settled_fields(record.__class__):
        value = getattr(record, name)
        object.__setattr__(record, name, _settled(hint, value, name))


def told_value(value: Any) -> str:
    """Return how a refusal tells of a value: its type alone, where it is long."""
    text = repr(value)
    return type(value).__name__ if len(text) > LONGEST or "\n" in text else text


def told_json(value: Any) -> str:
    """Return how a refusal tells of what is JSON: its beginning, where it is long."""
    text = json.dumps(value)
    return text if len(text) <= LONGEST_JSON else text[:LONGEST_JSON] + "..."


def _is_truth(value: object) -> bool:
    return str(getattr(value, "dtype", type(value).__name__)).endswith("bool")


@functools.cache
def _settled_fields(cls: Any) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(cls)
    hints = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    return [(name, hint) for name, hint in hints.items() if _is_settled(hint)]


def _is_settled(hint: Any) -> bool:
    return hint in NUMBERS or typing.get_origin(hint) is tuple or any(map(_is_settled, _of_union(hint)))


def _of_union(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else ()


def _settled(hint: Any, value: Any, name: str) -> Any:
    if options := _of_union(hint):  # TYPE | None
        if value is None and types.NoneType in options:
            return None
        (hint,) = (one for one in options if _is_settled(one))
    if hint in NUMBERS:
        return NUMBERS[hint](value, name)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") or getattr(value, "ndim", 1) != 1:
        raise UsageError(f"{name} must be several values, got {told_value(value)}")
    items, item = tuple(value), typing.get_args(hint)[0]
    return tuple(_settled(item, one, name) for one in items) if _is_settled(item) else items


NUMBERS: dict[Any, Any] = {int: whole, float: real, bool: truth}
