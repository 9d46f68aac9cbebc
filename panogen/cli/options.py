"""Options that several commands share, each defined once, and the model that they name."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from panogen.base.errors import UsageError
from panogen.latents.layout import check_layout
from panogen.weights.shipped import DEFAULT_MODEL

if TYPE_CHECKING:
    from panogen.api import Panogen

Command = TypeVar("Command", bound=Callable[..., Any])
DEVICES = ("cpu", "cuda")


def check_device(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """The device, if this machine has it."""
    if value == "cpu":
        return value
    import torch

    try:
        if torch.device(value).type not in DEVICES:  # others lack float64
            raise RuntimeError
        torch.zeros(1, dtype=torch.float64, device=value).cpu()
    except (RuntimeError, AssertionError, ImportError):
        available = "cpu, cuda" if torch.cuda.is_available() else "cpu"
        raise UsageError(f"device must be one of {available} here, got {value!r}") from None
    return value


def checked_layout(ctx: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
    """The layout seed, if one was given. Raises UsageError."""
    return None if value is None else check_layout(value)


LAYOUT: dict[str, Any] = {
    "type": int,
    "callback": checked_layout,
    "help": "Lay every place out by this seed, not by its own: the same kind of place, another one.",
}
layout_option = click.option("--layout", **LAYOUT)
place_layout_option = click.option("--place-layout", **LAYOUT)  # where --layout is that of tiles
model_option = click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, help="A shipped model, or the folder of a model or a run."
)
latent_option = click.option("--latent", type=click.Path(path_type=Path), help="A latent's file, in place of a seed.")
latents_option = click.option(
    "--latent",
    "latents",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A latent's file; they follow the seeds.",
)
device_option = click.option(
    "--device",
    default="cpu",
    show_default=True,
    callback=check_device,
    help="Where torch computes: cpu, cuda, cuda:1 ...",
)
scheduler_option = click.option(
    "--scheduler", metavar="ADDRESS", help="Have the workers of a dask cluster render, as in tcp://HOST:8786."
)
resume_option = click.option("--resume", is_flag=True, help="Go on with what an interruption has left of OUT.")
quiet_option = click.option("--quiet", is_flag=True, help="No progress, no talk.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Print the resolved request as JSON and do nothing.")


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Options as one, in the order in which --help lists them."""

    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


work_options = together(device_option, quiet_option, dry_run_option)
picture_options = together(device_option, scheduler_option, resume_option, quiet_option, dry_run_option)


def load(model: str, device: str = "cpu") -> Panogen:
    """The model that --model names. Raises UsageError or JobError.

    Here torch is imported, and no part of it is ever garbage: the collector, which would look through it all several
    times meanwhile, rests, and leaves it out for good. The first pixels come a tenth of a second earlier or more.
    """
    gc.disable()
    from panogen import api

    gc.freeze()
    gc.enable()
    return api.load(model, device)


def progress_bar(quiet: bool, **settings: Any) -> Any:
    """A progress bar on stderr that shows itself after a second."""
    from tqdm import tqdm

    return tqdm(disable=quiet, delay=1.0, leave=False, **settings)
