"""Inversion: latents with which a model shows a photo. What is asked for is here; ``job`` carries it out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panogen.base.arguments import settle
from panogen.base.errors import UsageError
from panogen.base.later import later
from panogen.latents.seeds import check_seed

__all__ = ["STAGES", "Inversion", "SearchConfig", "lay_target"]

if TYPE_CHECKING:
    from panogen.apps.inversion.job import Inversion
    from panogen.apps.inversion.target import lay_target
else:
    __getattr__ = later(__name__, __all__, "job", "target")

STAGES = ("w", "w+", "spatial")


@dataclass(frozen=True)
class SearchConfig:
    """How long is searched, and of which ``layout`` the place is. ``until`` is the last stage, ``steps`` the most that
    each may take. Raises UsageError."""

    until: str = STAGES[-1]
    steps: int = 150
    seed: int = 0
    layout: int = 0

    def __post_init__(self) -> None:
        settle(self)
        if self.until not in STAGES:
            raise UsageError(f"until must be one of {', '.join(STAGES)}, got {self.until!r}")
        if self.steps < 1:
            raise UsageError(f"steps must be at least 1, got {self.steps}")
        check_seed(self.seed)
        check_seed(self.layout, "layout")

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages to go through."""
        return STAGES[: STAGES.index(self.until) + 1]
