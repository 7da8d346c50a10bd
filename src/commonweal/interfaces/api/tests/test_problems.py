"""Errors are problem documents; signing in and scopes are checked; reads carry an ETag."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.api.kit import paging
from commonweal.interfaces.api.kit.doors import ApiError
from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene
from commonweal.kernel.access.public import SYSTEM, act_as, create_token, revoke_token

FINANCE, OWN = "finance_officer:", f"agency_finance:{A}"


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """A problem document that is complete."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["code"] == code
    assert found["type"] == f"urn:commonweal:problem:{code}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"].startswith("/api/v1/")
    return found


def test_without_a_token(scene: Scene) -> None:
    answer = scene.client().get("/api/v1/bills")
    problem_of(answer, 401, "API-401")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "cw_wrong", "x" * 500, "cw_é", "Basic abc"])
def test_with_a_wrong_token(scene: Scene, token: str) -> None:
    client = Client(headers={"authorization": f"Bearer {token}"})
    problem_of(client.get("/api/v1/bills"), 401, "API-401")


def test_a_revoked_token_is_nothing(scene: Scene) -> None:
    actor = scene.actor(FINANCE)
    with act_as(SYSTEM):
        token, secret = create_token(actor=actor, name="short", scopes=["audit.view"], days=1)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/audit/events").status_code == 200
    problem_of(client.get("/api/v1/cost-imports"), 403, "ACCESS-403")
    with act_as(SYSTEM):
        revoke_token(actor=actor, token_id=token.pk)
    problem_of(client.get("/api/v1/audit/events"), 401, "API-401")


def test_only_the_centre(scene: Scene) -> None:
    problem_of(scene.client(OWN).get("/api/v1/cost-imports"), 403, "ACCESS-403")
    problem_of(scene.client(OWN).get("/api/v1/audit/verify"), 403, "ACCESS-403")


def test_what_is_not_there(scene: Scene) -> None:
    problem_of(scene.client(FINANCE).get("/api/v1/bills/NO-2020-01"), 404, "BILL-406")
    problem_of(scene.client(FINANCE).get("/api/v1/nothing/at/all"), 404, "API-404")


def test_what_is_wrong_is_named_by_pointer(scene: Scene) -> None:
    client = scene.client(FINANCE)
    answer = client.put(
        "/api/v1/usage/sources/desk",
        json.dumps({"name": "", "expectd": True}),
        content_type="application/json",
    )
    found = problem_of(answer, 422, "API-422")
    assert {each["pointer"] for each in found["errors"]} == {"/name", "/expectd"}
    answer = client.get("/api/v1/bills?limit=201")
    assert problem_of(answer, 422, "API-422")["errors"][0]["pointer"] == "/query/limit"
    answer = client.get("/api/v1/bills?after=abc")
    problem_of(answer, 404, "LIST-404")
    answer = client.put("/api/v1/usage/sources/desk", "{", content_type="application/json")
    problem_of(answer, 400, "API-400")


def test_binary_floating_point_is_refused(scene: Scene) -> None:
    body = {"agency": A, "charge_item": "payroll.payslip", "fiscal_year": 2026, "quantity": 1.5}
    answer = scene.client(OWN).put(
        "/api/v1/forecasts", json.dumps(body), content_type="application/json"
    )
    found = problem_of(answer, 422, "API-422")
    assert "decimal string" in found["errors"][0]["detail"]


def test_a_nul_is_refused(scene: Scene) -> None:
    answer = scene.client(FINANCE).get("/api/v1/audit/events?verb=%00")
    assert answer.status_code == 422


def test_a_domain_error_keeps_its_code_and_writes_nothing(scene: Scene) -> None:
    answer = scene.client(FINANCE).post("/api/v1/closes/2199-01", "", "application/json")
    problem_of(answer, 422, "CLOSE-101")
    problem_of(scene.client(FINANCE).get("/api/v1/closes/2199-01"), 404, "CLOSE-404")


def test_a_defect_shows_nothing_of_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonweal.kernel.audit import public as audit

    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(audit, "verify", broken)
    answer = scene.client(FINANCE).get("/api/v1/audit/verify")
    problem_of(answer, 500, "API-500")
    assert b"secret" not in answer.content


def test_a_read_carries_its_etag(scene: Scene) -> None:
    client = scene.client(FINANCE)
    where = f"/api/v1/bills/{A}-{CLOSED}"
    first = client.get(where)
    again = client.get(where, headers={"if-none-match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_lists_go_on_where_they_ended(scene: Scene) -> None:
    client = scene.client(FINANCE)
    for where in (
        "/api/v1/bills",
        "/api/v1/audit/events",
        "/api/v1/agencies",
        "/api/v1/people",
        f"/api/v1/usage?agency={A}&period={CLOSED}",
        "/api/v1/ledger/centre/journals",
    ):
        whole = client.get(where + ("&" if "?" in where else "?") + "limit=20").json()["items"]
        seen: list[Any] = []
        address = where + ("&" if "?" in where else "?") + "limit=7"
        while len(seen) < len(whole):
            answer = client.get(address)
            seen += answer.json()["items"]
            if not answer.json()["after"]:
                break
            address = answer.headers["Link"].split(">")[0].removeprefix("<")
        assert seen[: len(whole)] == whole, where


def test_a_foreign_cursor_is_refused() -> None:
    for after in ("abc", paging.encode("a", "b"), "W10", "é"):
        with pytest.raises(ApiError):
            paging.decode(after, 1)
    with pytest.raises(ApiError):
        paging.id_after(paging.encode("no id"))
    with pytest.raises(ApiError):
        paging.number_after(paging.encode("1e9"))


@pytest.mark.parametrize("who", [FINANCE, OWN])
def test_the_session_needs_its_csrf_token(scene: Scene, who: str) -> None:
    from commonweal.kernel.access.public import User

    user = User.objects.get(pk=scene.actor(who).user_id)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/me").json()["kind"] == "person"
    body = json.dumps({"name": "mine", "scopes": ["audit.view", "access.own_account"], "days": 1})
    answer = client.post("/api/v1/tokens", body, content_type="application/json")
    problem_of(answer, 403, "API-403")
    token = "a" * 32
    client.cookies["csrftoken"] = token
    made = client.post(
        "/api/v1/tokens", body, content_type="application/json", headers={"x-csrftoken": token}
    )
    assert made.status_code == 201, made.content
    secret = made.json()["secret"]
    other = Client(headers={"authorization": f"Bearer {secret}"})
    assert other.get("/api/v1/me").json()["kind"] == "token"
    again = other.post("/api/v1/tokens", body, content_type="application/json")
    problem_of(again, 422, "ACCESS-102")
    gone = client.delete(f"/api/v1/tokens/{made.json()['id']}", headers={"x-csrftoken": token})
    assert gone.status_code == 200
    problem_of(other.get("/api/v1/me"), 401, "API-401")
