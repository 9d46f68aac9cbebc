"""XMP: what a picture's file says of it. Where it lies on the sphere (GPano), and the request that makes it again."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from panogen.base.errors import JobError, UsageError
from panogen.base.xmp import GPANO, fields, packets

PANOGEN = "urn:panogen:1.0/"


def xmp_packet(gpano: dict[str, Any], request: dict[str, Any] | None) -> str:
    """Return an XMP packet with GPano fields, if any, and a request as attributes: the form that viewers search."""
    said = {f"GPano:{name}": str(value) for name, value in gpano.items()}
    if request is not None:
        said["panogen:Request"] = json.dumps(request)
    names = {"GPano": GPANO} if gpano else {}
    names |= {"panogen": PANOGEN} if request is not None else {}
    attributes = [f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in names.items()]
    attributes += [f"{name}={quoteattr(value)}" for name, value in said.items()]
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
    try:
        for packet in packets(path):
            request = json.loads(fields(packet, PANOGEN).get("Request", "null"))
            if isinstance(request, dict):
                return request
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise JobError(f"{path}: what it says of itself is damaged: {error}") from None
    raise UsageError(
        f"{str(path)!r} does not say how it was made; name a picture that panogen made, not a sheet of several"
    )
