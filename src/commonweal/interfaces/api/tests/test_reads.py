"""Every read answers the people of the centre, with the schema that it promises."""

from __future__ import annotations

from typing import Any

import pytest

from commonweal.interfaces.api.tests.samples import NOWHERE, address, operations, samples
from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene

READS = [(path, found) for method, path, found in operations() if method == "get"]


@pytest.mark.parametrize(("path", "operation"), READS, ids=[path for path, _ in READS])
def test_a_read_answers(scene: Scene, path: str, operation: dict[str, Any]) -> None:
    known = samples(scene, A)
    office = any(part in path for part in ("/jobs", "/outbox"))
    role = "administrator:" if office else "finance_officer:"
    if "/take-outs" in path:  # of an agency, whose own people take its data away
        role = f"agency_finance:{A}"
    if "/calendar-versions" in path:
        role = "service_owner:"
    if "/access-reviews" in path:
        role = "auditor:"
    if {"cases", "desk", "desk-set-up", "case-keeping", "counter"} & set(operation["tags"]):
        role = "service_owner:"
    if "webhooks" in operation["tags"]:
        role = "administrator:"
    where = address(path, operation, known, scene)
    answer = scene.client(role).get(where)
    expected = 404 if NOWHERE in where else 200
    assert answer.status_code == expected, answer.content[:500]
    if answer.headers["Content-Type"] == "application/json" and "items" in answer.json():
        assert set(answer.json()) >= {"items", "after"}


def test_a_bill_is_compared_with_the_trail_and_its_paper(scene: Scene) -> None:
    client, number = scene.client(f"agency_finance:{A}"), f"{A}-{CLOSED}"
    root = client.get("/api/v1/bills").json()["items"][0]["pack_root"]
    found = client.get(f"/api/v1/bills/{number}/check?root={root}").json()
    assert found == {"number": number, "sound": True, "problems": []}
    other = client.get(f"/api/v1/bills/{number}/check?root={'0' * 64}&head=1:{'0' * 64}").json()
    assert not other["sound"]
    assert any(problem.startswith("The root given") for problem in other["problems"])
    assert any("history was changed" in problem for problem in other["problems"])
