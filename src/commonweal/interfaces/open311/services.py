"""What can be reported: the list, and the questions of each."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import NotFound

from ..web.requests import Asked
from .answers import FORMS, Answer
from .asked import call
from .faces import contact_words, face_here

CHANGED = "2026-11-28T00:00:00+00:00"
"""When what these addresses answer changed last."""
DATATYPES = {"yesno": "singlevaluelist", "email": "string"}


def fields_of(category: casework.Category) -> list[dict[str, Any]]:
    """The questions of a category, those of its kind of case first."""
    return [*category.case_type.form, *category.form]


def is_published(category: casework.Category) -> bool:
    """Whether everybody may read what is reported as this."""
    return bool(category.public) and category.case_type.publication == "public"


def service_of(request: Asked, agency: Agency, code: str) -> casework.Category:
    """The service of a code (404)."""
    for row in casework.reportable(request.actor, agency.code):
        if row.code == code:
            return row
    raise NotFound("OPEN311-414", _("service_code was not found. Choose one of the list."))


@call("GET")
def services(request: Asked, agency: Agency) -> Answer:
    """Everything that can be reported to the agency."""
    rows = [
        {
            "service_code": row.code,
            "service_name": row.name,
            "description": row.description,
            "metadata": bool(fields_of(row)),
            "type": "realtime" if is_published(row) else "batch",
            "keywords": ",".join(row.keywords),
            "group": row.group,
        }
        for row in casework.reportable(request.actor, agency.code)
    ]
    return Answer("services", rows)


@call("GET")
def definition(request: Asked, agency: Agency, code: str) -> Answer:
    """The questions that a report must or may answer."""
    row = service_of(request, agency, code)
    attributes = [_attribute(place, field) for place, field in enumerate(fields_of(row), start=1)]
    return Answer("service_definition", {"service_code": row.code, "attributes": attributes})


@call("GET")
def discovery(request: Asked, agency: Agency) -> Answer:
    """Where the service is and whom to ask: the agency as citizens meet it (GeoReport v2, Service
    Discovery)."""
    asked = contact_words(face_here(request, agency))
    place = _absolute(request, reverse("door:start", args=[agency.code.lower()]))
    found = {
        "changeset": CHANGED,
        "contact": f"{asked}, {place}",
        "key_service": _("Ask us for a key: %(contact)s") % {"contact": asked},
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": _absolute(request, "/open311/v2"),
                "changeset": CHANGED,
                "type": "production",
                "formats": [kind.partition(";")[0] for kind in FORMS.values()],
            }
        ],
    }
    return Answer("discovery", found)


def _absolute(request: Asked, path: str) -> str:
    return request.build_absolute_uri(path)


def _attribute(place: int, field: dict[str, Any]) -> dict[str, Any]:
    options = field.get("options", [])
    if field["kind"] == "yesno":
        options = [["yes", _("Yes")], ["no", _("No")]]
    return {
        "variable": True,
        "code": field["code"],
        "datatype": DATATYPES.get(field["kind"], field["kind"]),
        "required": bool(field.get("required")),
        "datatype_description": field.get("help", ""),
        "order": place,
        "description": field["label"],
        "values": [{"key": key, "name": name} for key, name in options] or None,
    }
