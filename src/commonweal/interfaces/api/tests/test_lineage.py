"""The auditor's two ways by the API: every step adds up, and each sees only what is theirs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from commonweal.interfaces.api.tests.scene import CLOSED, A, B, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging.models import BillLine, CostLine

OFFICER, OWN, OTHER = "finance_officer:", f"agency_finance:{A}", f"agency_finance:{B}"


def read(scene: Scene, path: str, who: str = OFFICER) -> Any:
    return scene.client(who).get(f"/api/v1{path}")


def cents(text: str) -> int:
    whole, _point, part = text.partition(".")
    sign = -1 if text.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(part.ljust(2, "0") or 0))


def derived_line(scene: Scene) -> BillLine:
    """A line of LWD's bill whose price was derived from cost."""
    with act_as(SYSTEM):
        found = BillLine.objects.filter(
            agency_id=scene.world.agencies[A], bill__period=CLOSED.code, kind="usage"
        ).exclude(rate_version__derivation={})
        line = found.order_by("number").first()
    assert line is not None
    return line


def test_from_a_ledger_line_to_the_agencies_that_were_charged(scene: Scene) -> None:
    with act_as(SYSTEM):
        lines = list(
            CostLine.objects.filter(basis="actual", period=CLOSED.code).order_by("-amount_minor")[
                :3
            ]
        )
    for line in lines:
        answer = read(scene, f"/ledger-lines/{line.pk}/charged")
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert cents(found["line"]["amount"]) == line.amount_minor
        assert found["run_id"]
        for name in ("services", "charged"):
            parts = found[name]
            assert sum(cents(part["amount"]) for part in parts) == line.amount_minor
        assert sum(
            Fraction(int(part["numerator"]), int(part["denominator"]))
            for part in found["services"]
        ) == 1  # fmt: skip
        assert sum(cents(minor) for minor in found["agencies"].values()) == line.amount_minor
        by_run = read(scene, f"/ledger-lines/{line.pk}/charged?run_id={found['run_id']}")
        assert by_run.json() == found


def test_what_is_not_there_is_said_with_its_code(scene: Scene) -> None:
    line = derived_line(scene)
    with act_as(SYSTEM):
        ledger = CostLine.objects.filter(basis="actual", period=CLOSED.code)[0].pk
    for path, code in (
        (f"/ledger-lines/{uuid7()}/charged", "COSTS-407"),
        (f"/ledger-lines/{ledger}/charged?run_id={uuid7()}", "COSTS-406"),
        (f"/bill-lines/{uuid7()}/costs", "BILL-404"),
        (f"/bill-lines/{uuid7()}/costs/helpdesk-direct", "BILL-404"),
    ):
        answer = read(scene, path)
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
    missing = read(scene, f"/bill-lines/{line.pk}/costs/no-such-pool")
    assert (missing.status_code, missing.json()["code"]) == (404, "CHARGING-407")
    assert read(scene, "/ledger-lines/no-id/charged").status_code in (404, 422)


@pytest.mark.parametrize("who", [OFFICER, OWN])
def test_from_a_bill_line_back_to_its_ledger_lines(scene: Scene, who: str) -> None:
    line = derived_line(scene)
    answer = read(scene, f"/bill-lines/{line.pk}/costs", who)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert cents(found["amount"]) == line.amount_minor
    assert not (found["at_cost"] and found["of_month"])
    assert found["parts"]
    assert sum(cents(part["amount"]) for part in found["parts"]) == line.amount_minor
    pools = [part for part in found["parts"] if part["pool"]]
    for part in pools[:3]:
        path, rows, after = f"/bill-lines/{line.pk}/costs/{part['pool']}?limit=2", [], ""
        while True:
            page = read(scene, path + (f"&after={after}" if after else ""), who)
            assert page.status_code == 200, page.content
            said = page.json()
            rows += said["items"]
            after = said["after"] or ""
            if not after:
                break
        assert cents(said["part"]) == cents(part["amount"])
        told = sum(cents(row["amount"]) for row in rows) + cents(said["personal_part"])
        assert told == cents(part["amount"])
        assert len({row["line"]["id"] for row in rows}) == len(rows)


def test_nobody_reads_the_costs_of_another_agencys_line(scene: Scene) -> None:
    line = derived_line(scene)
    for path in (f"/bill-lines/{line.pk}/costs", f"/bill-lines/{line.pk}/costs/people-direct"):
        answer = read(scene, path, OTHER)
        assert (answer.status_code, answer.json()["code"]) == (404, "BILL-404")
        assert scene.client().get(f"/api/v1{path}").status_code == 401
    with act_as(SYSTEM):
        ledger = CostLine.objects.filter(basis="actual", period=CLOSED.code)[0].pk
    assert read(scene, f"/ledger-lines/{ledger}/charged", OWN).status_code == 403
