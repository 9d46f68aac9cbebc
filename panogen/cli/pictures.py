"""What the commands that write pictures share: the loop over them, and what is said of them."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panogen.base.errors import UsageError, writing
from panogen.base.files import target_of
from panogen.base.runtime import keep_large_buffers
from panogen.cli.options import VIEW, progress_bar
from panogen.cli.talk import answer_requests, tell
from panogen.cli.target import STDOUT, for_stdout
from panogen.grids import FACE_NAMES, Camera, Grid, cube_faces
from panogen.grids.view import View
from panogen.places import Place

if TYPE_CHECKING:
    from panogen.api import Foveated, Panogen
    from panogen.pictures.output import Output
    from panogen.rendering import Renderer, RenderWindows
    from panogen.request import Request

Shown = tuple[Place, View]


def write_pictures(
    panogen: Panogen,
    pictures: Mapping[Path, Shown],
    folder: Path | None = None,
    *,
    resume: bool,
    quiet: bool,
    dry_run: bool,
    scheduler: str | None = None,
) -> None:
    """Render each place into its file, here or by the workers of a scheduler, or print what would be rendered. All
    files are checked first, and a ``folder`` for them is made with its parents."""
    _, view = next(iter(pictures.values()))
    with progress_bar(quiet or dry_run, unit="px", unit_scale=True) as bar:
        outputs = deque(panogen.output(path, place, view, bar.update) for path, (place, view) in pictures.items())
        _ = outputs[0].pixel_renderer  # what cannot be drawn of one place cannot of the others
        if folder is not None and not dry_run:
            with writing(folder):
                target_of(folder).mkdir(parents=True, exist_ok=True)
        if folder is None or folder.exists():
            for output in outputs:
                output.check()
        if dry_run:
            print_requests({output.path: (output.request, output.grid) for output in outputs})
            return
        keep_large_buffers()
        bar.total = sum(len(output.grid) for output in outputs) * view.supersample**2
        shares, counts = [], []
        for shown in pictures.values():
            output = outputs.popleft()  # so its network goes before the next one's comes
            try:
                with rendered_by(scheduler, panogen, shown, output, quiet) as windows:
                    shares.append(
                        output.write(resume=resume, windows=windows, checked=lambda pixels: skip(bar, pixels))
                    )
            except KeyboardInterrupt:
                if output.canvas.path.exists() and not for_stdout(output.path):
                    tell(f"{output.path}: nothing is lost, --resume goes on with it")
                raise
            counts.append(computed(output.pixel_renderer.renderer))
    if not quiet:
        speak_of_black(panogen, view, sum(shares) / len(shares))
        speak_of_tolerance(counts)


def write_foveated(
    panogen: Panogen, path: Path, request: Request, *, quiet: bool, dry_run: bool
) -> tuple[Foveated, float] | None:
    """Render a foveated picture into its file, and return it and the seconds that it took, or print its request and
    return None. Raises UsageError, JobError."""
    from panogen.pictures.formats import check_writable, format_for, save_picture, xmp_packet

    assert request.foveation is not None
    grid = request.view.grid(panogen.model.chart)
    format_for(path, grid.shape)
    check_writable(path)
    if dry_run:
        panogen.samples(request.foveation, request.view)  # refuses what is impossible
        print_requests({path: (request.to_json(), grid)})
        return None
    keep_large_buffers()
    with progress_bar(quiet, unit=" samples", unit_scale=True) as bar:
        started = time.perf_counter()
        made = panogen.foveate(request.place, request.foveation, request.view, bar.update)
        seconds = time.perf_counter() - started
    with writing(path):
        save_picture(path, made.picture, xmp_packet(grid.metadata, request.to_json()))
    if not quiet:
        speak_of_black(panogen, request.view, made.outside)
    return made, seconds


def rendered_by(
    scheduler: str | None, panogen: Panogen, shown: Shown, output: Output, quiet: bool
) -> AbstractContextManager[RenderWindows | None]:
    """Yield what renders an output's windows: the workers of a scheduler, or None for this process."""
    if scheduler is None:
        return nullcontext()
    from panogen.apps.cluster.flight import spread

    def say(text: str) -> None:
        if not quiet:
            tell(text)

    place, view = shown
    return spread(scheduler, panogen, place, view, output.pixel_renderer, tell=say)


def print_requests(requests: Mapping[Path, tuple[dict[str, Any], Grid]]) -> None:
    """Print what files would be made by: the request of each, and what its grid makes of that."""
    resolved = {
        STDOUT if for_stdout(path) else path: {
            **request,
            "pixels": list(grid.shape[::-1]),
            "fov_deg": getattr(grid, "fov_deg", None),
        }
        for path, (request, grid) in requests.items()
    }
    answer_requests(resolved)


def skip(bar: Any, count: int) -> None:
    """Advance a progress bar by what is done already, without counting it as speed."""
    if not bar.disable:
        bar.initial += count
    bar.update(count)


def face_views(path: Path, what: View, names: str) -> dict[Path, View]:
    """Return the six faces of a cube around a place, ``what.width`` wide, and their files: OUT_front.png and so on,
    with the ``names`` that ``FACE_NAMES`` has. Raises UsageError."""
    for name in ("projection", "height", "fov_deg"):
        value = getattr(what, name)
        if value != getattr(VIEW, name):
            raise UsageError(f"faces of a cube are square perspective pictures of 90 degrees, got {name} {value}")
    width = Grid.natural_width if what.width is None else what.width
    faces = cube_faces(width, Camera(what.yaw_deg, what.pitch_deg, what.roll_deg)).values()
    return {
        path.with_stem(f"{path.stem}_{name}"): dataclasses.replace(
            what, projection=face.name, height=face.height, fov_deg=face.fov_deg, **dataclasses.asdict(face.camera)
        )
        for name, face in zip(FACE_NAMES[names], faces, strict=True)
    }


def computed(renderer: Renderer) -> tuple[int, int]:
    """Return how many samples a renderer with a tolerance has drawn, and how many of them its network computed."""
    return getattr(renderer, "drawn", 0), getattr(renderer, "evaluated", 0)


def speak_of_tolerance(counts: Iterable[tuple[int, int]]) -> None:
    """Say which share of the samples was ``computed``, where a tolerance allowed to interpolate."""
    drawn, evaluated = map(sum, zip(*counts, strict=True))
    if drawn:
        tell(f"the network computed {evaluated / drawn:.1%} of the samples")


def speak_of_black(panogen: Panogen, view: View, outside: float) -> None:
    """Say which share of a picture, if any, is black, and why, where ``outside`` of it lies beyond the chart."""
    if outside and view.outside == "black":
        chart = panogen.model.chart
        turns = "--fov or --pitch" if chart.closed else "--fov, --yaw or --pitch"
        tell(
            f"{outside:.0%} of the picture lies beyond {chart.extent} that {panogen.name} knows and is black; "
            f"--outside mirror fills it, a smaller {turns} may avoid it"
        )
