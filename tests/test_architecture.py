"""Imports point down: a room knows the rooms below it, and none beside or above."""

import ast
from functools import cache
from pathlib import Path

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


@cache
def nodes_of(path):
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imported_rooms(path):
    for node in nodes_of(path):
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


def test_imports_point_down():
    pairs = {(room_of(path), other): path for path in FILES for other in imported_rooms(path)}
    wrong = {pair: path for pair, path in pairs.items() if len(set(pair)) > 1 and FLOOR[pair[1]] >= FLOOR[pair[0]]}
    assert not wrong, "rooms that import others, which are not below them"


def test_every_room_has_a_floor():
    assert {room_of(path) for path in FILES} == set(FLOOR)


MAKERS = {"empty", "eye", "full", "linspace", "normal", "ones", "rand", "randn", "tensor", "zeros"}  # arange tells it


CALLS = [(path, node) for path in FILES for node in nodes_of(path) if isinstance(node, ast.Call)]


def test_every_tensor_names_its_type():
    """The default one is the caller's."""
    makers = {f"torch.{name}" for name in MAKERS}
    for path, call in CALLS:
        if ast.unparse(call.func) in makers:
            assert "dtype" in {keyword.arg for keyword in call.keywords}, f"{path}:{call.lineno}: {ast.unparse(call)}"


def test_every_text_names_its_encoding():
    """The default one is the system's."""
    for path, call in CALLS:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        as_text = name in ("read_text", "write_text") or (name == "open" and {"r", "w", "a", "x"} & set(words))
        as_text = as_text and ast.unparse(call.func) != "av.open"  # of films
        told = "utf-8" in words or "encoding" in {keyword.arg for keyword in call.keywords}
        assert told or not as_text, f"{path}:{call.lineno}: {ast.unparse(call)}"
