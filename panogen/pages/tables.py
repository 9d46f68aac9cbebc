"""Tables of whatever a JSON file says."""

from collections.abc import Sequence
from html import escape
from typing import Any

MOST_ROWS = 300


def table(values: dict[str, Any]) -> str:
    """Return a table of names and values; what lies within another object is named with a dot."""
    return f'<div class="wide"><table>{_lines(list(_rows(values, "")))}</table></div>'


def details(title: str, inside: str) -> str:
    """Fold ``inside`` under a title, which opens it when it is touched."""
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def grid_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of texts with headers above; the first one of each row is the row's own header."""
    above = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = f"<thead><tr>{above}</tr></thead><tbody>{_lines(rows)}</tbody>"
    return f'<div class="wide"><table class="rows">{body}</table></div>'


def _lines(rows: Sequence[Sequence[str]]) -> str:
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in rows[:MOST_ROWS]
    ]
    if len(rows) > MOST_ROWS:
        lines.append(f'<tr><th scope="row">...</th><td>and {len(rows) - MOST_ROWS} more</td></tr>')
    return "".join(lines)


def _rows(values: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    rows = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            rows += _rows(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name.replace("_", " "), text(value)))
    return rows


def text(value: Any) -> str:
    """Return a JSON value in words: 480,000; 0.002; yes; 32, 64; resolution 32, images 80,000."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not set"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        apart = "; " if any(isinstance(item, dict | list) for item in value) else ", "
        return apart.join(text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {text(item)}" for name, item in value.items()) or "none"
    return str(value)
