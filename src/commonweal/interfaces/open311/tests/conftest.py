"""A city with a category that is published and one that is not, and a program's key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client
from jsonschema import validate

from commonweal.interfaces.api.tests.desk import LAMP
from commonweal.interfaces.open311.tests.standard import ERRORS, RECEIPT, as_text, read_xml
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.standard import HELP
from commonweal.kernel.casework.models import Case
from commonweal.kernel.casework.tests.conftest import MONDAY, Desk, desk

__all__ = ["MONDAY", "desk", "town"]
HERE = "/open311/v2/"
FORM = "application/x-www-form-urlencoded"
LIGHT = {
    "service_code": "streetlight", "description": "The lamp is dark.", "lat": "41.8781",
    "long": "-87.6298", "address_string": "1 Main Street", "attribute[lamp]": "L-17",
}  # fmt: skip


@dataclass
class Town:
    """A client of Open311, and who is behind it."""

    desk: Desk
    key: str
    client: Client

    def get(self, path: str, schema: Any, code: int = 200, **query: str) -> Any:
        """What both formats answer: JSON that fits the schema, XML that says the same."""
        query = {"jurisdiction_id": "PRK", **query}
        answer = self.client.get(f"{HERE}{path}.json", query)
        assert answer.status_code == code, answer.content
        assert answer["Content-Type"].startswith("application/json")
        found = answer.json()
        validate(found, schema)
        other = self.client.get(f"{HERE}{path}.xml", query)
        assert (other.status_code, other["Content-Type"]) == (code, "text/xml; charset=utf-8")
        assert read_xml(other.content) == as_text(found)
        return found

    def post(self, schema: Any, path: str = "requests", status: int = 200, **form: Any) -> Any:
        """What a call of a program is answered."""
        given = {"jurisdiction_id": "PRK", "api_key": self.key, **form}
        given = {name: value for name, value in given.items() if value is not None}
        if not any(hasattr(value, "read") for value in given.values()):
            answer = self.client.post(
                f"{HERE}{path}.json", urlencode(given, doseq=True), content_type=FORM
            )
        else:
            answer = self.client.post(f"{HERE}{path}.json", given)
        assert answer.status_code == status, answer.content
        validate(answer.json(), schema)
        return answer.json()

    def refused(self, path: str, code: int, **query: str) -> list[str]:
        """The sentences of a refusal."""
        rows = self.get(path, ERRORS, code, **query)
        assert {row["code"] for row in rows} == {code}
        return [row["description"] for row in rows]

    def report(self, **form: Any) -> Case:
        """A new report of a dark lamp."""
        [row] = self.post(RECEIPT, **(LIGHT | form))
        return Case.objects.get(number=row["service_request_id"])


@pytest.fixture
def town(desk: Desk) -> Town:
    """Parks takes reports of lamps, which everybody may read, and of neighbours, which nobody."""
    cache.clear()
    owner = desk.owner
    casework.put_category(
        actor=owner, code="streetlight", name="Street light", case_type="report",
        group="Streets", description="A lamp is dark.", needs_place=True, public=True,
        keywords=["lamp", "dark"], form=[each for each in LAMP if each["code"] != "lamp"],
    )  # fmt: skip
    casework.put_case_type(
        actor=owner,
        draft=casework.TypeDraft(
            code="quiet", name="Quiet", family="complaint", audience="citizen",
            service="it.helpdesk", machine=HELP, queue="city",
        ),
    )  # fmt: skip
    casework.put_category(
        actor=owner, code="neighbour", name="A neighbour", case_type="quiet", public=True
    )
    _row, secret = casework.put_open311_key(actor=owner, agency_id=desk.parks.pk, name="City app")
    return Town(desk, secret, Client())
