"""Signing, ending, limits and namings by API; bureaus, suppliers and the centre's settings."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene
from commonweal.interfaces.api.tests.test_problems import problem_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.public import orders
from commonweal.ops.demo.build import moment

ADMIN, DIRECTOR, OWNER = "administrator:", "director:", "service_owner:"
OFFICER, APPROVER = f"agency_finance:{A}", f"agency_approver:{A}"


def send(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(
        f"/api/v1{path}", json.dumps(body), content_type="application/json"
    )


def running(scene: Scene) -> Any:
    with act_as(SYSTEM):
        return orders(SYSTEM, scene.world.agencies[A], state="active")[0]


def test_a_modification_is_proposed_compared_and_waits(scene: Scene) -> None:
    owner, order = scene.client(OWNER), running(scene)
    whole = owner.get(f"/api/v1/orders/{order.pk}").json()
    line = whole["lines"][0]
    given = {
        "starts": str(CLOSED.shift(2).first_day),
        "reason": "Only one line from then on",
        "lines": [
            {
                "item": line["charge_item"],
                "estimated_quantity": "7",
                "estimated_amount_minor": 700,
            }
        ],
        "funding": [{"name": "General fund"}],
    }
    closed = {**given, "starts": str(CLOSED.first_day)}
    problem_of(send(owner, "post", f"/orders/{order.pk}/modify", closed), 422, "CATALOGUE-250")
    made = send(owner, "post", f"/orders/{order.pk}/modify", given)
    assert made.status_code == 201, made.content
    change = made.json()["id"]
    found = owner.get(f"/api/v1/orders/{change}/changes").json()
    kinds = [each["kind"] for each in found["lines"]]
    assert kinds.count("ended") == len(whole["lines"]) - 1
    assert kinds.count("changed") == 1
    versions = owner.get(f"/api/v1/orders/{change}/versions").json()["items"]
    assert [versions[0]["id"], versions[-1]["id"]] == [change, str(order.pk)]
    found = owner.get("/api/v1/signatures/waiting?limit=200").json()["items"]
    [waiting] = [each for each in found if each["id"] == change]
    assert waiting["kind"] == "modification"
    agency = next(each for each in waiting["missing"] if each["side"] == "agency")
    assert {each["role"] for each in agency["deciders"]} >= {"Agency approver"}
    assert agency["why_not"]
    sign = {"side": "centre"}
    program = send(scene.client(DIRECTOR), "post", f"/orders/{change}/sign", sign)
    problem_of(program, 422, "CATALOGUE-232")
    refusal = {"side": "agency", "reason": "Programs do not refuse either."}
    by_program = send(scene.client(APPROVER), "post", f"/orders/{change}/refuse", refusal)
    problem_of(by_program, 422, "CATALOGUE-232")
    gone = send(owner, "post", f"/orders/{change}/withdraw", {"reason": "It was a test."})
    assert (gone.json()["state"], gone.json()["closed_side"]) == ("withdrawn", "centre")


def test_an_end_is_proposed_and_withdrawn(scene: Scene) -> None:
    officer, order = scene.client(OFFICER), running(scene)
    body = {"ends": "2100-01-01", "reason": "The board decided to leave."}
    problem_of(send(officer, "post", f"/orders/{order.pk}/end", body), 422, "CATALOGUE-226")
    body = {**body, "ends": str(CLOSED.shift(3).first_day)}
    with at(moment(CLOSED.shift(2).first_day)):
        made = send(officer, "post", f"/orders/{order.pk}/end", body)
    assert made.status_code == 201, made.content
    path = f"/endings/{made.json()['id']}"
    assert officer.get(f"/api/v1{path}").json()["proposed_side"] == "agency"
    signed = send(scene.client(DIRECTOR), "post", f"{path}/sign", {"side": "centre"})
    problem_of(signed, 422, "CATALOGUE-232")
    done = send(officer, "post", f"{path}/withdraw", {"reason": "It stays after all."})
    assert done.json()["state"] == "withdrawn"


def test_limits_and_namings_are_proposals(scene: Scene) -> None:
    admin = scene.client(ADMIN)
    body = {"role": "director", "subject_type": "catalogue.Order", "max_minor": 100}
    made = send(admin, "post", "/amount-limits", body)
    assert made.status_code == 201, made.content
    decision = made.json()["id"]
    limits = admin.get("/api/v1/amount-limits").json()["items"]
    assert decision not in [each["decision_id"] for each in limits]
    read = admin.get(f"/api/v1/decisions/{decision}").json()
    assert read["why_not"]
    assert {each["why_not"] for each in read["deciders"]} == {"", "proposed it"}
    by_program = send(scene.client(DIRECTOR), "post", f"/decisions/{decision}/approve", {})
    problem_of(by_program, 403, "AUTHORITY-108")
    assert send(admin, "post", f"/decisions/{decision}/withdraw", {}).status_code == 200
    with act_as(SYSTEM):
        person = scene.actor(APPROVER).person_id
    naming = send(scene.client(OFFICER), "post", f"/agencies/{A}/second-approvers",
                  {"person_id": str(person)})  # fmt: skip
    assert naming.status_code == 201, naming.content
    assert admin.get(f"/api/v1/agencies/{A}/second-approvers").json()["items"] == []
    path = f"/decisions/{naming.json()['id']}/withdraw"
    assert send(scene.client(OFFICER), "post", path, {}).json()["state"] == "withdrawn"


def test_parties_are_created_and_renamed(scene: Scene) -> None:
    admin = scene.client(ADMIN)
    bureau = send(admin, "post", f"/agencies/{A}/bureaus", {"code": "NEW", "name": "New"}).json()
    renamed = send(admin, "patch", f"/bureaus/{bureau['id']}", {"name": "Newer"})
    assert renamed.json()["name"] == "Newer"
    supplier = send(admin, "post", "/suppliers", {"code": "S-1", "name": "One"}).json()
    renamed = send(admin, "patch", f"/suppliers/{supplier['id']}", {"name": "One Ltd"})
    assert renamed.json()["name"] == "One Ltd"
    for path, code in (("bureaus", "PARTY-411"), ("suppliers", "PARTY-412")):
        nobody = f"/{path}/018f0000-0000-7000-8000-000000000000"
        problem_of(send(admin, "patch", nobody, {"name": "X"}), 404, code)
    changed = send(admin, "patch", "/centre", {"federal_forms": True, "contact_name": "Desk"})
    assert (changed.json()["federal_forms"], changed.json()["contact_name"]) == (True, "Desk")
    before = {"federal_forms": False, "contact_name": "Billing desk"}
    assert send(admin, "patch", "/centre", before).json()["federal_forms"] is False
    problem_of(send(scene.client(OWNER), "patch", "/centre", {"name": "X"}), 403, "ACCESS-403")
