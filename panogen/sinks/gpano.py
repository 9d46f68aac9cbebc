"""GPano metadata: what tells a viewer that a picture is a panorama, and which part of the sphere it shows."""

from typing import Any
from xml.sax.saxutils import quoteattr

NAMESPACE = "http://ns.google.com/photos/1.0/panorama/"


def xmp_packet(fields: dict[str, Any]) -> str:
    """An XMP packet with GPano fields as attributes, the form that viewers search for."""
    values = {name: str(value) for name, value in fields.items()}
    attributes = "\n      ".join(f"GPano:{name}={quoteattr(value)}" for name, value in values.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about="" xmlns:GPano="{NAMESPACE}"\n      {attributes}/>\n'
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )
