"""Places as data: what a picture can show, written down, and read back.

A place says how it is made of others, down to seeds and files. With a model it becomes a latent field: the numbers that
a plan is made from. They are computed by one thread each, since products that are shared out among threads may differ
in the last bit.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from typing_extensions import override

from panogen.base.arguments import REFUSALS, at_home, settle, told_value
from panogen.base.errors import UsageError, explained
from panogen.base.files import known_file, sha256
from panogen.base.records import Kind
from panogen.latents import EVEN, Above, Around, LatentField, Layout, Painted
from panogen.latents.directions import semantic_directions
from panogen.latents.field import FIRST_LAYOUT, between, blended, style_mixed
from panogen.latents.painted import painted
from panogen.latents.seeds import check_seed, z_from_seed

if TYPE_CHECKING:
    from torch import Tensor

    from panogen.geometry import Chart
    from panogen.networks import Generator
    from panogen.weights.checkpoint import Model

EVENLY_SOFT = 0.75  # of places evenly around the circle: each is alone on a quarter of its part
SEEDS_FOR_SPREAD = 1024
# To edit along, of the generators that are in memory.
KNOWN_DIRECTIONS: WeakKeyDictionary[Generator, dict[range, tuple[Tensor, Tensor]]] = WeakKeyDictionary()
MOST_DIGITS = 4  # of a layer's number
STRONGEST_EDIT = 1000.0  # standard deviations: far beyond any picture, and still a number

PARTS = {"first", "second", "place", "places"}  # fields with the places that one is made of

Layers = tuple[int, int]  # the first and the last one, 0 the first of all


@dataclass(frozen=True)
class Place(Kind):
    """What is shown. ``PLACES`` has its kinds by name. The places that one is made of may be given as seeds."""

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """Return all kinds of places by name."""
        return PLACES

    def __post_init__(self) -> None:
        settle(self)
        for name in PARTS & vars(self).keys():
            value = getattr(self, name)
            object.__setattr__(self, name, as_places(value) if isinstance(value, tuple) else as_place(value))

    def field(self, model: Model) -> LatentField:
        """Return its latent field for a model. Raises UsageError where they do not go together, JobError for a file
        that cannot be read."""
        raise NotImplementedError

    def laid_out(self, layout: int | None) -> Self:
        """Return the same kind of place laid out anew: by one layout seed throughout, or, for None, as it is."""
        if layout is None:
            return self
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return replace(self, **{name: _laid_out(value, layout) for name, value in values.items()})


def _laid_out(value: Any, layout: int) -> Any:
    if isinstance(value, Place):
        return value.laid_out(layout)
    if isinstance(value, tuple):
        return tuple(_laid_out(item, layout) for item in value)
    return value


@dataclass(frozen=True)
class Leaf(Place):
    """A place that is made of no other, and says which layout it has. Raises UsageError."""

    layout: int | None = dataclasses.field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.layout is not None:
            object.__setattr__(self, "layout", check_seed(self.layout, "layout"))

    def laid_out(self, layout: int | None) -> Self:
        """Return it with another layout seed, or, for None, as it is."""
        return self if layout is None else replace(self, layout=layout)


@dataclass(frozen=True)
class Seed(Leaf):
    """The place that a seed draws, z = RandomState(seed).randn(z_dim), with its own layout unless another is named."""

    kind = "seed"
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", check_seed(self.seed))
        super().__post_init__()
        if self.layout == self.seed:  # goes without saying
            object.__setattr__(self, "layout", None)

    @override
    def field(self, model: Model) -> LatentField:
        import torch

        from panogen.base.runtime import torch_threads

        generator = model.generator
        z = torch.from_numpy(z_from_seed(self.seed, generator.config.z_dim)).to(generator.w_avg.device)
        with torch_threads(1), torch.inference_mode():
            ws = generator.mapping(z)[0]
        return LatentField.constant(ws, Layout.of(self.seed if self.layout is None else self.layout))


@dataclass(frozen=True)
class Saved(Leaf):
    """A latent field in a file, known by its SHA-256."""

    kind = "saved"
    path: str
    sha256: str

    @classmethod
    def of(cls, path: str | Path, layout: int | None = None) -> Saved:
        """Return the place of a latent's file. Raises UsageError, JobError."""
        from panogen.places.files import read_latent

        path = Path(at_home(path))
        read_latent(path)
        return cls(str(path), sha256(path), layout=layout)

    @override
    def field(self, model: Model) -> LatentField:
        from panogen.places.files import read_latent

        stored = read_latent(known_file(self.path, self.sha256, "latent"))
        if stored.model != model.fingerprint:
            raise UsageError(
                f"{self.path}: a latent of another model, {stored.model_name}; use it with that, by --model"
            )
        field = replace(stored.field, anchors=stored.field.anchors.to(model.generator.w_avg.device))
        return field if self.layout is None else field.laid_out(self.layout)


@dataclass(frozen=True)
class Given(Leaf):
    """The place of a latent of your own: an array of any library's, ``ws`` (w_dim,) for all layers or (num_ws, w_dim),
    one for each, with layout 0 unless another is named."""

    kind = "given"
    ws: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "ws", latent_numbers(self.ws))

    @override
    def field(self, model: Model) -> LatentField:
        import torch

        w_avg, num_ws = model.generator.w_avg, model.generator.num_ws
        ws = torch.tensor(self.ws, dtype=torch.float32, device=w_avg.device)
        if ws.shape not in ((1, len(w_avg)), (num_ws, len(w_avg))):
            shape = (len(w_avg),), (num_ws, len(w_avg))
            raise UsageError(f"a latent of this model has the shape {shape[0]} or {shape[1]}, got {tuple(ws.shape)}")
        layout = Layout.of(self.layout) if self.layout is not None else FIRST_LAYOUT
        return LatentField.constant(ws.expand(num_ws, -1).contiguous(), layout)


@dataclass(frozen=True)
class Between(Place):
    """The place a ``share`` of the way from one to another: a step of a walk. Both are the same everywhere."""

    kind = "between"
    first: Place
    second: Place
    share: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.share <= 1:
            raise UsageError(f"share of the way must be in [0, 1], got {self.share}")

    @override
    def field(self, model: Model) -> LatentField:
        return between(constant_field(self.first, model), constant_field(self.second, model), self.share)


@dataclass(frozen=True)
class Average(Place):
    """The place half-way between several: the mean of their latents, layer by layer, and of their layouts."""

    kind = "average"
    places: tuple[Place, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.places:
            raise UsageError("an average needs at least one place, got none")

    @override
    def field(self, model: Model) -> LatentField:
        import torch

        fields = [constant_field(place, model) for place in self.places]
        mean = torch.stack([field.anchors[0] for field in fields]).mean(0)
        return LatentField.constant(mean, Layout.mean([field.layouts[0] for field in fields], [1.0] * len(fields)))


@dataclass(frozen=True)
class Mix(Place):
    """Style mixing: the first place, with the latents of the second from a layer on, None for the middle one."""

    kind = "mix"
    first: Place
    second: Place
    first_layer: int | None = None

    @override
    def field(self, model: Model) -> LatentField:
        count = model.generator.num_ws
        start = (count + 1) // 2 if self.first_layer is None else self.first_layer
        if not 0 <= start < count:
            raise UsageError(f"first_layer must be in [0, {count - 1}], got {start}; the second place takes over there")
        return style_mixed(self.first.field(model), self.second.field(model), range(start, count))


@dataclass(frozen=True)
class Edit(Place):
    """A place moved along one of the model's own directions, number 0 the strongest, in ``layers`` (None for all), by
    ``strength`` standard deviations of what seeds differ by along it."""

    kind = "edit"
    place: Place
    direction: int
    strength: float
    layers: Layers | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not abs(self.strength) <= STRONGEST_EDIT:
            limit = f"{STRONGEST_EDIT:g}"
            raise UsageError(f"strength must be in [-{limit}, {limit}] standard deviations, got {self.strength:g}")

    @override
    def field(self, model: Model) -> LatentField:
        layers = layer_range(self.layers, model.generator.num_ws)
        found, spread = edit_directions(model.generator, layers)
        if not 0 <= self.direction < len(found):
            raise UsageError(f"direction must be in [0, {len(found) - 1}], got {self.direction}")
        field = self.place.field(model)
        anchors = field.anchors.clone()
        anchors[:, layers.start : layers.stop] += self.strength * spread[self.direction] * found[self.direction]
        return replace(field, anchors=anchors)


@dataclass(frozen=True)
class Mask(Kind):
    """A picture that says where each place of a blend is, known by its SHA-256; see ``latents.painted``."""

    kind = "mask"
    path: str
    sha256: str

    @classmethod
    def of(cls, path: str | Path) -> Mask:
        """Return the mask in a file. Raises UsageError."""
        path = Path(at_home(path))
        with explained(f"{path}: not a picture that can be read", UsageError):
            return cls(str(path), sha256(path))

    def weights(self, count: int, chart: Chart) -> Painted:
        """Return the shares of ``count`` places that it shows. Raises UsageError."""
        return painted(known_file(self.path, self.sha256, "mask"), count, chart)


@dataclass(frozen=True)
class Blend(Place):
    """Places in one picture, each ``over`` its part of it; None for evenly around the circle, the first one ahead, or
    from left to right where the model knows no circle. With ``layers`` they differ in these only. Whether they are
    meeting at the poles follows from the model's chart, and is no part of a blend."""

    kind = "blend"
    places: tuple[Place, ...]
    over: Around | Above | Mask | None = None
    layers: Layers | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.places) < 2:
            raise UsageError(f"a blend needs at least two places, got {len(self.places)}")
        if not isinstance(self.over, Around | Above | Mask | None):
            raise UsageError(f"over must be Around, Above or a Mask, got {told_value(self.over)}")
        if isinstance(self.over, Around | Above) and self.over.count != len(self.places):
            raise UsageError(f"{len(self.places)} places need as many angles, got {self.over.count}")
        if isinstance(self.over, Around):
            object.__setattr__(self, "over", replace(self.over, meeting=False))

    @override
    def field(self, model: Model) -> LatentField:
        from panogen.base.runtime import torch_threads
        from panogen.rendering.perceptual import perceptual_blend

        count, chart = len(self.places), model.chart
        over = self.over or Around(chart.azimuths_deg(count), EVENLY_SOFT, EVEN)
        if isinstance(over, Around):
            over = replace(over, meeting=chart.poles)
        weights = over.weights(count, chart) if isinstance(over, Mask) else over
        layers = None if self.layers is None else layer_range(self.layers, model.generator.num_ws)
        field = blended([place.field(model) for place in self.places], weights, layers)
        if not (isinstance(over, Around) and over.kernel == EVEN):
            return field
        with torch_threads(1):
            return perceptual_blend(model.generator, chart, field)


PLACES = {place.kind: place for place in (Seed, Saved, Given, Between, Average, Mix, Edit, Blend)}


def latent_numbers(ws: Any) -> tuple[tuple[float, ...], ...]:
    """Return an array (w_dim,) or (num_ws, w_dim) as rows of numbers, as short as those of float32 are written. Raises
    UsageError."""
    array = None
    with contextlib.suppress(*REFUSALS):
        array = np.asarray(ws)
    if array is None or array.dtype.kind not in "fiu":
        raise UsageError(f"a latent must be an array of real numbers, a tensor's .detach().cpu(), got {told_value(ws)}")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32)
    if array.ndim not in (1, 2) or not array.size or not np.isfinite(numbers).all():
        raise UsageError(
            "a latent must have the shape (w_dim,) or (num_ws, w_dim) and finite numbers of float32, got "
            + (f"the shape {array.shape}" if array.ndim not in (1, 2) or not array.size else "some that are not")
        )
    return tuple(tuple(float(str(number)) for number in row) for row in np.atleast_2d(numbers))


def constant_field(place: Place, model: Model) -> LatentField:
    """Return the field of a place that is the same everywhere. Raises UsageError where it varies."""
    field = place.field(model)
    if len(field.anchors) > 1:
        raise UsageError(
            "only places that are the same everywhere have others between them and a mean, got one of "
            f"{len(field.anchors)} anchors; render that one by itself"
        )
    return field


def parse_layers(text: str) -> Layers:
    """Read layers like ``2-5`` or ``3``. Raises UsageError."""
    first, dash, last = text.partition("-")
    last = last if dash else first
    if not all(number.isdecimal() and len(number) <= MOST_DIGITS for number in (first, last)):
        raise UsageError(f"layers must be like 2-5, got {told_value(text)}")
    return int(first), int(last)


def layer_range(layers: Layers | None, count: int) -> range:
    """Return the layers of a generator that has ``count``; None for all. Raises UsageError."""
    first, last = (0, count - 1) if layers is None else layers
    if not 0 <= first <= last < count:
        raise UsageError(f"layers must be like 2-5, from 0 to {count - 1}, got {first}-{last}")
    return range(first, last + 1)


def edit_directions(generator: Generator, layers: range) -> tuple[Tensor, Tensor]:
    """Return the directions (n, w_dim) of a generator's layers, and the spread (n,) of seeds along them; they are found
    once."""
    known = KNOWN_DIRECTIONS.setdefault(generator, {})
    if layers not in known:
        known[layers] = _found_directions(generator, layers)
    return known[layers]


def count_directions(generator: Generator, layers: Layers | None = None) -> int:
    """Return how many directions there are to edit along in a generator's layers, None for all. Raises UsageError."""
    return len(edit_directions(generator, layer_range(layers, generator.num_ws))[0])


def _found_directions(generator: Generator, layers: range) -> tuple[Tensor, Tensor]:
    import torch

    with torch.inference_mode():
        found = semantic_directions(generator.style_weights[layers.start : layers.stop])
        z = z_from_seed(0, generator.config.z_dim, SEEDS_FOR_SPREAD)
        ws = generator.mapping(torch.from_numpy(z).to(generator.w_avg.device))[:, 0]
        return found, (ws @ found.T).std(0)


def as_place(place: Place | int) -> Place:
    """Return a place, or that of a seed. Raises UsageError."""
    return place if isinstance(place, Place) else Seed(place)


def as_places(places: Sequence[Place | int]) -> tuple[Place, ...]:
    """Return places, or those of seeds. Raises UsageError."""
    return tuple(map(as_place, places))
