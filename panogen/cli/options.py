"""Options that several commands share, each defined once, and the model that they name."""

from __future__ import annotations

import dataclasses
import functools
import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from panogen.base.arguments import at_home
from panogen.base.errors import UsageError
from panogen.base.runtime import check_device
from panogen.cli.progress import Lines, on_terminal
from panogen.grids import GRIDS, Camera, Grid
from panogen.grids.cubemap import Cubemap
from panogen.grids.view import OUTSIDES, View
from panogen.latents import Around
from panogen.latents.seeds import parse_seeds
from panogen.pictures.formats import FORMATS
from panogen.places import Place, Saved, Seed
from panogen.places.place import parse_layers
from panogen.weights.shipped import DEFAULT_MODEL, shipped_models

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.request import Request

Option = Callable[[Any], Any]  # what decorates a command
T = TypeVar("T")
VIEW = View()
PICTURES = "panogen.pictures"  # of a context: the requests of those whose places are shown


class HomePath(click.Path):
    """A path whose leading ``~`` is the user's home: in ``--outdir=~/places`` no shell expands it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a text as a path."""
        return super().convert(at_home(value) if isinstance(value, str) else value, param, ctx)


PATH = HomePath(path_type=Path)
INPUT = HomePath(path_type=Path, exists=True)
FOLDER = HomePath(path_type=Path, file_okay=False)


class Parsed(click.ParamType):
    """What a function makes of a text; where it raises ValueError, a refusal says what texts are ``like``."""

    def __init__(self, name: str, parse: Callable[[str], Any], like: str):
        self.name, self.parse, self.like = name, parse, like

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a text parsed, and what is none as it is."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"must be {self.like}, got {value!r}", param, ctx)


def checked_device(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the device, if this machine has it; torch, which takes a second, is not asked for the usual one."""
    return value if value == "cpu" else check_device(value)


def shipped(ctx: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """Return the names of shipped models that begin with a text, for shells."""
    return [name for name in shipped_models() if name.startswith(text)]


out_argument = click.argument("out", type=PATH)
model_option = click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    shell_complete=shipped,
    help="A shipped model, or the folder of a model or a run.",
)
device_option = click.option(
    "--device",
    default="cpu",
    show_default=True,
    callback=checked_device,
    help="Where torch computes: cpu, cuda, cuda:1 ...",
)
scheduler_option = click.option(
    "--scheduler", metavar="ADDRESS", help="Have the workers of a dask cluster render, as in tcp://HOST:8786."
)
resume_option = click.option("--resume", is_flag=True, help="Go on with what an interruption has left.")
quiet_option = click.option("--quiet", is_flag=True, help="No progress, no talk.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print the resolved request of each output as JSON and do nothing."
)


def together(*options: Option) -> Option:
    """Options as one, in the order in which --help lists them."""

    def decorated(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


def gathered(name: str, build: Callable[..., Any], *options: Option) -> Option:
    """Options as one argument of a command, ``name``, which is built of their values."""

    def unused() -> None:
        """Take the options, to tell what click calls them."""

    names = [parameter.name for parameter in together(*options)(unused).__click_params__]

    def decorated(command: Any) -> Any:
        @functools.wraps(command)
        def run(*arguments: Any, **values: Any) -> Any:
            own = {one: values.pop(one) for one in names}
            return command(*arguments, **values, **{name: build(**own)})

        return together(*options)(run)

    return decorated


def given(context: click.Context, name: str) -> bool:
    """Return whether an option was given."""
    return context.get_parameter_source(name) != ParameterSource.DEFAULT


def changed(context: click.Context, recalled: T, options: dict[str, Any]) -> T:
    """Return a dataclass of what was asked for once, with the options that are given now. Raises UsageError."""
    now = {name: value for name, value in options.items() if given(context, name)}
    return dataclasses.replace(recalled, **now)  # type: ignore[type-var]


def changed_view(context: click.Context, recalled: View, look: dict[str, Any]) -> View:
    """Return ``changed`` of a view: a file of points that is given now may be any, a field of view and a height are
    those of the projection before, and a new width or height is one of the same shape."""
    known = None if given(context, "points") else recalled.points_sha256
    turned = given(context, "projection") and look["projection"] != recalled.projection
    fov_deg, width, height = (None if turned else recalled.fov_deg), recalled.width, recalled.height
    if recalled.points is not None or given(context, "points"):
        width = height = None  # the file has them
    elif turned:
        height = None
    elif width is not None and height is not None:
        width, height = scaled(width, height, look["width"], look["height"])
    before = dataclasses.replace(recalled, points_sha256=known, fov_deg=fov_deg, width=width, height=height)
    return changed(context, before, look)


def scaled(width: int, height: int, new_width: int | None, new_height: int | None) -> tuple[int, int]:
    """Return the sides of a picture of which one is to be new, or both, or none."""
    if new_width is not None and new_height is None:
        return new_width, max(1, round(height * new_width / width))
    if new_height is not None and new_width is None:
        return max(1, round(width * new_height / height)), new_height
    return width, height


def is_picture(path: Path) -> bool:
    """Return whether a file's suffix is that of a picture, which carries its place."""
    return path.suffix.lower() in FORMATS


def read_place(path: Path) -> Place:
    """Return the place in a latent's file, or that of a picture, which ``load`` compares with the model. Raises
    UsageError, JobError."""
    if not is_picture(path):
        return Saved.of(path)
    from panogen.request import Request

    request = Request.read(path)
    click.get_current_context().meta.setdefault(PICTURES, []).append(request)
    return request.place


def one_place(seed: int | None, latent: Path | None, layout: int | None) -> Place:
    """Return what --seed or --latent name, laid out by --layout; seed 0 where neither is given. Raises UsageError."""
    if latent is None:
        return Seed(0 if seed is None else seed).laid_out(layout)
    if seed is not None:
        raise UsageError(f"a picture shows --seed or --latent, got {seed} and {str(latent)!r}; to blend: panogen blend")
    return read_place(latent).laid_out(layout)


def several_places(
    seeds: Sequence[int], more: str | None, latents: Sequence[Path], layout: int | None
) -> tuple[Place, ...]:
    """Return what seeds and then files name, in their order, laid out by --layout. Raises UsageError."""
    listed = [] if more is None else [seed for part in more.split(",") for seed in parse_seeds(part)]
    return tuple(place.laid_out(layout) for place in (*map(Seed, (*seeds, *listed)), *map(read_place, latents)))


def shape_options(softness: str, kernel: str) -> Option:
    """Add the options of how one place gives way to another, with these defaults."""
    return together(
        click.option(
            "--softness",
            type=float,
            help=f"Share of the way to a neighbour that the change takes.  [default: {softness}]",
        ),
        click.option(
            "--kernel",
            type=click.Choice(Around.kernels),
            help="Shape of the change; even: as the network needs it, so that all columns change alike.  "
            f"[default: {kernel}]",
        ),
        click.option(
            "--layers",
            metavar="A-B",
            callback=lambda ctx, parameter, text: None if text is None else parse_layers(text),
            help="In these layers only, as in 0-3.",
        ),
    )


def shaped(softness: float | None, kernel: str | None, default: tuple[float, str]) -> tuple[float, str]:
    """Return the softness and the kernel that are asked for, or the default ones. Raises UsageError."""
    if kernel == "hard" and softness is not None:
        raise UsageError(f"--kernel hard is a cut, got --softness {softness:g}, too; leave one of them out")
    return default[0] if softness is None else softness, default[1] if kernel is None else kernel


def from_option(what: str) -> Option:
    """Add the option of what is to be made again, in the words of --help."""
    return click.option("--from", "source", type=INPUT, help=what)


def outside_option(choices: Sequence[str]) -> Option:
    """Add the option of what a picture shows beyond the chart."""
    return click.option(
        "--outside", type=click.Choice(choices), default=VIEW.outside, show_default=True, help="Where the model ends."
    )


layout_option = click.option(
    "--layout", type=int, help="Lay every place out by this seed, not by its own: the same kind of place, another one."
)
place_options = gathered(
    "place",
    one_place,
    click.option("--seed", type=int, help="Which place.  [default: 0]"),
    click.option("--latent", type=INPUT, help="Or the place in a latent's file, or of a picture of panogen's."),
    layout_option,
)
places_options = gathered(
    "places",
    several_places,
    click.option("--seed", "seeds", type=int, multiple=True, help="A place; give it once for each."),
    click.option("--seeds", "more", help="Or several, as in 4,9,12."),
    click.option(
        "--latent",
        "latents",
        type=INPUT,
        multiple=True,
        help="The same of a file, as --latent of panogen render; they follow the seeds.",
    ),
    layout_option,
)
SIZE_OPTIONS = (
    click.option(
        "--width", type=int, help=f"Pixels.  [default: {Grid.natural_width}, of a cubemap {Cubemap.natural_width}]"
    ),
    click.option("--height", type=int, help="Pixels.  [default: natural to the projection]"),
    click.option("--projection", type=click.Choice(list(GRIDS)), help="[default: natural to the model]"),
)
FINE_OPTIONS = (
    click.option("--supersample", default=VIEW.supersample, show_default=True, help="Samples each way for a pixel."),
    outside_option(OUTSIDES),
    click.option(
        "--tolerance", type=float, help="Interpolate where it is within so many steps of 8 bits almost everywhere."
    ),
)
truncation_option = click.option(
    "--truncation", default=VIEW.truncation, show_default=True, help="1: as learned; 0: the mean place."
)
CAMERA_OPTIONS = (
    click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right."),
    click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up."),
    click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise."),
)
LOOK_OPTIONS = (
    *CAMERA_OPTIONS,
    click.option(
        "--fov",
        "fov_deg",
        type=float,
        help="Width in degrees: perspective (default 90, or all of a flat model), fisheye (180), little-planet (238).",
    ),
    click.option("--points", help="Or a .npy file of directions: the picture has its shape."),
    truncation_option,
    click.option("--noise", is_flag=True, help="The grain of models that have learned how strong it is."),
)
VIEW_OPTIONS = (*SIZE_OPTIONS, *FINE_OPTIONS, *LOOK_OPTIONS)

camera_options = gathered("camera", Camera, *CAMERA_OPTIONS)
view_options = gathered("view", View, *VIEW_OPTIONS)
work_options = together(device_option, quiet_option, dry_run_option)
picture_options = together(device_option, scheduler_option, resume_option, quiet_option, dry_run_option)


def load(model: str, device: str = "cpu") -> Panogen:
    """Return the model that --model names, if it made the pictures whose places are shown. Raises UsageError or
    JobError.

    Here torch is imported, and no part of it is ever garbage: the collector, which would look through it all several
    times meanwhile, rests, and leaves it out for good. The first pixels come a tenth of a second earlier or more.
    """
    gc.disable()
    from panogen import api

    gc.freeze()
    gc.enable()
    loaded = api.load(model, device)
    for request in click.get_current_context().meta.get(PICTURES, ()):
        loaded.recall(request)
    return loaded


def load_again(context: click.Context, request: Request) -> Panogen:
    """Return the model that made what --from names, found by its name or, where it is given, by --model. Raises
    UsageError where it is another one, JobError."""
    name = context.params["model"] if given(context, "model") else request.model
    panogen = load(name, context.params["device"])
    panogen.recall(request)
    return panogen


def progress_bar(quiet: bool, **settings: Any) -> Any:
    """Return a progress bar on stderr that shows itself after a second; where that is no terminal, lines."""
    if not quiet and not on_terminal():
        return Lines(**settings)
    from tqdm import tqdm

    return tqdm(disable=quiet, delay=1.0, leave=False, **settings)
