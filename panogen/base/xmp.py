"""XMP packets in files: who reads them, and GPano's fields and others in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from panogen.base.errors import reading

GPANO = "http://ns.google.com/photos/1.0/panorama/"
SEARCHED = 2**21  # bytes at both ends of a file that are searched for a packet
PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)


def packets(path: Path) -> Iterator[ElementTree.Element]:
    """Yield the packets of a file. Raises JobError, ``ElementTree.ParseError``."""
    with reading(path), path.open("rb") as file:
        ends = [file.read(SEARCHED)]
        file.seek(max(0, path.stat().st_size - SEARCHED))
        ends.append(file.read())
    for packet in filter(None, map(PACKET.search, ends)):
        yield ElementTree.fromstring(packet.group())


def parsed(packet: bytes | str) -> ElementTree.Element:
    """Return a packet's root. Raises ``ElementTree.ParseError``."""
    text = packet.encode() if isinstance(packet, str) else packet
    return ElementTree.fromstring(found.group() if (found := PACKET.search(text)) else text.strip(b"\0 \n"))


def fields(packet: ElementTree.Element, namespace: str) -> dict[str, str]:
    """Return a packet's properties in a namespace, by their names: attributes, or elements."""
    start = f"{{{namespace}}}"
    found: dict[str, str] = {}
    for node in packet.iter():
        found |= {name.removeprefix(start): text for name, text in node.attrib.items() if name.startswith(start)}
        if node.tag.startswith(start):
            found[node.tag.removeprefix(start)] = node.text or ""
    return found
