"""What a picture was asked for: in its file, as JSON, and from there again."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panogen.base.errors import UsageError
from panogen.base.folder import REQUEST
from panogen.base.records import from_json, to_json
from panogen.base.tensors import read_json
from panogen.base.version import __version__
from panogen.foveation import Foveation
from panogen.grids.view import View
from panogen.latents import Above, Around
from panogen.pictures.formats import read_request
from panogen.places import Average, Between, Blend, Edit, Mix, Place, Seed

FORMAT = 2
NO_PICTURES = (".json", ".mp4", ".webm", ".gif")  # what else says how it was made


@dataclass(frozen=True)
class Request:
    """All that the pixels of a picture follow from: a model, by its name and its fingerprint, a place and a view, and
    how it is foveated, if it is."""

    model: str
    fingerprint: str
    place: Place
    view: View
    foveation: Foveation | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for JSON, with the version that made it."""
        return {"panogen": __version__, "format": FORMAT, **to_json(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Request:
        """Return what ``to_json`` gave, now or in panogen 0.5. Raises UsageError."""
        with sensible():
            if "format" not in value:
                return request_of_05(value)
            if value["format"] != FORMAT:
                raise UsageError(
                    f"format of the request must be {FORMAT}, got {value['format']!r}; panogen {value.get('panogen')} "
                    "made the picture, use that"
                )
            return from_json(cls, {name: item for name, item in value.items() if name not in ("panogen", "format")})

    @classmethod
    def read(cls, path: Path) -> Request:
        """Return the request that a picture's file carries. Raises UsageError, JobError."""
        if path.is_dir() or path.suffix.lower() in NO_PICTURES:
            raise UsageError(
                f"{str(path)!r} is no picture; walks and exports are made again by panogen walk --from and panogen "
                "export --from"
            )
        return cls.from_json(read_request(path))


@contextlib.contextmanager
def sensible() -> Iterator[None]:
    """Turn what reading JSON of another shape raises into a UsageError."""
    try:
        yield
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"what the file says of its picture makes no sense: {error!r}") from None


def read_request_json(path: Path) -> dict[str, Any] | None:
    """Return the request of a folder of pictures, or of a file of JSON; None where it is neither. Raises JobError."""
    file = path / REQUEST if path.is_dir() else path
    return read_json(file) if file.suffix == ".json" and file.is_file() else None


def request_of_several(value: dict[str, Any] | None, path: Path, what: str, *parts: str) -> Request:
    """Return what the pictures of ``what``, as in ``a walk``, have in common, from a request that has ``parts`` of its
    own. Raises UsageError, which names ``path``."""
    if not path.exists():
        raise UsageError(f"{str(path)!r} is not there; name the folder of {what}, or the {REQUEST} in it")
    if value is None or not value.keys() >= set(parts):
        raise UsageError(
            f"{str(path)!r} does not say how {what} was made; name the folder of one, or the {REQUEST} in it"
        )
    return Request.from_json({name: item for name, item in value.items() if name not in parts})


def request_of_05(value: dict[str, Any]) -> Request:
    """Return the request that panogen 0.5 wrote, whose place was loose keys. Raises KeyError, TypeError, ValueError."""
    if "foveation" in value:
        raise UsageError("the picture is foveated, and panogen 0.5 did not say of which weights; foveate it anew")
    view = {field.name: value[field.name] for field in dataclasses.fields(View) if field.name in value}
    return Request(str(value["model"]), str(value["fingerprint"]), place_of_05(value), View(**view))


def place_of_05(value: dict[str, Any]) -> Place:
    """Return the place that loose keys describe. Raises KeyError, TypeError, ValueError."""
    if "layout" in value:
        return place_of_05(_without(value, "layout")).laid_out(value["layout"])
    if "edit" in value:
        change = value["edit"]
        first, last = change["layers"]
        return Edit(place_of_05(_without(value, "edit")), change["direction"], change["strength"], (first, last))
    for name, read in PLACES_OF_05.items():
        if name in value and "mask" not in value:
            return read(value)
    raise UsageError(
        "the picture shows a place that panogen 0.5 could not write down: one from a latent's file, a painted mask or "
        "a walk; render it anew from those"
    )


def _without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


def _mix_of_05(value: dict[str, Any]) -> Mix:
    first, second = map(place_of_05, value["mix"])
    return Mix(first, second, value["layers"][0])


def _blend_of_05(value: dict[str, Any]) -> Blend:
    shape = value["softness"], value["kernel"]
    over = Around(tuple(value["at_deg"]), *shape) if "at_deg" in value else Above(tuple(value["heights_deg"]), *shape)
    layers = tuple(value["layers"]) if "layers" in value else None
    return Blend(tuple(map(place_of_05, value["blend"])), over, layers)


PLACES_OF_05: dict[str, Callable[[dict[str, Any]], Place]] = {
    "seed": lambda value: Seed(value["seed"]),
    "between": lambda value: Between(Seed(value["between"][0]), Seed(value["between"][1]), value["share"]),
    "average": lambda value: Average(tuple(map(place_of_05, value["average"]))),
    "mix": _mix_of_05,
    "blend": _blend_of_05,
}
