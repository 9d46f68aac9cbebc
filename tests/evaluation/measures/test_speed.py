"""What a machine says of itself."""

import sys

from panogen.evaluation.measures.speed import peak_memory_mb


def test_memory_is_told_where_the_system_does(monkeypatch):
    peak = peak_memory_mb()
    assert peak is None if sys.platform == "win32" else 50 < peak < 100_000
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_memory_mb() is None
