"""XML from outside, read without trusting it: no document type, no entity, bounded in size."""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ..domain.settlement import PaymentError

MAX_BYTES = 32 * 1024 * 1024
MAX_ELEMENTS = 2_000_000
MAX_DEPTH = 60


def read_xml(data: bytes) -> Element:
    """The document's root; names without their namespace (PAY-101 to 103).

    A document type is refused before anything of it is used, so that no entity can grow (billion
    laughs) or reach a file or the network (XXE).
    """
    if len(data) > MAX_BYTES:
        raise PaymentError("PAY-101", "The file is larger than 32 MB. Split it by month.")
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator="}")
    counts = [0, 0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        counts[0] += 1
        counts[1] += 1
        if counts[0] > MAX_ELEMENTS or counts[1] > MAX_DEPTH:
            raise PaymentError("PAY-101", "The file has too many parts. Split it by month.")
        builder.start(local(tag), {local(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        counts[1] -= 1
        builder.end(local(tag))

    def refuse(*_given: object) -> None:
        raise PaymentError(
            "PAY-102",
            "The file declares a document type, which bank statements never do. Download it from "
            "the bank again.",
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    try:
        parser.Parse(data, True)
    except expat.ExpatError as broken:
        raise PaymentError(
            "PAY-103",
            f"The file is not whole XML: line {broken.lineno} cannot be read. Download it again.",
        ) from broken
    return builder.close()


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]
