"""An evaluation of panoramas in a folder, whatever made them."""

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from panogen.base.arguments import at_home
from panogen.base.errors import JobError, UsageError, explained
from panogen.base.files import sha256
from panogen.base.version import __version__
from panogen.data.picture import examine
from panogen.decoding import SUFFIXES, decode, displayed
from panogen.evaluation.config import check_names
from panogen.evaluation.estimates import means_beside
from panogen.evaluation.measures import metrics_of_pictures
from panogen.evaluation.result import Result
from panogen.evaluation.samples import Report
from panogen.evaluation.singles import Written, judged, rank_rows, read, row_of, written
from panogen.evaluation.stages import Stages, open_stages

AT_ONCE = 16  # pictures to a stage
LEAST_PIXELS = 32  # of a side


@dataclass(frozen=True)
class PictureFolder:
    """The files of a folder that are called like pictures, in the order of their names, with SHA-256 of each."""

    folder: Path
    files: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, folder: str | Path, name: str = "pictures") -> "PictureFolder":
        """Read the pictures of a folder, which refusals call by a ``name``. Raises UsageError where there is none."""
        folder = Path(at_home(folder))
        if not folder.is_dir():
            raise UsageError(f"{name} must be a folder of panoramas, got {str(folder)!r}")
        with explained(f"{folder}: cannot be read", UsageError):
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
        if not paths:
            raise UsageError(f"{folder} has no files called like pictures ({', '.join(SUFFIXES)}); name another folder")
        return cls(folder, tuple((path.name, digest(path)) for path in paths))

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the files' names and contents."""
        return hashlib.sha256(repr(self.files).encode("utf-8", "backslashreplace")).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file; of one that cannot be read, nothing: it will be skipped for that."""
    try:
        return sha256(path)
    except OSError:
        return ""


@dataclass(frozen=True)
class PictureEvaluation:
    """A request: the panoramas of a folder, ``metrics`` of pictures, and real panoramas for the floor, if any.

    Raises UsageError.
    """

    pictures: PictureFolder
    real: PictureFolder | None = None
    metrics: tuple[str, ...] = dataclasses.field(default_factory=metrics_of_pictures)

    def __post_init__(self) -> None:
        check_names(self.metrics, metrics_of_pictures())

    @property
    def request(self) -> dict[str, Any]:
        """Return all that decides on the figures, as JSON."""
        return {
            "panogen": __version__,
            "pictures": self.pictures.folder.resolve().name,
            "fingerprint": self.pictures.fingerprint,
            "data": self.real and self.real.folder.resolve().name,
            "data_fingerprint": self.real and self.real.fingerprint,
            "metrics": list(self.metrics),
        }

    def into(
        self, folder: str | Path, *, resume: bool = False, report: Report = lambda what, more, total: None
    ) -> Result:
        """Evaluate into a folder as ``Evaluation.into`` does. Raises JobError, too, where no picture can be judged."""
        folder = Path(at_home(folder))
        with open_stages(folder, self.request, resume=resume) as stages:
            result = self.found(stages, report)
            result.leave(folder)
        return result

    def found(self, stages: Stages, report: Report) -> Result:
        """Measure the pictures, and real ones beside them, stage by stage."""
        rows, skipped = rows_of_folder(self.pictures, "pictures", self.metrics, stages, report)
        real: dict[str, Written] = {}
        about = f"{len(rows)} panoramas, {len(skipped)} files skipped"
        if self.real:
            real, _ = rows_of_folder(self.real, "real pictures", self.metrics, stages, report)
            about += f", beside {len(real)} of the folder {self.real.folder.resolve().name}"
        names = list(rows)
        return Result(
            self.pictures.folder.resolve().name,
            about,
            self.request,
            list(means_beside([*map(read, rows.values())], [*map(read, real.values())])),
            [judged(*one) for one in rows.items()],
            [judged(*one) for one in real.items()],
            rank_rows(list(rows.values()), names),
            {"panoramas": lambda k: displayed(decode(self.pictures.folder / names[k]))},
            skipped=skipped,
        )


def rows_of_folder(
    pictures: PictureFolder, what: str, metrics: tuple[str, ...], stages: Stages, report: Report
) -> tuple[dict[str, Written], dict[str, str]]:
    """Measure each panorama of a folder: figures by its name, and why the others are skipped.

    Raises JobError where none is left.
    """
    rows: dict[str, Written] = {}
    skipped: dict[str, str] = {}
    every = [name for name, _ in pictures.files]
    for number, start in enumerate(range(0, len(every), AT_ONCE)):
        names = every[start : start + AT_ONCE]
        stage = f"{what.replace(' ', '-')}-{number:05}"
        some = stages.record(stage, partial(judge, pictures, names, metrics, what, report))
        rows |= some["rows"]
        skipped |= some["skipped"]
    if not rows:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(skipped.items())[:3])
        raise JobError(f"{pictures.folder}: none of its {len(skipped)} pictures can be judged ({reasons})")
    return rows, skipped


def judge(
    pictures: PictureFolder, names: list[str], metrics: tuple[str, ...], what: str, report: Report
) -> dict[str, Any]:
    """Measure some panoramas, as JSON."""
    rows, skipped = {}, {}
    for name in names:
        reason = why_not(pictures.folder / name)
        if reason is None:
            rows[name] = written(row_of(displayed(decode(pictures.folder / name)), metrics))
        else:
            skipped[name] = reason
        report(what, 1, len(pictures.files))
    return {"rows": rows, "skipped": skipped}


def why_not(path: Path) -> str | None:
    """Return why a file cannot be judged as a panorama, or None where it can."""
    entry = examine(path.parent, (path.name,))
    if entry.reason is not None:
        return entry.reason
    if entry.cube:
        return "a cube map, not one picture around"
    if entry.width < 2 * entry.height:
        return f"not once around: {entry.width} x {entry.height}, wanted at least twice as wide as high"
    if entry.height < LEAST_PIXELS:
        return f"too small: {entry.width} x {entry.height}, wanted at least {LEAST_PIXELS} rows"
    return None
