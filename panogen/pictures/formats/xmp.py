"""XMP: what a picture's file says of it. Where it lies on the sphere (GPano), and the request that makes it again."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from panogen.base.errors import JobError, UsageError, reading

GPANO = "http://ns.google.com/photos/1.0/panorama/"
PANOGEN = "urn:panogen:1.0/"
SEARCHED = 2**21  # bytes at both ends of a file that are searched for the packet
PACKET = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)


def xmp_packet(gpano: dict[str, Any], request: dict[str, Any] | None) -> str:
    """Return an XMP packet with GPano fields, if any, and a request as attributes: the form that viewers search."""
    fields = {f"GPano:{name}": str(value) for name, value in gpano.items()}
    if request is not None:
        fields["panogen:Request"] = json.dumps(request)
    names = {"GPano": GPANO} if gpano else {}
    names |= {"panogen": PANOGEN} if request is not None else {}
    attributes = [f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in names.items()]
    attributes += [f"{name}={quoteattr(value)}" for name, value in fields.items()]
    lines = "\n      ".join(attributes)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about=""\n      {lines}/>\n'
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )


def read_request(path: Path) -> dict[str, Any]:
    """Return the request that a picture was made by. Raises UsageError where there is none, JobError."""
    with reading(path), path.open("rb") as file:
        ends = [file.read(SEARCHED)]
        file.seek(max(0, path.stat().st_size - SEARCHED))
        ends.append(file.read())
    for packet in filter(None, map(PACKET.search, ends)):
        try:
            found = [node.get(f"{{{PANOGEN}}}Request") for node in ElementTree.fromstring(packet.group()).iter()]
            requests = [json.loads(text) for text in found if text is not None]
        except (ElementTree.ParseError, ValueError) as error:
            raise JobError(f"{path}: what it says of itself is damaged: {error}") from None
        if requests and isinstance(requests[0], dict):
            return requests[0]
    raise UsageError(
        f"{str(path)!r} does not say how it was made; name a picture that panogen made, not a sheet of several"
    )
