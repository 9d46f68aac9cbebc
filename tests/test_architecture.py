"""Imports point down: a room knows the rooms below it, and none beside or above."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "panogen"
FLOORS = [
    {"base"},
    {"decoding", "geometry", "pages"},
    {"grids", "latents", "metrics", "networks"},
    {"foveation", "rendering", "training"},
    {"data", "pictures", "weights"},
    {"places"},
    {"request"},
    {"api"},
    {"live_page"},
    {"apps.cluster", "apps.export", "apps.inversion", "apps.viewer", "apps.walk", "evaluation", "run"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path):
    return room(path.relative_to(PACKAGE).with_suffix("").parts)


def room(parts):
    """What stands at the top level, or in ``apps``, whose rooms do not know each other."""
    return ".".join(parts[:2] if parts[0] == "apps" else parts[:1])


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "panogen":
            names = [f"panogen.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "panogen" and len(parts) > 1:
                yield room(parts[1:])


OPEN = {PACKAGE / "__init__.py", PACKAGE / "apps" / "__init__.py"}  # of no room
FILES = sorted(set(PACKAGE.rglob("*.py")) - OPEN)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    room = room_of(path)
    for other in imported_rooms(path):
        assert other == room or FLOOR[other] < FLOOR[room], f"{room} imports {other}, which is not below it"


def test_every_room_has_a_floor():
    assert {room_of(path) for path in FILES} == set(FLOOR)


MAKERS = {"empty", "eye", "full", "linspace", "normal", "ones", "rand", "randn", "tensor", "zeros"}  # arange tells it


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_tensor_names_its_type(path):
    """The default one is the caller's."""
    for call in calls(path):
        if ast.unparse(call.func) in {f"torch.{name}" for name in MAKERS}:
            assert "dtype" in {keyword.arg for keyword in call.keywords}, f"line {call.lineno}: {ast.unparse(call)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_text_names_its_encoding(path):
    """The default one is the system's."""
    for call in calls(path):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        as_text = name in ("read_text", "write_text") or (name == "open" and {"r", "w", "a", "x"} & set(words))
        as_text = as_text and ast.unparse(call.func) != "av.open"  # of films
        told = "utf-8" in words or "encoding" in {keyword.arg for keyword in call.keywords}
        assert told or not as_text, f"line {call.lineno}: {ast.unparse(call)}"
