"""Ways to foveate, by name. They need no torch."""

from dataclasses import dataclass

from panogen.foveation.laws import LAWS, Acuity, Law, LogPolar


@dataclass(frozen=True)
class Gaussian:
    """A share of the pixels, drawn at random around the gaze, as in the CIPS paper: see ``Scatter``."""

    share: float = 0.05
    seed: int = 0


Mode = Law | Gaussian
MODES: dict[str, type[Acuity] | type[LogPolar] | type[Gaussian]] = {**LAWS, "gaussian": Gaussian}
