"""Cases by API, as an agency's officer and the desk's owner use it."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.api.tests.desk import picture
from commonweal.interfaces.api.tests.scene import OPEN, A, B, Scene
from commonweal.interfaces.api.tests.test_problems import problem_of
from commonweal.kernel.calendar.public import at, now
from commonweal.ops.demo.build import moment

OWNER, OFFICER, APPROVER = "service_owner:", f"agency_finance:{A}", f"agency_approver:{A}"


def send(client: Client, path: str, body: Any = None, status: int = 200, way: str = "post") -> Any:
    answer = getattr(client, way)(
        f"/api/v1{path}", json.dumps(body or {}), content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def opened(client: Client, subject: str, **more: Any) -> dict[str, Any]:
    body = {"agency": A, "category": "printer", "subject": subject, "text": "It blinks."}
    found: dict[str, Any] = send(client, "/cases", body | more, 201)["case"]
    return found


def test_a_case_is_opened_answered_resolved_and_rated(scene: Scene) -> None:
    officer, owner = scene.client(OFFICER), scene.client(OWNER)
    case = opened(officer, "Paper is stuck", key="K-1")
    assert (case["channel"], case["agency"], case["phase"]) == ("api", A, "open")
    again = send(officer, "/cases", {"agency": A, "category": "printer", "subject": "Other",
                                     "key": "K-1"}, 201)  # fmt: skip
    assert (again["fresh"], again["case"]["id"]) == (False, case["id"])
    where = f"/cases/{case['number']}"
    send(owner, f"{where}/assign", {"take": True})
    send(owner, f"{where}/notes", {"text": "Ask the supplier."}, 201)
    send(owner, f"{where}/answers", {"text": "Pull it out.", "then": "waiting_requester"}, 201)
    send(officer, f"/cases/{case['id']}/messages", {"text": "It worked."}, 201)
    talk = officer.get(f"/api/v1{where}/conversation").json()["items"]
    assert [row["direction"] for row in talk] == ["in", "out", "in"]
    assert len(owner.get(f"/api/v1{where}/conversation").json()["items"]) == 4
    moved = send(owner, f"{where}/move", {"state": "resolved", "resolution": "Paper removed."})
    assert moved["case"]["phase"] == "resolved"
    assert send(officer, f"{where}/rating", {"score": 5})["score"] == 5
    [clock] = officer.get(f"/api/v1{where}/clocks").json()["clocks"]
    assert clock["state"] == "met"
    why = officer.get(f"/api/v1{where}/clocks/{clock['id']}/intervals").json()
    working = sum(row["microseconds"] for row in why["intervals"] if row["kind"] == "working")
    assert working == why["clock"]["elapsed_us"]
    kinds = [row["kind"] for row in owner.get(f"/api/v1{where}/events").json()["items"]]
    assert kinds[0] == "opened"
    assert "rated" in kinds


def test_files_are_sent_and_shown_without_hidden_data(scene: Scene) -> None:
    officer = scene.client(OFFICER)
    case = opened(officer, "With a picture")
    where = f"/api/v1/cases/{case['number']}/files"
    made = officer.post(where, {"file": SimpleUploadedFile("p.png", picture(), "image/png")})
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["verdict"], row["is_picture"]) == ("ok", True)
    assert officer.get(f"{where}/{row['id']}").content == picture()
    assert officer.get(f"{where}/{row['id']}?show=small").status_code == 200
    bad = SimpleUploadedFile("p.html", b"<html><script>1</script></html>", "text/html")
    held = officer.post(where, {"file": bad}).json()
    assert held["verdict"] == "quarantine"
    problem_of(officer.get(f"{where}/{held['id']}"), 404, "CASE-409")


def test_lists_search_and_merging(scene: Scene) -> None:
    officer, owner = scene.client(OFFICER), scene.client(OWNER)
    first, second = opened(officer, "Zebra printer"), opened(officer, "Zebra once more")
    found = officer.get("/api/v1/case-search?text=zebra").json()["items"]
    assert {row["id"] for row in found} == {first["id"], second["id"]}
    assert scene.client(f"agency_finance:{B}").get("/api/v1/case-search?text=zebra").json() == {
        "items": [], "after": None,
    }  # fmt: skip
    merged = send(owner, f"/cases/{second['number']}/merge", {"into": first["number"]})
    assert merged["case"]["id"] == first["id"]
    gone = officer.get(f"/api/v1/cases/{second['number']}").json()["case"]
    assert gone["merged_into"] == first["id"]
    for query in ("show=own", "show=agency&order=priority", "show=own&standing=done"):
        rows = officer.get(f"/api/v1/cases?{query}&agency={A}").json()["items"]
        assert {row["agency"] for row in rows} == {A}, query
    wrong = officer.get(f"/api/v1/cases?show=own&standing=done&order=due&agency={A}")
    problem_of(wrong, 422, "API-111")
    problem_of(owner.get("/api/v1/cases?show=queue&queue=none"), 404, "CASE-414")


def test_an_agency_says_nothing_that_the_desk_says(scene: Scene) -> None:
    body = {"agency": A, "category": "printer", "subject": "Mine", "impact": "high"}
    answer = scene.client(OFFICER).post(
        "/api/v1/cases", json.dumps(body), content_type="application/json"
    )
    problem_of(answer, 422, "API-113")


def test_what_is_asked_for_is_approved_by_somebody_else(scene: Scene) -> None:
    officer, approver = scene.client(OFFICER), scene.client(APPROVER)
    case = opened(officer, "Access for October", category="access")
    waiting = approver.get(f"/api/v1/agencies/{A}/case-approvals?limit=200").json()["items"]
    [row] = [each for each in waiting if each["case_id"] == case["id"]]
    where = f"/api/v1/case-approvals/{row['id']}/decide"
    own = officer.post(where, json.dumps({"approved": True}), content_type="application/json")
    problem_of(own, 403, "CASE-143")
    assert send(approver, f"/case-approvals/{row['id']}/decide", {"approved": True})["state"] == (
        "approved"
    )


def test_the_desk_is_set_up_as_data(scene: Scene) -> None:
    owner = scene.client(OWNER)
    types = {row["code"]: row for row in owner.get("/api/v1/case-types").json()["items"]}
    kind = types["incident"]
    body = {
        "name": "Fault", "family": "incident", "audience": "agency", "service": kind["service"],
        "machine": kind["machine"], "queue": "it", "tasks": [{"name": "Look"}],
    }  # fmt: skip
    assert send(owner, "/case-types/fault", body, way="put")["machine"] == kind["machine"]
    promise = {
        "name": "Called back", "metric": "callback", "calendar": "office", "starts": "2026-01-01",
        "target_days": 1, "levels": [{"code": "half", "unit": "percent", "offset": 50}],
    }  # fmt: skip
    made = send(owner, "/case-promises/call/versions", promise, 201)
    assert (made["code"], made["levels"][0]["offset"]) == ("call", 50)
    again = owner.post(
        "/api/v1/case-promises/call/versions", json.dumps(promise), content_type="application/json"
    )
    problem_of(again, 409, "CASE-172")
    queue = {"name": "Second", "team": "it", "service": kind["service"]}
    assert send(owner, "/case-queues/second", queue, way="put")["team"] == "it"


def test_something_is_ordered_at_the_price_that_was_shown_and_given_up(
    scene: Scene,
) -> None:
    with at(moment(OPEN.end_day - timedelta(days=3))):  # while its agreement runs
        order_and_give_up(scene)


def order_and_give_up(scene: Scene) -> None:
    officer, owner = scene.client(OFFICER), scene.client(OWNER)
    where = f"/agencies/{A}/order-offers"
    offers = officer.get(f"/api/v1{where}").json()["items"]
    assert "laptop" in {offer["code"] for offer in offers}
    shown = officer.get(f"/api/v1{where}/laptop?quantity=3").json()
    price = shown["price"]
    assert Decimal(price["year"]) > 11 * Decimal(price["first"])
    wrong = {"agency": A, "offer": "laptop", "quantity": "3", "year": "1.00"}
    answer = officer.post("/api/v1/case-orders", json.dumps(wrong), "application/json")
    problem_of(answer, 409, "CASE-245")
    made = send(officer, "/case-orders", wrong | {"year": price["year"], "key": "O-1"}, 201)
    case, order = made["case"], made["order"]
    assert (case["phase"], order["state"], order["year"]) == ("waiting", "asked", price["year"])
    approver = scene.client(APPROVER)
    approval = made["approvals"][0]["id"]
    send(approver, f"/case-approvals/{approval}/decide", {"approved": True})
    move = {"state": "resolved", "resolution": "On your desks."}
    served = send(owner, f"/cases/{case['number']}/move", move)
    assert served["order"]["state"] == "in_service"
    rows = officer.get(f"/api/v1/agencies/{A}/case-orders").json()["items"]
    assert [row["number"] for row in rows] == [case["number"]]
    ended = send(officer, f"/cases/{case['number']}/end-of-service")
    assert ended["state"] == "ended"


def test_views_changes_together_and_figures(scene: Scene) -> None:
    officer, owner = scene.client(OFFICER), scene.client(OWNER)
    first, second = opened(officer, "Yellow toner"), opened(officer, "Yellow toner again")
    filters = {"show": "queue", "queue": "it", "late": True}
    view = send(owner, "/case-views", {"name": "Late", "filters": filters, "team": "it"}, 201)
    assert (view["team"], view["filters"]["late"]) == ("it", True)
    listed = owner.get("/api/v1/case-views").json()["items"]
    assert view["id"] in [row["id"] for row in listed]
    assert owner.get(f"/api/v1/case-views/{view['id']}").json() == view
    assert send(owner, f"/case-views/{view['id']}", way="delete") == {"done": True}
    both = [first["number"], second["number"]]
    done = send(
        owner,
        "/case-batches",
        {"cases": both, "what": "move", "state": "resolved", "resolution": "Toner changed."},
        201,
    )
    assert done["cases"] == 2
    near = owner.get("/api/v1/case-similar?text=yellow+toner").json()["cases"]
    assert {row["phase"] for row in near} == {"resolved"}
    undone = send(owner, f"/case-batches/{done['id']}/undo")
    assert (undone["kept"], undone["undone_at"] is not None) == (0, True)
    assert owner.get(f"/api/v1/case-batches/{done['id']}").json() == undone
    assert officer.get(f"/api/v1/cases/{both[0]}").json()["case"]["phase"] == "open"
    figures = owner.get("/api/v1/desk-figures?queue=it").json()
    assert [row["key"] for row in figures["queues"]] == ["it"]
    assert figures["whole"]["live"] == sum(row["cases"] for row in figures["ages"])
    problem_of(owner.get("/api/v1/desk-figures?queue=none"), 404, "CASE-414")
    ahead = owner.get("/api/v1/backlog-forecast?agents=2").json()
    assert (ahead["enough"], ahead["days"]) == (False, [])
    for _each in range(12):
        case = opened(officer, "Quick one")
        send(owner, f"/cases/{case['number']}/move", {"state": "closed"})
    with at(now() + timedelta(days=1)):
        ahead = owner.get("/api/v1/backlog-forecast?agents=2&change_on=3").json()
    assert (ahead["enough"], len(ahead["days"])) == (True, 60)
    problem_of(officer.get("/api/v1/desk-figures"), 403, "ACCESS-403")
