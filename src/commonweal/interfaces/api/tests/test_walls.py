"""The wall: an agency's token reaches nothing of another agency, by any operation or guessed id."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commonweal.interfaces.api.api import api
from commonweal.interfaces.api.tests.samples import (
    NOWHERE,
    address,
    example,
    operations,
    samples,
)
from commonweal.interfaces.api.tests.scene import A, B, Scene

OWN = {
    "agency", "books", "chain", "number", "line_id", "agreement_id", "order_id", "journal_id",
    "person_id", "membership_id", "forecast_id", "case", "contact_id", "task_id", "approval_id",
    "check_id", "consent_id", "clock_id", "attachment_id", "link_id",
    "legal_hold_id",
    "ticket_id", "appointment_id",
}  # fmt: skip
ALL = operations()
PEOPLE = (f"agency_finance:{A}", f"agency_approver:{A}")


def body_of(operation: dict[str, Any], known: dict[str, str]) -> tuple[str, Any]:
    """A good body with the other agency's ids in it, and its media type."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return "application/json", {}
    media = next(iter(content))
    schemas = api.get_openapi_schema(path_prefix="api/v1/")["components"]["schemas"]
    found = content[media].get("example") or example(content[media]["schema"], schemas)
    if isinstance(found, dict):
        shared = set(found) & set(known) - {"period", "kind"}
        found |= {name: known[name] for name in shared}
        if "data" in found:
            found = {**found, "data": {**found["data"], "agency": B}}
    return media, found


@pytest.mark.parametrize(
    ("method", "path", "operation"), ALL, ids=[f"{method} {path}" for method, path, _ in ALL]
)
@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_of_another_agency(
    scene: Scene, who: str, method: str, path: str, operation: dict[str, Any]
) -> None:
    theirs = samples(scene, B)
    where = address(path, operation, theirs, scene)
    client = scene.client(who)
    if method == "get":
        answer = client.get(where)
        text = b"".join(answer).decode("utf-8", "replace")
    else:
        media, body = body_of(operation, theirs)
        if media == "multipart/form-data":
            sent = {"source": "desk", "file": SimpleUploadedFile("a.csv", b"id")}
            answer = getattr(client, method)(where, sent)
        else:
            answer = getattr(client, method)(where, json.dumps(body), content_type=media)
        text = answer.content.decode("utf-8", "replace")
    assert answer.status_code < 500, text[:300]
    named = {parameter["name"] for parameter in operation["parameters"] if
             parameter["in"] == "path" or parameter["required"]}  # fmt: skip
    if named & OWN:
        assert answer.status_code in (403, 404), (answer.status_code, text[:300])
    shown = text
    if answer.status_code >= 400:
        shown = json.dumps({key: value for key, value in json.loads(text).items()
                            if key not in ("instance", "detail")})  # fmt: skip
    for name in OWN - {"agency", "books", "chain"}:
        assert theirs[name] not in shown, (name, shown[:300])
    assert str(scene.world.agencies[B]) not in shown
    assert NOWHERE not in shown


@pytest.mark.parametrize("where", [
    "/api/v1/bills?agency={B}", "/api/v1/agreements?agency={B}", "/api/v1/orders?agency={B}",
    "/api/v1/people?agency={B}", "/api/v1/memberships?agency={B}",
    "/api/v1/audit/events?agency={B}", "/api/v1/delegations?agency={B}",
    "/api/v1/forecasts?fiscal_year=2026&agency={B}", "/api/v1/queries?bill={bill}",
    "/api/v1/usage/totals?period=2025-09&agency={B}",
])  # fmt: skip
def test_a_filter_by_another_agency_finds_nothing(scene: Scene, where: str) -> None:
    answer = scene.client(PEOPLE[0]).get(where.format(B=B, bill=samples(scene, B)["number"]))
    assert answer.status_code in (403, 404), answer.content
