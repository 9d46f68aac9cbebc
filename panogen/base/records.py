"""Frozen dataclasses as JSON and back, checked field by field."""

import dataclasses
import functools
import types
import typing
from typing import Any, ClassVar, TypeVar

from panogen.base.errors import UsageError

ADDED_LATER = {"added": True}  # metadata of fields that what was written before lacks ...
LEFT_OUT = {**ADDED_LATER, "left_out": True}  # ... and that what is written now lacks where they have their default
OFF_BEFORE = {**ADDED_LATER, "before": False}  # ... and that were not so before, whatever their default is now

T = TypeVar("T")


class Kind:
    """Base of dataclasses of which there are several, told apart by ``kind``, which their JSON says."""

    kind: ClassVar[str]
    older: ClassVar[str | None] = None  # the kind that is meant where JSON says none

    @classmethod
    def kinds(cls) -> "dict[str, Any]":
        """All of them by name."""
        return {cls.kind: cls}


def told(cls: type[T]) -> type[T]:
    """Let a dataclass that users make say which fields it has when they name another: a UsageError."""
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    made = cls.__init__

    @functools.wraps(made)
    def init(self: T, *values: Any, **fields: Any) -> None:
        if wrong := sorted(fields.keys() - set(names)):
            raise UsageError(f"{cls.__name__} has the fields {', '.join(names)}, got {', '.join(wrong)}")
        made(self, *values, **fields)

    cls.__init__ = init  # type: ignore[assignment, method-assign]
    return cls


def to_json(value: Any) -> Any:
    """Return a dataclass as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
        fields = {
            field.name: to_json(item)
            for field, item in items
            if not (field.metadata.get("left_out") and item == field.default)
        }
        return {"kind": value.kind, **fields} if isinstance(value, Kind) else fields
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return value


def from_json(cls: type[T], value: Any) -> T:
    """Rebuild a dataclass from what ``to_json`` made of it. Fields that were added since, whose metadata say so, may be
    missing. Raises TypeError or ValueError."""
    if not isinstance(value, dict):
        raise TypeError(f"{cls.__name__} must be a JSON object, got {type(value).__name__}")
    if issubclass(cls, Kind):
        cls, value = _of_kind(cls, value)
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    names = {field.name for field in fields}
    added = {field.name for field in fields if field.metadata.get("added")}
    if not names - added <= value.keys() <= names:
        raise TypeError(f"{cls.__name__} must have the fields {sorted(names)}, got {sorted(value)}")
    value = {field.name: field.metadata["before"] for field in fields if "before" in field.metadata} | value
    return cls(**{name: _typed(hints[name], item, f"{cls.__name__}.{name}") for name, item in value.items()})


def _of_kind(cls: Any, value: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    # The class that is meant, and its fields.
    kinds = {name: one for name, one in cls.kinds().items() if issubclass(one, cls)}
    kind = value.get("kind", cls.older)
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"kind of {cls.__name__} must be one of {', '.join(kinds)}, got {kind!r}")
    return kinds[kind], {name: item for name, item in value.items() if name != "kind"}


def _chosen(hints: list[Any], value: Any, name: str) -> Any:
    # Which type of a union is meant.
    if len(hints) == 1:
        return hints[0]
    kinds = {hint.kind: hint for hint in hints}
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in kinds:
        raise ValueError(f"kind of {name} must be one of {', '.join(kinds)}, got {kind!r}")
    return kinds[kind]


def _typed(hint: Any, value: Any, name: str) -> Any:
    if isinstance(hint, types.UnionType):  # TYPE | None, or one of several kinds
        if value is None and types.NoneType in hint.__args__:
            return None
        return _typed(_chosen([one for one in hint.__args__ if one is not types.NoneType], value, name), value, name)
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, Kind)):
        return from_json(hint, value)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{name} must be a list, got {value!r}")
        return tuple(_typed(typing.get_args(hint)[0], item, name) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError(f"{name} must be a number of 64 bits, got one of {len(str(value))} digits") from None
    if type(value) is not hint:
        raise TypeError(f"{name} must be of type {hint.__name__}, got {value!r}")
    return value
