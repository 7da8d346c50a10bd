"""One value, said as JSON or as XML: the lists, definitions and errors of the standard."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from commonweal.kernel.party.public import centre

FORMS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What a list's entries are called in XML."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Answer:
    """What is answered: `root` is its name in XML, `value` a list or one thing."""

    root: str
    value: Sequence[Mapping[str, Any]] | Mapping[str, Any]
    status: int = 200


def moment(at: datetime) -> str:
    """A W3C date and time with its zone, on the clocks of the place."""
    return at.astimezone(ZoneInfo(centre().zone)).replace(microsecond=0).isoformat()


def rendered(form: str, answer: Answer) -> HttpResponse:
    """The answer in the format asked for; anybody's page may read it, as it is public."""
    value = _plain(answer.value)
    if form == "json":
        content = json.dumps(value, ensure_ascii=False, default=_number).encode()
    else:
        root = Element(answer.root)
        _fill(root, answer.root, value)
        content = tostring(root, encoding="utf-8", xml_declaration=True)
    response = HttpResponse(content, status=answer.status, content_type=FORMS[form])
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _number(value: Any) -> Any:
    """Coordinates are numbers in JSON; nothing else here is a decimal."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value)} is nothing that the standard knows")


def _plain(value: Any) -> Any:
    """Without what is not known, and without signs that XML cannot carry: both say the same."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, str):
        return _NOT_XML.sub("", value).replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    return value


def _fill(node: Element, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            _fill(SubElement(node, key), key, each)
    elif isinstance(value, list):
        for each in value:
            _fill(SubElement(node, ITEMS[name]), "", each)
    elif isinstance(value, bool):
        node.text = "true" if value else "false"
    elif isinstance(value, Decimal):
        node.text = repr(float(value))
    else:
        node.text = str(value)
