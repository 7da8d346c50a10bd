"""The close by the API: asked for, followed, refused while it runs, stopped."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from commonweal.interfaces.api.tests.scene import CLOSED, OPEN, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.jobs.public import Job

FINANCE = "finance_officer:"


def post(scene: Scene, path: str, who: str = FINANCE, **body: Any) -> Any:
    """Post to a close."""
    return scene.client(who).post(
        f"/api/v1/closes/{path}", json.dumps(body), content_type="application/json"
    )


def test_a_close_is_asked_for_followed_and_stopped(scene: Scene) -> None:
    """No worker runs here: the work waits, and the month stays open for the other tests."""
    assert post(scene, f"{OPEN}").status_code == 201
    assert post(scene, f"{OPEN}/stop").json()["code"] == "CLOSE-411"
    asked = post(scene, f"{OPEN}/advance", until="freeze", waived=["desk"], waive_reason="It moved")
    assert asked.status_code == 202, asked.content
    work = asked.json()["work"]
    assert (work["state"], work["step"], work["done"]) == ("queued", "", 0)
    assert work["asked_by"] == str(scene.actor(FINANCE).user_id)
    with act_as(SYSTEM):
        job = Job.objects.get(pk=work["id"])
        assert "charging.run_close" in job.scopes
    again = post(scene, f"{OPEN}/advance")
    assert (again.status_code, again.json()["code"]) == (409, "CLOSE-409")
    assert " runs it since " in again.json()["detail"]
    assert scene.client(FINANCE).get(f"/api/v1/closes/{OPEN}").json()["work"]["id"] == work["id"]
    stopped = post(scene, f"{OPEN}/stop").json()
    assert stopped["work"]["state"] == "cancelled"
    listed = scene.client(FINANCE).get("/api/v1/closes").json()["items"]
    assert [each["work"] and each["work"]["state"] for each in listed] == ["cancelled", None]


def test_a_closed_month_has_nothing_left_to_do(scene: Scene) -> None:
    done = post(scene, f"{CLOSED}/advance").json()
    assert (done["state"], done["work"]) == ("done", None)


@pytest.mark.parametrize("path", ["2025-12/stop", "2199-01/stop"])
def test_a_month_that_was_not_started_cannot_be_stopped(scene: Scene, path: str) -> None:
    refused = post(scene, path)
    assert (refused.status_code, refused.json()["code"]) == (404, "CLOSE-404")


def test_only_whoever_may_close_asks(scene: Scene) -> None:
    assert post(scene, f"{OPEN}/advance", who="director:").status_code == 403


def test_the_approval_of_a_month_is_read_with_its_figures(scene: Scene) -> None:
    read = scene.client("director:").get(f"/api/v1/closes/{CLOSED}").json()
    found, month = read["approval"], read["steps"]
    assert (found["state"], found["currency"]) == ("approved", "USD")
    assert [step["code"] for step in month][5:8] == ["preview", "approve", "issue"]
    summary = scene.client(FINANCE).get(f"/api/v1/closes/{CLOSED}/summary").json()
    assert (found["bills"], found["total"]) == (summary["bills"], summary["total"])
    assert sum(Decimal(row["charged"]) for row in found["services"]) == Decimal(found["total"])
    assert found["preview_reason"] == "The tests do not wait"
    decision = scene.client("director:").get(f"/api/v1/decisions/{found['id']}").json()
    assert decision["subject_type"] == "charging.CloseRun"
    hurried = post(scene, f"{OPEN}/advance", end_preview=True)
    assert (hurried.status_code, hurried.json()["code"]) == (422, "CLOSE-502")
    by_token = post(
        scene, f"{CLOSED}/approve", who="director:", reason="It is right", decision=found["id"]
    )
    assert (by_token.status_code, by_token.json()["code"]) == (409, "CLOSE-508")
    assert (
        post(scene, f"{CLOSED}/reject", reason="It is not right", decision=found["id"]).status_code
        == 403
    )
