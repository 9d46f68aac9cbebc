"""A recipe with some of its fields changed at once. A field is called ``PART.FIELD``, as in ``stages``,
``chart.kind``, ``generator.octaves.count``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from panogen.base.records import Kind
from panogen.networks import ENCODINGS, EncodingConfig, GeneratorConfig
from panogen.training.config import TrainConfig

Part = TypeVar("Part", bound=Kind)

OF_KINDS = "discriminator", "chart"  # parts that come in several kinds, each with fields of its own


def field_names() -> dict[str, set[str]]:
    """Return the names of fields by the part that they are in; what is itself a part is changed field by field."""
    parts = {"": TrainConfig, "generator": GeneratorConfig}
    parts |= {f"generator.{kind}": config for kind, config in ENCODINGS.items()}
    parted = {"generator", "encodings", *OF_KINDS}
    return {part: {field.name for field in fields(config)} - parted for part, config in parts.items()}


def read(config: TrainConfig, field: str) -> Any:
    """Return the value of a field; of an encoding that a recipe lacks, 0; of one that a chart lacks, what that has."""
    value: Any = config
    for name in field.split("."):
        if name in ENCODINGS:
            value = next((encoding for encoding in value.encodings if encoding.kind == name), None)
        else:
            value = getattr(value, name) if value is not None else 0
    return value


def spoken(field: str) -> str:
    """Return a field's name as refusals begin with it: ``octaves count``."""
    return field.removeprefix("generator.").replace(".", " ")


def changed(base: TrainConfig, changes: Mapping[str, Any]) -> TrainConfig:
    """Return a recipe with other values of some fields, all at once.

    An encoding of which there is to be none goes, and one that is missing comes. A microbatch shrinks with its batch.
    Raises ValueError for what is no field, and one that begins with the ``spoken`` name of a field where it is due to
    that alone.
    """
    names = field_names()
    parts: dict[str, dict[str, Any]] = {part: {} for part in (*names, *OF_KINDS)}
    for field, value in changes.items():
        part, _, name = field.rpartition(".")
        if part not in OF_KINDS and name not in names.get(part, ()):
            raise ValueError(
                f"a recipe has no field {field!r} to change; they are called as stages, chart.kind and "
                "generator.octaves.count are"
            )
        parts[part][name] = value
    own = parts[""]
    if "batch" in own and "microbatch" not in own:
        own["microbatch"] = min(base.microbatch, own["batch"])
    encodings = tuple(_encodings(base.generator.encodings, parts))
    generator = replace(base.generator, **parts["generator"], encodings=encodings)
    discriminator = _part(base.discriminator, **parts["discriminator"])
    return replace(
        base, **own, generator=generator, discriminator=discriminator, chart=_part(base.chart, **parts["chart"])
    )


def _part(part: Part, kind: str | None = None, **changes: Any) -> Part:
    # With some of its fields replaced, or one of another kind.
    made: Any = part if kind in (None, part.kind) else part.kinds()[kind]()
    for name in changes.keys() - {field.name for field in fields(made)}:
        raise ValueError(f"a {made.kind} has no {name} of its own, got {changes[name]}; leave it out")
    return cast(Part, replace(made, **changes))


def _encodings(
    encodings: tuple[EncodingConfig, ...], parts: Mapping[str, Mapping[str, Any]]
) -> Iterator[EncodingConfig]:
    # In their order.
    own = {encoding.kind: encoding for encoding in encodings}
    for kind in dict.fromkeys([*own, *ENCODINGS]):
        changes = parts[f"generator.{kind}"]
        wanted = [name for name, value in changes.items() if value]
        if 0 in (changes.get("channels"), changes.get("count")):
            for name in wanted:
                raise ValueError(f"{kind} {name} is of no use where there are to be no {kind}; leave one of them out")
        elif kind in own or wanted:
            yield replace(own.get(kind) or ENCODINGS[kind](), **changes)
