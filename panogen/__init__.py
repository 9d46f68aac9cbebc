"""panogen: seamless 360-degree pictures from a network that computes every pixel on its own.

import panogen
picture = panogen.load("landscapes").render(seed=4, width=4096)  # (1024, 4096, 3) uint8
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("panogen")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

from panogen.api import Panogen, View, load
from panogen.errors import JobError, UsageError

__all__ = ["JobError", "Panogen", "UsageError", "View", "__version__", "load"]
