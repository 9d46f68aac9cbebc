import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import panogen
from panogen.base.later import later

ROOM = Path(panogen.__file__).parent
LATE = [path.parent for path in sorted(ROOM.rglob("__init__.py")) if "__getattr__ = later(" in path.read_text()]


@pytest.mark.parametrize("folder", LATE, ids=lambda folder: folder.name)
def test_every_name_is_found(folder):
    package = importlib.import_module(".".join(["panogen", *folder.relative_to(ROOM).parts]))
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_only_the_names_of_the_package_are_looked_for():
    find = later("panogen.base", ["missing"], "errors")
    for name in ("missing", "JobError"):
        with pytest.raises(AttributeError, match=f"module 'panogen.base' has no attribute '{name}'"):
            find(name)
    assert later("panogen.base", ["JobError"], "version", "errors")("JobError") is panogen.JobError


def test_torch_waits_for_the_first_model():
    code = (
        "import sys, panogen; assert 'load' in dir(panogen); panogen.View(width=8); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
