"""A walk from beginning to end: frames in a folder and, where it is to be a video, that.

OUT          the folder of frames, or the video, which appears when it is whole
OUT.frames   the frames of a video until then
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from panogen.apps.walk.film import Film
from panogen.apps.walk.frames import Frames
from panogen.apps.walk.video import FPS, check_video, save_video
from panogen.base.arguments import at_home, real
from panogen.base.errors import UsageError
from panogen.pictures.formats import check_writable

Bar = Callable[..., Any]  # as tqdm: what it returns is a context with ``update``


def no_bar(**settings: Any) -> Any:
    """Return a progress bar that shows nothing."""
    from tqdm import tqdm

    return tqdm(disable=True, **settings)


class FilmOutput:
    """A film, to be written to ``out``: a video of ``fps`` frames a second or, without a suffix, a folder of frames.

    Nothing is rendered yet, nor written. Raises UsageError.
    """

    def __init__(self, film: Film, out: str | Path, fps: float = FPS):
        self.film, self.out, self.fps = film, Path(at_home(out)), real(fps, "fps")
        self.as_video = bool(self.out.suffix)
        folder = self.out.with_name(f"{self.out.name}.frames") if self.as_video else self.out
        self.frames = Frames(folder, len(film), film.shape, film.request)

    @property
    def request(self) -> dict[str, Any]:
        """Return all that the file depends on, for JSON."""
        return {**self.film.request, "fps": self.fps} if self.as_video else self.film.request

    def check(self, *, resume: bool) -> None:
        """Raise UsageError where ``write`` would, before a frame is rendered."""
        if self.as_video:
            if self.film.view(0.0).outside == "transparent":
                raise UsageError(
                    f"{self.out.suffix} holds no transparency; use a folder of frames, a name without suffix"
                )
            check_video(self.out, self.film.shape, self.fps)
            check_writable(self.out)
        self.frames.work.check(resume=resume)

    def write(self, *, resume: bool = False, keep_frames: bool = False, bar: Bar = no_bar) -> float:
        """Render the frames that are missing and, of them all, make the video; then they go, unless they are kept.

        After an interruption ``resume`` goes on with the frames that are there. Each stage has a ``bar``. Returns the
        largest share of a frame, of those that were missing, that lies beyond the model's chart. Raises UsageError,
        JobError.
        """
        self.check(resume=resume)
        with self.frames.opened(resume=resume):
            outside = self.render(bar)
            if self.as_video:
                self.encode(bar)
        if self.as_video and not keep_frames:
            self.frames.remove()
        return outside

    def render(self, bar: Bar) -> float:
        """Render the frames that are missing, and return the largest share of one that the model does not know."""
        film, missing, outside = self.film, self.frames.missing(), 0.0
        if missing and film.samples:
            with bar(total=film.samples, desc="pace", unit=" pictures") as shown:
                film.positions = film.measure(shown.update)
        with bar(total=len(film), initial=len(film) - len(missing), unit=" frames") as shown:
            for frame in missing:
                outside = max(outside, film.save(frame, self.frames.path(frame)))
                shown.update(1)
        return outside

    def encode(self, bar: Bar) -> None:
        """Make the video of its frames."""
        with bar(total=len(self.film), desc=self.out.suffix, unit=" frames") as shown:
            comment = json.dumps(self.request)
            save_video(self.out, self.frames, self.film.shape, self.fps, comment, self.film.gpano, shown.update)
