"""A token does what its scopes say and no more; who may not use an operation learns nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.api.tests.samples import address, operations, samples
from commonweal.interfaces.api.tests.scene import A, Scene
from commonweal.interfaces.api.tests.test_problems import problem_of
from commonweal.kernel.access.public import SYSTEM, act_as, create_token

AUDITOR = "auditor:"
WRITES = [
    found for found in operations()
    if found[0] != "get" and found[2]["x-access"].partition(":")[0] in ("permission", "centre")
]  # fmt: skip
OWN = [found for found in operations() if found[2]["x-access"] == "own"]


def narrow(scene: Scene, name: str, scope: str) -> Client:
    """A client with a token that carries one scope of somebody's."""
    with act_as(SYSTEM):
        _, secret = create_token(actor=scene.actor(name), name="narrow", scopes=[scope], days=1)
    return Client(headers={"authorization": f"Bearer {secret}"}, raise_request_exception=False)


@pytest.mark.parametrize(
    ("method", "path", "operation"), OWN, ids=[f"{way} {path}" for way, path, _ in OWN]
)
def test_what_is_ones_own_needs_its_scope(
    scene: Scene, method: str, path: str, operation: dict[str, Any]
) -> None:
    client = narrow(scene, f"agency_finance:{A}", "metering.view")
    where = address(path, operation, samples(scene, A), scene)
    answer = getattr(client, method)(where, **({} if method == "get" else _nothing()))
    assert "access.own_account" in problem_of(answer, 403, "ACCESS-403")["detail"]


def _nothing() -> dict[str, str]:
    return {"data": "{}", "content_type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "operation"), WRITES, ids=[f"{way} {path}" for way, path, _ in WRITES]
)
def test_rights_are_asked_before_what_was_sent(
    scene: Scene, method: str, path: str, operation: dict[str, Any]
) -> None:
    where = address(path, operation, samples(scene, A), scene)
    client = narrow(scene, AUDITOR, "access.own_account")
    answer = getattr(client, method)(where, data="{", content_type="application/json")
    problem_of(answer, 403, "ACCESS-403")


def test_a_token_for_ones_own_reads_messages_and_no_bills(scene: Scene) -> None:
    client = narrow(scene, f"agency_finance:{A}", "access.own_account")
    assert client.get("/api/v1/messages").status_code == 200
    assert client.get("/api/v1/decisions/waiting").status_code == 200
    problem_of(client.get("/api/v1/bills"), 403, "ACCESS-403")
    problem_of(client.get("/api/v1/forecasts?fiscal_year=2026"), 403, "ACCESS-403")
