"""panogen walk: a film from place to place."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from panogen.apps.walk import FPS, VIDEOS, Film, FilmOutput, Walk, WalkRequest
from panogen.base.errors import UsageError
from panogen.base.runtime import keep_large_buffers
from panogen.cli import options
from panogen.cli.pictures import speak_of_black
from panogen.cli.talk import answer_requests, tell
from panogen.cli.target import STDOUT
from panogen.grids.view import View
from panogen.latents import BLENDS
from panogen.places import Place

WALK = Walk()
COURSE_OPTIONS = (
    click.option("--frames", default=WALK.frames, show_default=True, help="Number of pictures."),
    click.option("--loop/--no-loop", default=WALK.loop, show_default=True, help="Back to the first place at the end."),
    click.option(
        "--ease", type=click.Choice(list(BLENDS)), help=f"Shape of the way to the next place.  [default: {WALK.ease}]"
    ),
    click.option("--even", is_flag=True, help="Or change as much from each frame to the next, as the eye sees it."),
    click.option(
        "--turn",
        "turn_deg",
        default=WALK.turn_deg,
        show_default=True,
        help="Degrees to turn right in all; 360 closes a loop.",
    ),
    click.option(
        "--zoom", default=WALK.zoom, show_default=True, help="Narrow the field of view by so much; perspective."
    ),
)


@click.command()
@options.out_argument
@options.places_options
@options.from_option("A walk to make again, or with changes: its folder, the request.json in it, or its .mp4 or .webm.")
@click.option("--fps", type=float, help=f"Pictures a second.  [default: {FPS:g}]")
@options.gathered("course", dict, *COURSE_OPTIONS)
@options.resume_option
@click.option("--keep-frames", is_flag=True, help="Leave them there when the video is written.")
@options.model_option
@options.gathered("look", dict, *options.VIEW_OPTIONS)
@options.work_options
@click.pass_context
def walk(
    context: click.Context,
    out: Path,
    places: tuple[Place, ...],
    source: Path | None,
    fps: float | None,
    course: dict[str, Any],
    resume: bool,
    keep_frames: bool,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    look: dict[str, Any],
) -> None:
    """Film a walk through places into OUT: .mp4, .webm, .gif, or a folder of frames.

    The frames of a video are kept in the folder OUT.frames until it is written, each one whole: after an interruption
    the same command with --resume goes on.
    """
    if course["even"] and course["ease"] is not None:
        raise UsageError(
            f"a walk is shaped by --ease or --even, got --ease {course['ease']} and --even; leave one of them out"
        )
    if out == STDOUT:
        raise UsageError("a walk is a video or a folder of frames, got -, which is stdout; name a file, as in walk.mp4")
    as_video = bool(out.suffix)
    if not as_video and (fps is not None or keep_frames):
        name = "--keep-frames" if fps is None else f"--fps {fps:g}"
        raise UsageError(f"{name} is for {', '.join(VIDEOS)}, got {str(out)!r}, a folder of frames")
    before = None if source is None else WalkRequest.read(source)
    how = WALK if before is None else before.walk
    how = options.changed(context, how if course["ease"] is None else replace(how, even=False), course)
    view = options.changed_view(context, View() if before is None else before.first.view, look)
    if before is None:
        panogen = options.load(model, device)
    else:
        panogen = options.load_again(context, before.first)
        places = places or tuple(place.laid_out(context.params["layout"]) for place in before.places)
    film = Film(panogen, places, how, view)
    rate = fps if fps is not None else FPS if before is None or before.fps is None else before.fps
    output = FilmOutput(film, out, rate)
    if dry_run:
        output.check(resume=resume)
        seconds = {"seconds": len(film) / rate} if as_video else {}
        sizes = {"pixels": list(film.shape[::-1]), "fov_deg": film.fov_deg, **seconds}
        answer_requests({out: {**output.request, **sizes, "frames": str(output.frames.folder)}})
        return
    keep_large_buffers()
    try:
        outside = output.write(resume=resume, keep_frames=keep_frames, bar=partial(options.progress_bar, quiet))
    except KeyboardInterrupt:
        if not quiet:
            done = f"{len(film) - len(output.frames.missing())} of {len(film)} frames are in {output.frames.folder}"
            tell(f"{done} and nothing is lost: --resume goes on")
        raise
    if not quiet:
        speak_of_black(panogen, view, outside)
