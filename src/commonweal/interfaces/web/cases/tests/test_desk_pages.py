"""The agents' and managers' work places, and what citizens do from afar, as pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases import limits, look
from commonweal.interfaces.web.cases.tests.test_pages import browser, one, page, send
from commonweal.interfaces.web.cases.tests.world import LAMP
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, CaseBatch, SavedView

PRINTER = "The printer prints nothing"
WORK = "/centre/cases/"


def undo(client: Client, back: str) -> None:
    with act_as(SYSTEM):
        batch = CaseBatch.objects.order_by("-done_at", "-id")[0].pk
    send(client, f"{WORK}undo/", back=back, batch=str(batch))


def everything(world: World) -> tuple[Client, str, list[str]]:
    agent, case = browser(world, "agent"), one(PRINTER)
    queue = f"{WORK}?show=queue&queue={case.queue_id}"
    with act_as(SYSTEM):
        rows = Case.objects.filter(queue_id=case.queue_id, phase="open")
        return agent, queue, [str(each.pk) for each in rows]


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ({"what": "move", "state": "resolved", "resolution": "Paper."}, "phase", "resolved"),
        ({"what": "classify", "impact": "high", "urgency": "high"}, "priority", "P1"),
    ],
    ids=["resolve", "priority"],
)
def test_many_are_changed_and_put_back(
    world: World, data: dict[str, str], field: str, value: str
) -> None:
    agent, queue, _ids = everything(world)
    case = one(PRINTER)
    before = getattr(case, field)
    send(agent, queue, cases=[str(case.pk)], **data)
    assert getattr(one(PRINTER), field) == value
    assert "It can be undone until" in page(agent, queue)
    undo(agent, queue)
    assert getattr(one(PRINTER), field) == before
    assert "1 case is as it was before" in page(agent, queue)
    undo(agent, queue)
    assert "cannot be undone any more" in page(agent, queue)


def caught(pattern: str, text: str) -> str:
    """What the pattern's group holds in a text."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


def test_many_become_part_of_one(world: World) -> None:
    agent, queue, _ids = everything(world)
    case, parent = one(PRINTER), one("Payroll")
    send(agent, queue, cases=[str(case.pk)], what="part_of", parent=parent.number)
    assert parent.number in page(agent, f"{WORK}{case.number}/")
    wrong = send(agent, queue, 422, cases=[str(case.pk)], what="part_of", parent="NO-1")
    assert b"CASE-192" in wrong.content


def test_what_is_wrong_names_the_case_and_keeps_what_was_typed(world: World) -> None:
    agent, queue, _ids = everything(world)
    case = one(PRINTER)
    text = send(agent, queue, 422, cases=[str(case.pk)], what="move", state="resolved").content
    assert f"{case.number}: Say in a sentence".encode() in text
    assert re.search(rb'value="' + str(case.pk).encode() + rb'"[^>]* checked', text)
    assert b"CASE-194" in send(agent, queue, 422, cases=[str(case.pk)], what="move").content
    assert b"CASE-264" in send(agent, queue, 422, cases=[str(case.pk)], what="burn").content
    assert send(agent, f"{WORK}undo/", back="https://evil.example/").url == WORK


def test_a_list_is_saved_opened_and_taken_away(world: World) -> None:
    agent, case = browser(world, "agent"), one(PRINTER)
    here = f"{WORK}?show=queue&queue={case.queue_id}&priority={case.priority}&order=newest"
    saved = send(agent, f"{WORK}views/", name="Newest first", here=here, team="it")
    shown = page(agent, saved.url)
    assert "Newest first (Help desk)" in shown
    assert PRINTER in shown
    assert "Take away the view" in shown
    assert PRINTER not in page(agent, saved.url.replace(f"={case.priority}", "=P1"))
    again = send(agent, f"{WORK}views/", 422, name=" ", here=here)
    assert b"CASE-260" in again.content
    assert b"priority=" in again.content
    with act_as(SYSTEM):
        view = SavedView.objects.get().pk
    send(agent, f"{WORK}views/", what="drop", view=str(view))
    assert "Newest first (" not in page(agent, WORK)


def test_a_ready_answer_is_put_into_what_is_written(world: World) -> None:
    with act_as(SYSTEM):
        casework.put_ready_answer(
            actor=world.actors["owner"], code="hello", name="Greeting",
            text="Dear {{ name }}, about {{number}}: {{other}}",
        )  # fmt: skip
    agent, case = browser(world, "agent"), one(PRINTER)
    text = send(
        agent, f"{WORK}{case.number}/", 200, what="answer", text="Look:", ready="hello", seen="1"
    ).content.decode()
    assert f"Look:\n\nDear Petra Employee, about {case.number}: {{{{other}}}}</textarea>" in text
    assert one(PRINTER).last_event == case.last_event


def test_the_sheet_of_keys(world: World) -> None:
    text = page(browser(world, "agent"), f"{WORK}keys/")
    assert '<kbd class="cw-key">j</kbd>' in text
    assert "desk.js" in page(browser(world, "agent"), WORK)


def test_what_is_due_soon_is_marked(world: World) -> None:
    case = one(PRINTER)
    queue = f"{WORK}?show=queue&queue={case.queue_id}"
    assert case.due_at is not None
    assert "Soon" not in page(browser(world, "agent"), queue)
    with at(case.due_at - timedelta(minutes=30)):
        assert "Soon" in page(browser(world, "agent"), queue)


def test_how_the_desk_does(world: World) -> None:
    director = browser(world, "director")
    text = page(director, f"{WORK}manage/")
    assert "cases are open; 0 are late." in text
    assert "Help desk" in text
    assert "Done at first contact" in text
    assert "Say how many people" in text
    assert "There is too little history" in page(director, f"{WORK}manage/?agents=2")
    for day in range(30):
        with at(now() - timedelta(days=40 - day)), act_as(SYSTEM):
            for _each in range(2):
                made = casework.open_case(
                    actor=SYSTEM, agency_id=world.agencies["PARKS"],
                    new=casework.NewCase("incident", "Slow", channel="phone"),
                ).case  # fmt: skip
                if day % 3:
                    casework.move_case(actor=SYSTEM, case_id=made.pk, state="closed")
    with at(now() + timedelta(days=1)):
        text = page(director, f"{WORK}manage/?agents=3&on=5")
        assert "How this is forecast" in text
        assert "With 3 agents" in text
        assert "would clear it by then" in text
        queue = one(PRINTER).queue_id
        assert "With 1 agent" in page(director, f"{WORK}manage/?queue={queue}&agents=1")
        wrong = page(director, f"{WORK}manage/?agents=many", 422)
        assert "Write a whole number" in wrong
    page(browser(world, "agent"), f"{WORK}manage/", 403)


def test_help_is_offered_while_writing_with_and_without_scripts(world: World) -> None:
    agent, parks = browser(world, "agent"), browser(world, "parks-employee")
    words = {"subject": "printer", "text": "it prints nothing, the printer"}
    for client, form, place in (
        (agent, f"{WORK}new/", f"{WORK}look/"),
        (parks, "/cases/ask/printer/", "/cases/look/"),
    ):
        part = send(client, place, 200, **words).content.decode()
        whole = send(client, form, 200, look="1", **words).content.decode()
        for text in (part, whole):
            assert "A printer prints nothing" in text
            assert one(PRINTER).number in text
        assert "it prints nothing, the printer" in whole
        assert "<html" not in part
    before = one(PRINTER).number
    nobody = Client()
    lamp = {"text": "the street lamp before the town hall is dark"}
    part = send(nobody, "/help/parks/look/", 200, **lamp).content.decode()
    assert LAMP in part
    assert before not in part
    whole = send(nobody, "/help/parks/ask/streetlight/", 200, look="1", **lamp).content.decode()
    assert LAMP in whole


def test_looking_is_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MOST_LOOKS", 2)
    limits.cache.clear()
    for status in (200, 200, 429):
        send(Client(REMOTE_ADDR="192.0.2.77"), "/help/parks/look/", status, text="lamp")
    send(browser(world, "agent"), f"{WORK}look/", 200, text="lamp")
    limits.cache.clear()


def test_one_tap_of_a_mail_says_how_it_went(world: World) -> None:
    limits.cache.clear()
    with act_as(SYSTEM):
        case = Case.objects.get(subject=LAMP)
        token = casework.how_token(case.pk)
    place = f"/help/parks/how/{token}/"
    assert "We are working on it again" in page(Client(), place)
    with act_as(SYSTEM):
        casework.move_case(actor=SYSTEM, case_id=case.pk, state="in_progress")
        casework.move_case(
            actor=world.actors["agent"], case_id=case.pk, state="resolved", resolution="Bulb."
        )
    text = page(Client(), place)
    assert "How did it go?" in text
    assert "Centre" not in text
    send(Client(), place, 422, score="9")
    assert "Thank you" in send(Client(), place, 200, score="5", why="Quick.").content.decode()
    assert b"CASE-128" in send(Client(), place, 422, score="1").content
    assert one(LAMP).score == 5
    page(Client(), place.replace("/how/", "/how/x"), 404)
    page(Client(), place.replace("parks", "water"), 404)


def test_a_draft_that_is_sent_twice_opens_one_case(world: World) -> None:
    limits.cache.clear()
    draft, agent = str(uuid4()), browser(world, "agent")
    parks = str(world.agencies["PARKS"])
    kept = (now() - timedelta(hours=2)).isoformat()
    data = {
        "agency": parks, "subject": "Lost badge", "kind": "type:incident", "draft": draft,
        "kept_at": kept, "callback": "1",
    }  # fmt: skip
    for _again in range(2):
        answer = agent.post(f"{WORK}new/", data, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["number"]) == (201, one("Lost badge").number)
    assert one("Lost badge").opened_at.isoformat() == kept
    with act_as(SYSTEM):
        kinds = one("Lost badge").events.values_list("kind", flat=True)
        assert list(kinds).count("callback") == 1
    for given in ("tomorrow", (now() - timedelta(days=9)).isoformat(), "2026-01-01T10:00"):
        fresh = {**data, "draft": str(uuid4()), "kept_at": given, "subject": f"At {given}"}
        agent.post(f"{WORK}new/", fresh)
        assert one(f"At {given}").opened_at > now() - timedelta(hours=1)
    employee = browser(world, "parks-employee")
    for client, place in ((employee, "/cases/ask/printer/"),
                          (Client(), "/help/parks/ask/streetlight/")):  # fmt: skip
        draft = caught(r'name="draft" value="([^"]+)"', page(client, place))
        data = {"subject": "Twice", "text": "Sent twice", "place": "Elm Street", "draft": draft}
        with act_as(SYSTEM):
            before = Case.objects.count()
        urls = [send(client, place, **data).url for _again in range(2)]
        with act_as(SYSTEM):
            assert Case.objects.count() == before + 1
        assert urls[0] == urls[1]
    assert "Your code" in page(client, urls[1])


def test_a_citizen_withdraws_with_the_code(world: World) -> None:
    limits.cache.clear()
    client = Client()
    made = send(client, "/help/parks/ask/streetlight/", text="Dark", place="Elm").url
    code = caught(r"([2-9A-Z]{4}(?:-[2-9A-Z]{4}){3})", page(client, made))
    other = Client()
    found = send(other, "/help/parks/follow/", code=code).url
    assert "Withdraw" in page(other, found)
    send(other, found, what="move", state="closed")
    with act_as(SYSTEM):
        assert Case.objects.get(number=made.rstrip("/").rpartition("/")[2]).phase == "closed"


@pytest.mark.parametrize(
    ("who", "place", "start"),
    [
        ("agent", f"{WORK}app.webmanifest", WORK),
        ("parks-employee", "/cases/app.webmanifest", "/cases/"),
        ("", "/help/parks/app.webmanifest", "/help/parks/"),
    ],
    ids=["desk", "portal", "door"],
)
def test_each_side_can_be_installed(world: World, who: str, place: str, start: str) -> None:
    client: Any = browser(world, who) if who else Client()
    answer = client.get(place)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert (found["start_url"], found["display"]) == (start, "standalone")
    assert place in page(client, start)
    if not who:
        assert "Centre" not in found["name"]
    worker = client.get("/service-worker.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert b"commonweal-drafts" in worker.content
