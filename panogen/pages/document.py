"""A page that needs nothing but itself."""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

# Light or dark as the reader's system is, on a phone, and printed. The colours are those of Okabe and Ito, which the
# colour-blind tell apart; every other line is dashed besides.
STYLE = Path(__file__).with_name("style.css")
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no characters of XML


def document(title: str, body: Iterable[str]) -> str:
    """Return a whole page, as well-formed XML: it asks nothing of the network, and runs nothing."""
    head = (
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\"/>"
        f"<title>{escape(title)}</title><style>\n{STYLE.read_text(encoding='utf-8')}</style>"
    )
    lines = "\n".join(body)
    page = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{lines}\n</body></html>\n'
    return UNFIT.sub("", page)
