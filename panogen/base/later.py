"""Names of a package that are imported when they are first asked for.

What a command's options say must not wait for torch, which takes a second to import. So packages that need it import
at once only what does not: names, configs, presets.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any


def later(package: str, names: Sequence[str], *modules: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package (PEP 562) for those of its ``names`` that ``modules`` of it define.

    Type checkers are told of them beside it, by imports under ``TYPE_CHECKING``.
    """

    def find(name: str) -> Any:
        if name in names:
            for module in modules:
                found = vars(import_module(f"{package}.{module}"))
                if name in found:
                    return found[name]
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
