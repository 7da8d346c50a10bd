"""How pools give to pools, by the API."""

from __future__ import annotations

import json
from typing import Any

from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene
from commonweal.interfaces.api.tests.test_rate_desk import DIRECTOR, FINANCE, read


def post(scene: Scene, path: str, who: str, body: dict[str, Any]) -> Any:
    return scene.client(who).post(
        f"/api/v1{path}", json.dumps(body), content_type="application/json"
    )


def test_a_method_is_compared_proposed_and_decided(scene: Scene) -> None:
    effect = read(scene, "/allocation-methods/effect", FINANCE).json()
    assert effect["period"] == CLOSED.code
    assert {"service", "direct", "step_down", "double_step_down", "reciprocal"} == set(
        effect["services"][0]
    )
    asked = {"method": "direct", "starts": "2030-07-01", "reason": "Offices serve services only"}
    wrong = post(scene, "/allocation-methods", FINANCE, {**asked, "starts": "2030-07-02"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "COSTS-231")
    refused = post(scene, "/allocation-methods", f"agency_finance:{A}", asked)
    assert refused.status_code == 403
    made = post(scene, "/allocation-methods", FINANCE, asked)
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    decide = f"/allocation-methods/{made.json()['id']}/decision"
    assert post(scene, decide, FINANCE, {"approved": True}).status_code == 403
    by_token = post(scene, decide, DIRECTOR, {"approved": True})
    assert (by_token.status_code, by_token.json()["code"]) == (403, "AUTHORITY-108")
    again = post(scene, "/allocation-methods", FINANCE, asked)
    assert (again.status_code, again.json()["code"]) == (409, "AUTHORITY-103")
    listed = read(scene, "/allocation-methods", FINANCE).json()["items"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
