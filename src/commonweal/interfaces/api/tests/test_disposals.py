"""A jointly funded asset's end by the API and the command: who got which part of the proceeds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from commonweal.interfaces.api.tests.scene import OPEN, A, B, Scene
from commonweal.interfaces.cli.main import main
from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import at
from commonweal.practices.charging import public as charging

OFFICER, DIRECTOR = "finance_officer:", "director:"
DURING = datetime(OPEN.year, OPEN.month, 20, 15, tzinfo=UTC)


def send(scene: Scene, path: str, who: str, **body: Any) -> Any:
    call = scene.client(who).post
    return call(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def items(scene: Scene, path: str, who: str) -> list[dict[str, Any]]:
    answer = scene.client(who).get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_disposal_says_what_became_of_each_part(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    with at(DURING):
        pool = items(scene, "/cost-pools?first=2025-09&last=2025-09", OFFICER)[0]["code"]
        made = send(
            scene, "/assets", OFFICER, code="array", name="Storage array", pool=pool,
            cost="1000.00", in_service=f"{OPEN.code}-01", life_months=7,
            contributors={A: "300.00", "grant:SLFRF-7": "200.00"},
        )  # fmt: skip
        assert made.status_code == 201, made.content
        asked = {"day": f"{OPEN.code}-20", "proceeds": "400.03", "reason": "Replaced by the cloud"}
        for bills in (0, 121):
            wrong = send(scene, "/assets/array/disposals", OFFICER, bills=bills, **asked)
            assert wrong.status_code == 422
        proposed = send(scene, "/assets/array/disposals", OFFICER, bills=3, **asked)
        assert proposed.status_code == 201, proposed.content
        assert (proposed.json()["state"], proposed.json()["shares"]) == ("proposed", [])
        key = proposed.json()["id"]
        own = send(scene, f"/disposals/{key}/decision", OFFICER, approved=True, reason="")
        assert own.status_code == 403
        # A token decides nothing: the second person signs in.
        token = send(scene, f"/disposals/{key}/decision", DIRECTOR, approved=True, reason="")
        assert (token.status_code, token.json()["code"]) == (403, "AUTHORITY-108")
        director = scene.actor(DIRECTOR)
        with act_as(director):
            charging.decide_disposal(actor=director, disposal_id=UUID(key), approved=True)
        (done,) = items(scene, "/assets/array/disposals", OFFICER)
        assert done["state"] == "approved"
        shares = {row["agency"] or row["grant"]: row for row in done["shares"]}
        assert {who: (row["way"], row["amount"]) for who, row in shares.items()} == {
            "": ("pool", "200.01"), A: ("credit", "120.01"), "SLFRF-7": ("held", "80.01"),
        }  # fmt: skip
        mine = shares[A]
        assert (len(mine["months"]), mine["left"], mine["bills"]) == (3, "120.01", [])
        (row,) = items(scene, "/contributor-credits", f"agency_finance:{A}")
        assert (row["asset"], row["way"], row["credit_id"]) == (
            "Storage array", "credit", mine["credit_id"],
        )  # fmt: skip
        assert items(scene, "/contributor-credits", f"agency_finance:{B}") == []
        credit = scene.client(f"agency_finance:{A}").get(f"/api/v1/credits/{mine['credit_id']}")
        assert credit.json()["credit"]["kind"] == "disposal"
        assert "Replaced by the cloud" in credit.json()["credit"]["reason"]
        capsys.readouterr()
        assert main(["costs", "disposals", "array", "--as", "finance@meridian.example"]) == 0
        out = capsys.readouterr().out
        for part in (A, "grant:SLFRF-7", "centre", "120.01", mine["credit_id"], "held"):
            assert part in out
