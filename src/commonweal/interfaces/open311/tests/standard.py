"""The answers of GeoReport v2 as JSON Schema, from the standard's text; and XML read into the same.

Lists are bare arrays; date-times carry a zone; a datatype is one of six.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

TEXT = {"type": "string"}
MOMENT = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$",
}


def _thing(needed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": needed | more,
        "required": list(needed),
        "additionalProperties": False,
    }


def _list(thing: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": thing, "minItems": least}


SERVICES = _list(
    _thing(
        {
            "service_code": TEXT,
            "service_name": TEXT,
            "description": TEXT,
            "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]},
            "keywords": TEXT,
            "group": TEXT,
        }
    )
)
VALUE = _thing({"key": TEXT, "name": TEXT})
ATTRIBUTE = _thing(
    {
        "variable": {"type": "boolean"},
        "code": TEXT,
        "datatype": {
            "enum": [
                "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist",
            ]
        },
        "required": {"type": "boolean"},
        "datatype_description": TEXT,
        "order": {"type": "integer", "minimum": 1},
        "description": TEXT,
    },
    values=_list(VALUE, 1),
)  # fmt: skip
DEFINITION = _thing({"service_code": TEXT, "attributes": _list(ATTRIBUTE)})
REQUESTS = _list(
    _thing(
        {
            "service_request_id": TEXT,
            "status": {"enum": ["open", "closed"]},
            "status_notes": TEXT,
            "service_name": TEXT,
            "service_code": TEXT,
            "description": TEXT,
            "agency_responsible": TEXT,
            "requested_datetime": MOMENT,
            "updated_datetime": MOMENT,
            "address": TEXT,
        },
        service_notice=TEXT,
        expected_datetime=MOMENT,
        address_id=TEXT,
        zipcode=TEXT,
        lat={"type": "number", "minimum": -90, "maximum": 90},
        long={"type": "number", "minimum": -180, "maximum": 180},
        media_url={"type": "string", "pattern": "^https?://"},
    )
)
RECEIPT = {
    "type": "array",
    "minItems": 1,
    "maxItems": 1,
    "items": {
        "oneOf": [
            _thing({"service_request_id": TEXT}, service_notice=TEXT, account_id=TEXT),
            _thing({"token": TEXT}, service_notice=TEXT, account_id=TEXT),
        ]
    },
}
TOKENS = _list(_thing({"service_request_id": TEXT, "token": TEXT}), 1)
DISCOVERY = _thing(
    {
        "changeset": MOMENT,
        "contact": TEXT,
        "key_service": TEXT,
        "endpoints": _list(
            _thing(
                {
                    "specification": {"const": "http://wiki.open311.org/GeoReport_v2"},
                    "url": {"type": "string", "pattern": "^https?://[^/]+/open311/v2$"},
                    "changeset": MOMENT,
                    "type": {"enum": ["production", "test"]},
                    "formats": _list({"enum": ["text/xml", "application/json"]}, 2),
                }
            ),
            1,
        ),
    }
)
ERRORS = _list(_thing({"code": {"type": "integer"}, "description": TEXT}), 1)
UPDATES = _list(
    _thing(
        {
            "update_id": TEXT,
            "service_request_id": TEXT,
            "updated_datetime": MOMENT,
            "status": {"enum": ["open", "closed"]},
            "description": TEXT,
        },
        media_url=TEXT,
    )
)
UPDATED = _list(_thing({"update_id": TEXT}), 1)
LISTS = {
    "services", "service_requests", "service_request_updates", "attributes", "values", "errors",
    "endpoints", "formats",
}  # fmt: skip


def read_xml(data: bytes) -> Any:
    """XML as the JSON that says the same, all values as text."""
    return _read(fromstring(data))


def _read(node: Element) -> Any:
    if node.tag in LISTS:
        return [_read(each) for each in node]
    if len(node):
        return {each.tag: _read(each) for each in node}
    return node.text or ""


def as_text(value: Any) -> Any:
    """JSON with its numbers and truths as XML writes them."""
    if isinstance(value, dict):
        return {name: as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
