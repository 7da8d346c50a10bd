"""A role limited to a bureau shows that bureau's usage records, and nothing of the whole agency."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from commonweal.interfaces.api.tests.samples import address, operations, samples
from commonweal.interfaces.api.tests.scene import CLOSED, OPEN, A, B, Scene
from commonweal.kernel.access.public import SYSTEM, act_as, create_user, user_by_email
from commonweal.kernel.metering import public as metering
from commonweal.kernel.party import public as party
from commonweal.kernel.schema.public import Place

READS = [found for found in operations() if found[0] == "get"]
WRITES = [
    found for found in operations()
    if found[0] != "get" and found[2]["x-access"].partition(":")[0] in ("permission", "centre")
]  # fmt: skip
SECRET = (
    "number", "line_id", "agreement_id", "order_id", "journal_id", "person_id", "membership_id",
    "forecast_id",
)  # fmt: skip
EVERYTHING = Place("", 20_000)


def used(scene: Scene, code: str, period: str) -> list[metering.UsageRow]:
    with act_as(SYSTEM):
        found = metering.facts(
            SYSTEM, scene.world.agencies[code], period, late=None, place=EVERYTHING
        )
    return list(found)


def busy(scene: Scene) -> str:
    """An agency of whose two bureaus there are records in both months."""
    for code in sorted(scene.world.agencies):
        months = (used(scene, code, period.code) for period in (CLOSED, OPEN))
        if all(len({row.bureau_id for row in rows}) > 1 for rows in months):
            return code
    raise AssertionError("no agency has records of two bureaus")


def bureau_of(scene: Scene, code: str = A) -> UUID:
    with act_as(SYSTEM):
        return party.bureaus(SYSTEM, scene.world.agencies[code])[0].pk


def reader(scene: Scene, code: str = A) -> Client:
    """Somebody whose only role is limited to the first bureau of an agency, signed in."""
    email = f"bureau-{code.lower()}@example.test"
    with act_as(SYSTEM):
        user = user_by_email(email)
        if user is None:
            user = create_user(actor=SYSTEM, email=email)
            agency = scene.world.agencies[code]
            person = party.create_person(
                actor=SYSTEM, name="Zoe Bureau", email=email, user_id=user.pk, home_agency_id=agency
            )
            party.add_membership(
                actor=SYSTEM, person_id=person.pk, role="agency_usage", agency_id=agency,
                bureau_id=bureau_of(scene, code), starts=CLOSED.first_day,
            )  # fmt: skip
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("method", "path", "operation"), READS, ids=[path for _method, path, _ in READS]
)
def test_nothing_of_the_whole_agency_is_read(
    scene: Scene, method: str, path: str, operation: dict[str, Any]
) -> None:
    client, known = reader(scene), samples(scene, A)
    answer = client.get(address(path, operation, known, scene))
    text = b"".join(answer).decode("utf-8", "replace")
    kind = operation["x-access"].partition(":")[0]
    if kind in ("permission", "centre"):
        assert answer.status_code in (403, 404), text[:300]
    else:
        assert answer.status_code < 500, text[:300]
    if answer.status_code < 400:
        for name in SECRET:
            assert known[name] not in text, (name, text[:300])


@pytest.mark.parametrize(
    ("method", "path", "operation"), WRITES, ids=[f"{way} {path}" for way, path, _ in WRITES]
)
def test_nothing_of_the_whole_agency_is_changed(
    scene: Scene, method: str, path: str, operation: dict[str, Any]
) -> None:
    where = address(path, operation, samples(scene, A), scene)
    answer = getattr(reader(scene), method)(where, "{}", content_type="application/json")
    assert answer.status_code in (403, 404), answer.content[:300]


@pytest.mark.parametrize("period", [CLOSED, OPEN], ids=["sealed", "open"])
def test_the_bureaus_own_records_are_read_and_exported(scene: Scene, period: Any) -> None:
    code = busy(scene)
    client, mine = reader(scene, code), bureau_of(scene, code)
    every = used(scene, code, period.code)
    wanted = {row.external_id for row in every if row.bureau_id == mine}
    assert 0 < len(wanted) < len(every)
    query = f"agency={code}&period={period}"
    found = []
    where = f"/api/v1/usage?{query}&limit=200"
    while where:
        answer = client.get(where)
        assert answer.status_code == 200, answer.content
        found += answer.json()["items"]
        after = answer.json()["after"]
        where = f"/api/v1/usage?{query}&limit=200&after={after}" if after else ""
    assert {row["external_id"] for row in found} == wanted
    assert {row["bureau_id"] for row in found} == {str(mine)}
    text = b"".join(client.get(f"/api/v1/usage/export?{query}")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["external_id"] for row in rows} == wanted
    other = B if code != B else A
    refused = client.get(f"/api/v1/usage?agency={other}&period={period}")
    assert refused.status_code == 404, refused.content


def test_who_am_i_names_the_bureau(scene: Scene) -> None:
    told = reader(scene).get("/api/v1/me").json()
    assert told["agencies"] == [str(scene.world.agencies[A])]
    assert told["roles"] == []
    assert told["permissions"] == [
        {
            "permission": "metering.view",
            "agency_id": str(scene.world.agencies[A]),
            "bureau_id": str(bureau_of(scene)),
        }
    ]


def test_a_token_of_a_bureaus_role_reads_the_same(scene: Scene) -> None:
    code = busy(scene)
    client = reader(scene, code)
    body = json.dumps({"name": "export", "scopes": ["metering.view"]})
    made = client.post("/api/v1/tokens", body, content_type="application/json")
    assert made.status_code == 201, made.content
    token = Client(headers={"authorization": f"Bearer {made.json()['secret']}"})
    found = token.get(f"/api/v1/usage?agency={code}&period={CLOSED}&limit=200").json()["items"]
    assert {row["bureau_id"] for row in found} == {str(bureau_of(scene, code))}
    assert token.get(f"/api/v1/usage/totals?period={CLOSED}&agency={code}").status_code == 403


def test_the_agencys_pages_say_that_they_are_for_the_whole_agency(scene: Scene) -> None:
    client, known = reader(scene), samples(scene, A)
    for page in (
        "/agency/bills/", f"/agency/bills/{known['number']}/",
        f"/agency/bills/{known['number']}/pdf",
        f"/agency/lines/{known['line_id']}/", f"/agency/lines/{known['line_id']}/usage/",
        f"/agency/lines/{known['line_id']}/usage.csv", "/agency/usage/", "/agency/usage.csv",
        "/agency/agreements/", f"/agency/orders/{known['order_id']}/", "/agency/forecasts/",
        "/agency/accounts/", "/agency/agreements/approvers/",
    ):  # fmt: skip
        answer = client.get(page)
        assert answer.status_code == 403, page
        assert known["number"] not in answer.content.decode()


def test_the_bureaus_records_have_a_page_and_a_file(scene: Scene) -> None:
    code = busy(scene)
    client, every = reader(scene, code), used(scene, code, CLOSED.code)
    with act_as(SYSTEM):
        first, second = party.bureaus(SYSTEM, scene.world.agencies[code])[:2]
    mine = [row.external_id for row in every if row.bureau_id == first.pk]
    text = client.get(f"/agency/usage/records/?period={CLOSED}").content.decode()
    assert f"Your role is limited to {first.name}" in text
    shown = [row.external_id for row in every if f">{row.external_id}<" in text]
    assert shown == mine[:50]
    assert f"<td>{second.name}" not in text
    rows = b"".join(client.get(f"/agency/usage/records.csv?period={CLOSED}"))
    found = list(csv.DictReader(io.StringIO(rows.decode())))
    assert [row["external_id"] for row in found] == mine
    other = B if code != B else A
    for page in ("records/", "records.csv"):
        assert client.get(f"/agency/usage/{page}?agency={other}").status_code == 403
