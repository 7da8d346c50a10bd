"""The counter by API: set up, booked, called, served, by a clerk's program."""

from __future__ import annotations

import json
from typing import Any

from commonweal.interfaces.api.tests.desk import OFFICE
from commonweal.interfaces.api.tests.scene import A, Scene
from commonweal.interfaces.api.tests.test_cases import OFFICER, OWNER, send
from commonweal.interfaces.api.tests.test_problems import problem_of

HALL = f"/offices/{OFFICE}"


def read(client: Any, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_an_office_is_set_up_as_data(scene: Scene) -> None:
    owner = scene.client(OWNER)
    body = {"name": "North office", "calendar": "office", "queue": "city", "agency": A}
    made = send(owner, "/offices/north", body, way="put")
    again = send(owner, "/offices/north", body, way="put")
    assert again["kiosk_key"] == made["kiosk_key"]
    changed = send(owner, "/offices/north", body | {"new_key": True}, way="put")
    assert changed["kiosk_key"] != made["kiosk_key"]
    offer = {"name": "Report", "minutes": 20, "visit_type": "visit", "category": "streetlight"}
    assert send(owner, "/offices/north/offers/report", offer, way="put")["agency"] == A
    desk = send(owner, "/offices/north/desks/4", {"only": ["report"]}, way="put")
    assert desk["number"] == 4
    assert "kiosk_key" not in json.dumps(read(owner, "/offices"))
    assert [row["code"] for row in read(owner, "/offices/north/offers")["items"]] == ["report"]
    wrong = owner.put("/api/v1/offices/north/desks/0", "{}", content_type="application/json")
    problem_of(wrong, 422, "CASE-602")
    officer = scene.client(OFFICER)
    assert officer.get("/api/v1/offices").status_code == 403


def test_a_time_is_booked_moved_and_cancelled(scene: Scene) -> None:
    owner = scene.client(OWNER)
    times = read(owner, f"{HALL}/offers/talk/times?days=14")["times"]
    starts = times[5]["starts"]
    body = {"offer": "talk", "starts": starts, "contact": {"name": "Cal"}, "text": "About a lamp"}
    booked = send(owner, f"{HALL}/appointments", body, 201)
    assert len(booked["tracking_code"]) == 19
    send(owner, f"{HALL}/appointments", body, 201)  # the other desk
    where = f"/appointments/{booked['appointment']['id']}"
    assert read(owner, where)["starts"] == starts
    left = read(owner, f"{HALL}/offers/talk/times?days=14")["times"]
    assert starts not in [row["starts"] for row in left]
    full = owner.post(f"/api/v1{HALL}/appointments", json.dumps(body), "application/json")
    problem_of(full, 409, "CASE-605")
    later = times[9]["starts"]
    assert send(owner, f"{where}/move", {"starts": later})["starts"] == later
    assert send(owner, f"{where}/cancel")["state"] == "cancelled"
    gone = owner.post(f"/api/v1{where}/arrive", "{}", "application/json")
    problem_of(gone, 409, "CASE-606")
    naive = owner.post(f"/api/v1{where}/move", '{"starts": "2026-11-03T10:00:00"}',
                       "application/json")  # fmt: skip
    assert naive.status_code == 422


def test_a_clerk_calls_serves_and_sends_on(scene: Scene) -> None:
    owner = scene.client(OWNER)
    desks = [row["id"] for row in read(owner, f"{HALL}/desks")["items"]]
    send(owner, f"/office-desks/{desks[1]}/sit", {"over": True})
    first, second = (send(owner, f"{HALL}/tickets", {"offer": "talk"}, 201) for _ in range(2))
    called = send(owner, f"/tickets/{first['id']}/call", {"desk_id": desks[1]})
    assert (called["state"], called["desk"]) == ("called", 2)
    shown = read(owner, f"{HALL}/queueing")
    assert {"label": first["label"], "desk": 2} in shown["called"]
    here = f"/tickets/{first['id']}"
    assert send(owner, f"{here}/recall")["calls"] == 2
    assert send(owner, f"{here}/hold")["state"] == "hold"
    assert send(owner, f"{here}/release")["state"] == "waiting"
    send(owner, f"{here}/call", {"desk_id": desks[1]})
    assert send(owner, f"{here}/serve")["state"] == "serving"
    send(owner, f"{here}/visitor", {"name": "Vera Visitor"})
    made = send(
        owner, f"{here}/capture",
        {"category": "streetlight", "subject": "Dark lane", "consent": "Said so at the desk",
         "contact": {"name": "Vera Visitor"}, "helper": {"name": "Hal Helper"},
         "place": "3 Elm Street", "answers": {"lamp": "L-3"}},
        201,
    )  # fmt: skip
    case = made["case"]
    assert (case["channel"], case["subject"]) == ("counter", "Dark lane")
    assert len(made["tracking_code"]) == 19
    done = send(owner, f"{here}/finish", {"resolution": "The crew comes."})
    assert (done["state"], done["case_id"]) == ("done", case["id"])
    other = f"/tickets/{second['id']}"
    send(owner, f"{other}/call", {"desk_id": desks[1]})
    send(owner, f"{other}/serve")
    assert send(owner, f"{other}/transfer", {"desk_id": desks[0]})["for_desk"] == 1
    fresh = send(
        owner, "/cases",
        {"agency": A, "category": "streetlight", "subject": "Earlier", "place": "1 Elm Street",
         "answers": {"lamp": "L-4"}}, 201,
    )["case"]  # fmt: skip
    send(owner, f"/office-desks/{desks[0]}/sit", {"over": True})
    send(owner, f"{other}/call", {"desk_id": desks[0]})
    joined = send(owner, f"{other}/join", {"case": fresh["number"]})
    assert joined["case_id"] == fresh["id"]
    assert send(owner, f"{other}/finish", {"keep_open": True})["state"] == "done"
    third = send(owner, f"{HALL}/tickets", {"offer": "talk"}, 201)
    assert send(owner, f"/tickets/{third['id']}/no-show")["state"] == "no_show"
    hours = read(owner, f"{HALL}/waiting-times")["hours"]
    assert sum(row["visitors"] for row in hours) >= 3
    send(owner, f"/office-desks/{desks[0]}/leave")
    none = owner.post(f"/api/v1/office-desks/{desks[0]}/call-next", "{}", "application/json")
    problem_of(none, 409, "CASE-609")
