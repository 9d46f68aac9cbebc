"""panogen: seamless 360-degree pictures from a network that computes every pixel on its own.

import panogen
picture = panogen.load("landscapes").render(seed=4, width=4096)  # (1024, 4096, 3) uint8
"""

from panogen.api import Panogen, load
from panogen.errors import JobError, UsageError
from panogen.version import __version__
from panogen.view import View

__all__ = ["JobError", "Panogen", "UsageError", "View", "__version__", "load"]
