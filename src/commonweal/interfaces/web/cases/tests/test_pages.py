"""Cases on pages, as an agent, an agency's people and citizens use them."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.tests.world import LAMP
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.models import (
    Attachment,
    Case,
    CaseBatch,
    Category,
    ClockDefinition,
    Contact,
)


def browser(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.users[who])
    return client


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code, answer.content[-2000:])
    return " ".join(answer.content.decode().split())


def send(client: Client, address: str, status: int = 302, **data: Any) -> Any:
    answer = client.post(address, data)
    assert answer.status_code == status, (address, answer.status_code, answer.content[-2500:])
    return answer


def one(subject: str) -> Case:
    with act_as(SYSTEM):
        return Case.objects.select_related("requester").get(subject=subject)


def photo() -> Any:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(stream, "JPEG")
    stream.seek(0)
    stream.name = "lamp.jpg"
    return stream


def test_an_agent_sees_answers_and_resolves(world: World) -> None:
    agent = browser(world, "agent")
    assert "Nothing is waiting here" not in page(agent, "/centre/cases/?show=unassigned")
    assert LAMP in page(agent, "/centre/cases/")
    case = one("The printer prints nothing")
    address = f"/centre/cases/{case.number}/"
    assert "It blinks." in page(agent, address)
    send(agent, address, what="answer", text="Is there paper?", then="waiting_requester", seen="1")
    assert "Is there paper?" in page(agent, address)
    send(agent, address, 422, what="move", state="resolved")
    send(agent, address, what="move", state="resolved", resolution="Paper was missing.")
    assert one("The printer prints nothing").phase == "resolved"
    for place in (1, 2):
        assert "Every interval" in page(agent, f"{address}clocks/{place}/")


def test_many_cases_are_taken_and_given_back(world: World) -> None:
    agent = browser(world, "agent")
    case = one("The printer prints nothing")
    queue = f"/centre/cases/?show=queue&queue={case.queue_id}"
    send(agent, queue, what="take", cases=[str(case.pk)])
    assert "1 case changed" in page(agent, queue)
    assert one("The printer prints nothing").assignee == world.users["agent"].pk
    with act_as(SYSTEM):
        batch = CaseBatch.objects.get().pk
    send(agent, "/centre/cases/undo/", back=queue, batch=str(batch))
    assert one("The printer prints nothing").assignee is None
    send(agent, queue, 422, what="take")


def test_an_answer_written_over_another_is_held_back_once(world: World) -> None:
    agent = browser(world, "agent")
    case = one("The printer prints nothing")
    send(browser(world, "parks-employee"), f"/cases/{case.number}/", what="write", text="Hello?")
    address = f"/centre/cases/{case.number}/"
    answer = send(agent, address, 422, what="answer", text="Is there paper?", seen="1")
    assert b"Is there paper?" in answer.content
    assert b"CASE-191" in answer.content
    send(agent, address, what="answer", text="Is there paper?", seen="1", anyway="1")


@pytest.mark.parametrize(
    "data",
    [
        {"what": "note", "note": "Ask the supplier."},
        {"what": "take"},
        {"what": "give", "queue": "city", "to": ""},
        {"what": "classify", "impact": "high", "urgency": "high"},
        {"what": "task", "name": "Order paper"},
        {"what": "watch", "on": "yes"},
        {"what": "supplier", "handed": "yes", "supplier": "Printers Ltd"},
        {"what": "callback", "kept": "no"},
        {"what": "rebuild"},
        {"what": "begin_check", "method": "in_person"},
        {"what": "link", "other": "PARKS-26-000002", "kind": "related"},
        {"what": "link", "other": "PARKS-26-000002", "kind": "merge"},
    ],
    ids=lambda data: "-".join(str(each) for each in list(data.values())[:1]) + data.get("kind", ""),
)
def test_everything_that_an_agent_does(world: World, data: dict[str, str]) -> None:
    agent = browser(world, "agent")
    case = one("The printer prints nothing")
    send(agent, f"/centre/cases/{case.number}/", **data)
    page(agent, f"/centre/cases/{case.number}/")


def test_a_call_is_captured_on_one_screen(world: World) -> None:
    agent = browser(world, "agent")
    parks = str(world.agencies["PARKS"])
    found = page(agent, f"/centre/cases/new/?agency={parks}&caller=Cle")
    assert "Cleo Citizen" in found
    for number in ("312 555 0123", "(312) 555-0123", "+1 312 555", "312555"):
        query = urlencode({"agency": parks, "caller": number})
        assert "Cleo Citizen" in page(agent, f"/centre/cases/new/?{query}"), number
    send(agent, "/centre/cases/new/", 422, agency=parks, subject="Noise", kind="")
    send(
        agent, "/centre/cases/new/", agency=parks, subject="Noise at night", callback="1",
        kind="type:report", text="Every night.", name="Nia New", phone="+1 312 555 0199",
        channel="phone",
    )  # fmt: skip
    case = one("Noise at night")
    assert (case.channel, case.requester.name) == ("phone", "Nia New")
    assert "Noise at night" in page(agent, "/centre/cases/search/?q=noise+night")
    assert agent.get(f"/centre/cases/search/?q={case.number}").status_code == 302


def test_an_employee_asks_and_another_agency_sees_nothing(world: World) -> None:
    employee = browser(world, "parks-employee")
    assert "I need access" in page(employee, "/cases/ask/")
    assert "A printer prints nothing" in page(employee, "/cases/ask/?q=printer")
    page(employee, "/cases/ask/access/")
    send(employee, "/cases/ask/access/", subject="Ledger access", text="For October.")
    case = one("Ledger access")
    address = f"/cases/{case.number}/"
    assert "Ledger access" in page(employee, "/cases/")
    page(employee, address)
    send(employee, address, what="write", text="It is urgent.", files=photo())
    approver = browser(world, "parks-approver")
    assert "Waits for your approval" in page(approver, "/cases/")
    with act_as(SYSTEM):
        approval = case.approvals.get()
    send(approver, address, what="decide", approval=str(approval.pk), yes="yes")
    for stranger in ("water", "water-approver"):
        client = browser(world, stranger)
        page(client, address, 404)
        assert "Ledger access" not in page(client, "/cases/")
    assert Client().get(address).status_code == 302


def test_a_citizen_reports_with_a_photo_follows_and_rates(world: World) -> None:
    citizen = Client()
    start = page(citizen, "/help/parks/")
    assert "A street lamp is dark" in start
    assert "Meridian Shared Services" not in start
    address = "/help/parks/ask/streetlight/"
    page(citizen, address)
    send(citizen, address, 422, text="Dark", place="", name="Nobody Yet")
    with act_as(SYSTEM):
        assert not Contact.objects.filter(name="Nobody Yet").exists()
    answer = send(
        citizen, address, text="Dark since Monday.", place="5 Elm Street", files=photo(),
        latitude="41.8781", longitude="-87.6298", q_lamp="L-9", name="Cleo", email="c@x.example",
    )  # fmt: skip
    shown = page(citizen, answer["Location"])
    (code,) = set(re.findall(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", shown))
    with act_as(SYSTEM):
        case = Case.objects.get(place="5 Elm Street")
        file = Attachment.objects.get(case=case)
    assert file.shown_id
    picture = citizen.get(f"{answer['Location']}files/{file.pk}/")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert Client().get(answer["Location"]).status_code == 404
    assert Client().get(f"{answer['Location']}files/{file.pk}/").status_code == 404
    send(citizen, answer["Location"], what="write", text="Still dark.")
    again = Client()
    send(again, "/help/parks/follow/", 422, code="AAAA-BBBB")
    send(again, "/help/parks/follow/", code=code)
    assert "Still dark." in page(again, answer["Location"])
    page(again, "/help/nowhere/", 404)
    with act_as(SYSTEM):
        Category.objects.filter(code="streetlight").update(agency_code="WATER")
    page(citizen, address, 404)  # what another agency offers
    send(citizen, address, 404, text="Dark", place="5 Elm Street")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("teams", {"code": "night", "name": "Night team"}),
        ("queues", {"code": "night", "name": "Night", "team": "it", "service": "helpdesk"}),
        ("kinds", {"code": "odd", "name": "Odd", "family": "incident", "audience": "agency",
                   "service": "helpdesk", "queue": "it", "publication": "private"}),
        ("subjects", {"code": "odd", "name": "Odd things", "case_type": "incident"}),
        ("rules", {"position": "7", "queue": "it", "if_words": "odd"}),
        ("promises", {"code": "slow", "name": "Slow", "metric": "resolution", "kind": "sla",
                      "target": "3", "target_unit": "days", "calendar": "office",
                      "starts": "2026-12-01",
                      "if_priority": "P5"}),
        ("answers", {"code": "odd", "name": "Odd", "text": "How odd."}),
        ("knowledge", {"code": "odd", "title": "Odd things", "text": "They happen.",
                       "audience": "staff"}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_casework_is_set_up_on_pages(world: World, name: str, data: dict[str, str]) -> None:
    owner = browser(world, "owner")
    address = f"/centre/cases/set-up/{name}/"
    page(owner, address)
    send(owner, address, **data)
    shown = page(owner, address)
    assert data.get("name", data.get("title", "odd")) in shown
    page(browser(world, "agent"), address, 403)


def test_a_person_joins_a_team_and_a_rule_is_refused(world: World) -> None:
    owner = browser(world, "owner")
    person = str(world.actors["agent"].person_id)
    send(owner, "/centre/cases/set-up/members/", team="it", person_id=person, skills="sql, excel")
    assert "excel, sql" in page(owner, "/centre/cases/set-up/members/")
    send(owner, "/centre/cases/set-up/rules/", 422, position="3", if_words=" , ", queue="it")
    send(owner, "/centre/cases/set-up/rules/", 422, position="3", queue="it")


def test_who_calls_is_given_the_code_and_two_people_are_not_merged(world: World) -> None:
    agent = browser(world, "owner")
    parks = str(world.agencies["PARKS"])
    numbers = []
    for name in ("Ida", "Jon"):
        answer = send(
            agent, "/centre/cases/new/", agency=parks, kind="category:streetlight", name=name,
            subject=f"{name}'s lamp", place="Elm Street", email=f"{name.lower()}@home.example",
        )  # fmt: skip
        shown = page(agent, answer["Location"])
        (code,) = set(re.findall(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", shown))
        send(Client(), "/help/parks/follow/", code=code)
        numbers.append(one(f"{name}'s lamp").number)
    first, second = numbers
    asked = {"what": "link", "kind": "merge", "other": first}
    refused = send(agent, f"/centre/cases/{second}/", 422, **asked)
    assert b"Different people asked" in refused.content
    send(agent, f"/centre/cases/{second}/", **asked, same_person="1")
    assert one("Jon's lamp").merged_into_id == one("Ida's lamp").pk


def test_a_promise_warns_the_person_who_is_chosen(world: World) -> None:
    owner, address = browser(world, "owner"), "/centre/cases/set-up/promises/"
    given = {"code": "told", "name": "Told", "metric": "resolution", "kind": "sla", "target": "3",
             "target_unit": "days", "calendar": "office", "starts": "2026-12-01"}  # fmt: skip
    level = {"levels-0-offset": "75", "levels-0-unit": "percent"}
    nobody = {"levels-0-whom": f"person:{uuid4()}"}
    refused = send(owner, address, 422, **given, **level, **nobody)
    assert b"names a person who is not there" in refused.content
    send(owner, address, 422, **given, **level | {"levels-0-unit": "weeks"})
    someone = f"person:{world.actors['owner'].person_id}"
    assert someone in page(owner, address)
    send(owner, address, **given, **level, **{"levels-0-whom": someone})
    with act_as(SYSTEM):
        (found,) = ClockDefinition.objects.get(code="told").levels
        assert found["person_id"] == str(world.actors["owner"].person_id)
