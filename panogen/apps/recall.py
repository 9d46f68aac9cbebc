"""Pictures made again from what their files say of them."""

import dataclasses
from typing import Any

from panogen.api import Panogen
from panogen.base.errors import UsageError
from panogen.grids.view import View
from panogen.latents import Above, LatentField, between, blended


def recalled_view(request: dict[str, Any], **changes: Any) -> View:
    """What a request says of the picture, but for ``changes``. Raises UsageError."""
    names = {field.name for field in dataclasses.fields(View)}
    return View(**{name: value for name, value in request.items() if name in names} | changes)


def recalled_place(panogen: Panogen, request: dict[str, Any]) -> LatentField:
    """The latent field that a request describes. Raises UsageError where it does not say enough, or is of another
    model."""
    if request.get("fingerprint") != panogen.model.fingerprint:
        raise UsageError(
            f"the picture was made by a model {request.get('model')!r} with other weights than {panogen.name!r}; name "
            "that one with --model"
        )
    if "foveation" in request:
        raise UsageError("the picture is foveated; panogen foveate makes it again")
    try:
        return place_of(panogen, request)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"what the picture's file says of its place makes no sense: {error!r}") from None


def place_of(panogen: Panogen, described: dict[str, Any]) -> LatentField:
    """The field that ``LatentField.described`` described."""
    if "edit" in described:
        change = described["edit"]
        before = {name: value for name, value in described.items() if name != "edit"}
        return panogen.edit(place_of(panogen, before), change["direction"], change["strength"], layers_of(change))
    if "layout" in described:
        before = {name: value for name, value in described.items() if name != "layout"}
        return panogen.field(place_of(panogen, before), described["layout"])
    if "seed" in described:
        return panogen.field(described["seed"])
    if "between" in described:
        one, other = map(panogen.field, described["between"])
        return between(one, other, described["share"], between=described["between"], share=described["share"])
    if "average" in described:
        return panogen.average([place_of(panogen, one) for one in described["average"]])
    if "mix" in described:
        first, second = (place_of(panogen, one) for one in described["mix"])
        return panogen.mix(first, second, described["layers"][0])
    if "blend" in described and ("at_deg" in described or "heights_deg" in described):
        fields = [place_of(panogen, one) for one in described["blend"]]
        layers = layers_of(described) if "layers" in described else None
        shape = {name: described[name] for name in ("softness", "kernel")}
        if "at_deg" in described:
            return panogen.blend(fields, described["at_deg"], **shape, layers=layers)
        return blended(fields, Above(tuple(described["heights_deg"]), **shape), layers)
    raise UsageError(
        "the picture shows a place that its file cannot tell: one from a latent's file, a painted mask or a walk; "
        "render it anew from those"
    )


def layers_of(described: dict[str, Any]) -> range:
    """Layers as they are described, first and last."""
    first, last = described["layers"]
    return range(first, last + 1)
