"""What is measured of a model, and with how many pictures. Nothing here needs torch."""

from dataclasses import dataclass, field

from panogen.base.arguments import settle
from panogen.base.errors import UsageError
from panogen.evaluation.measures import MEASURES, metrics_of_models
from panogen.grids.view import check_truncation
from panogen.latents.seeds import MAX_SEED, check_seed

LEAST_CROPS, LEAST_PANORAMAS = 16, 4
RESOLUTIONS = (32, 64, 128, 256, 512, 1024)
LAYOUT_TIMES = 4  # as many seeds for the layout, whose pictures are small


@dataclass(frozen=True)
class EvaluationConfig:
    """How a model is measured. Raises UsageError.

    ``crops`` of ``resolution`` pixels are compared with as many real ones. ``panoramas`` of seeds ``seed``, ``seed`` +
    1 and so on are looked at one by one. ``metrics`` are names of ``MEASURES``.
    """

    metrics: tuple[str, ...] = field(default_factory=lambda: metrics_of_models(inception=False))
    crops: int = 1024
    panoramas: int = 32
    resolution: int = 64
    seed: int = 0
    truncation: float = 1.0

    def __post_init__(self) -> None:
        settle(self)
        check_names(self.metrics, tuple(MEASURES))
        for name, least in (("crops", LEAST_CROPS), ("panoramas", LEAST_PANORAMAS)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.resolution not in RESOLUTIONS:
            known = ", ".join(map(str, RESOLUTIONS))
            raise UsageError(f"resolution must be one of {known} pixels, got {self.resolution}")
        check_seed(self.seed)
        more = max(self.crops + self.crops // 2, LAYOUT_TIMES * self.panoramas)
        if self.seed + more > MAX_SEED:
            raise UsageError(f"seed must leave room for {more} more, got {self.seed}")
        check_truncation(self.truncation)

    @property
    def needs_inception(self) -> tuple[str, ...]:
        """The metrics that need the network of FID."""
        return tuple(name for name in self.metrics if MEASURES[name].needs_inception)

    def require_inception(self, given: bool) -> None:
        """Raise UsageError where metrics need the network and it is not ``given``."""
        if self.needs_inception and not given:
            names = ", ".join(self.needs_inception)
            raise UsageError(
                f"metrics {names} need the network of FID, which is never downloaded; add --inception FILE, or name "
                "others"
            )


def parse_names(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """``seam,swd`` -> those metrics, each once, in the order of ``known``. Raises UsageError."""
    names = tuple(part.strip() for part in text.split(","))
    check_names(names, known)
    return tuple(name for name in known if name in names)


def check_names(names: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raise UsageError unless there are some, all of them known."""
    for name in names:
        if name not in known:
            whose = " of pictures" if name in MEASURES else ""
            raise UsageError(f"metrics{whose} must be among {', '.join(known)}, got {name!r}")
    if not names:
        raise UsageError(f"metrics must name some of {', '.join(known)}")
