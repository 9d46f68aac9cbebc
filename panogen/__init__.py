"""panogen: seamless 360-degree pictures from a network that computes every pixel on its own.

import panogen
picture = panogen.load("landscapes").render(4, panogen.View(width=4096))  # (1024, 4096, 3) uint8
"""

from typing import TYPE_CHECKING

from panogen.base.errors import JobError, UsageError
from panogen.base.later import later
from panogen.base.version import __version__

__all__ = ["JobError", "Panogen", "UsageError", "View", "__version__", "load"]

if TYPE_CHECKING:
    from panogen.api import Panogen, load
    from panogen.grids.view import View
else:
    __getattr__ = later(__name__, __all__, "grids.view", "api")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
