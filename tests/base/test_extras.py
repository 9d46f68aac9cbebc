import ast
import sys
import tomllib
from pathlib import Path

import pytest

from panogen.base.errors import UsageError
from panogen.base.extras import EXTRAS, require

ROOT = Path(__file__).parent.parent.parent
ASKED = {
    call.args[0].value
    for path in (ROOT / "panogen").rglob("*.py")
    for call in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "require"
}


def test_they_are_those_that_can_be_installed():
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert ASKED == EXTRAS.keys() == optional.keys() - {"dev"}
    for extra, modules in EXTRAS.items():
        assert len(modules) == len(optional[extra])
        assert set(optional[extra]) <= set(optional["dev"])


SAID = "a film needs it, which comes with pip install 'panogen[{}]'"


@pytest.mark.parametrize(("extra", "missing"), [(extra, module) for extra in EXTRAS for module in EXTRAS[extra]])
def test_a_missing_one_is_named(monkeypatch, extra, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError) as failure:
        require(extra, "a film needs it", "; wait")
    assert str(failure.value) == SAID.format(extra) + "; wait"


def test_the_error_is_the_callers(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(LookupError) as failure:
        require("video", "a film needs it", error=LookupError)
    assert failure.value.args == (SAID.format("video"),)
