"""The counter on pages: a clerk by keyboard, a citizen at the door, the hall, the manager."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.tests.test_pages import browser, page, send
from commonweal.interfaces.web.counter.tests.world import CITIZEN, ELEVEN
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework.models import (
    Appointment,
    Case,
    Interaction,
    Office,
    OfficeDesk,
    OfficeOffer,
    Ticket,
)

SCREEN = "/centre/counter/hall/"
CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


def row(model: Any, **lookup: Any) -> Any:
    with act_as(SYSTEM):
        return model.objects.get(**lookup)


def ticket(label: str) -> Ticket:
    found: Ticket = row(Ticket, label=label)
    return found


def ids(*labels: str) -> list[str]:
    return [str(ticket(label).pk) for label in labels]


def test_a_clerk_calls_serves_and_finishes(world: World) -> None:
    agent = browser(world, "agent")
    assert agent.get("/centre/counter/")["Location"] == SCREEN
    shown = page(agent, SCREEN)
    assert "In hand at desk 1" in shown
    assert "They are here" in shown
    assert "autofocus" in shown
    (second,) = ids("A002")
    send(agent, SCREEN, what="recall", ticket=second)
    assert "Called 2 times" in page(agent, SCREEN)
    send(agent, SCREEN, what="serve", ticket=second)
    send(agent, SCREEN, what="finish", ticket=second)
    shown = page(agent, SCREEN)
    assert "Call the next: A003" in shown
    assert ticket("A002").state == "done"
    (third,) = ids("A003")
    send(agent, SCREEN, what="next")
    send(agent, SCREEN, what="miss", ticket=third)
    (first,) = ids("A001")
    send(agent, SCREEN, what="release", ticket=first)
    send(agent, SCREEN, what="call", ticket=first)
    send(agent, SCREEN, what="hold", ticket=first)
    send(agent, SCREEN, what="leave")
    assert "Where do you sit?" in page(agent, SCREEN)
    send(agent, SCREEN, 422, what="next")
    assert "On hold" in page(agent, "/centre/counter/hall/tickets/")
    assert "Nobody took a number" in page(agent, "/centre/counter/hall/tickets/?day=2026-11-01")


def test_what_they_ask_for_is_written_down_with_consent(world: World) -> None:
    agent = browser(world, "agent")
    (second,) = ids("A002")
    assert "Number of the lamp" in page(agent, SCREEN)
    asked = {"what": "capture", "ticket": second, "about": "streetlight", "subject": "Dark lane",
             "q_lamp": "L-9", "place": "9 Elm Street", "name": "Otto Old",
             "text": "Since Monday."}  # fmt: skip
    answer = send(agent, SCREEN, 422, **asked)
    assert b"CASE-614" in answer.content
    assert b"Since Monday." in answer.content
    send(agent, SCREEN, **asked, consent="Said so at the desk",
         helper_name="Hanna Helper")  # fmt: skip
    with act_as(SYSTEM):
        case = Case.objects.select_related("requester", "reporter").get(subject="Dark lane")
        consent = case.consents.select_related("agent").get()
    assert (case.channel, case.requester.name, case.answers) == (
        "counter", "Otto Old", {"lamp": "L-9"},
    )  # fmt: skip
    assert consent.agent == case.reporter
    shown = page(agent, SCREEN)
    assert case.number in shown
    (code,) = set(CODE.findall(shown))
    send(Client(), "/help/parks/follow/", code=code)  # they follow at home what began at the desk
    send(agent, SCREEN, what="finish", ticket=second, then="open")
    assert row(Case, pk=case.pk).phase == "open"
    assert "Came to the counter for it: A002" in page(agent, f"/centre/cases/{case.number}/")


def test_a_visit_goes_on_in_an_earlier_case(world: World) -> None:
    agent = browser(world, "agent")
    with act_as(SYSTEM):
        lamp = Case.objects.get(requester__name="Cleo Citizen")
    (second,) = ids("A002")
    send(agent, SCREEN, what="name", ticket=second, name="Cleo Citizen")
    wrong = send(agent, SCREEN, 422, what="join", ticket=second, number="PARKS-26-999999")
    assert b"Check the number" in wrong.content
    assert b'value="PARKS-26-999999"' in wrong.content
    send(agent, SCREEN, what="join", ticket=second, number=lamp.number)
    send(agent, SCREEN, what="finish", ticket=second, resolution="The lamp is lit.")
    with act_as(SYSTEM):
        lamp.refresh_from_db()
    assert (lamp.phase, lamp.channel, lamp.resolution) == ("resolved", "phone", "The lamp is lit.")


def test_two_clerks_send_each_other_visitors(world: World) -> None:
    agent, owner = browser(world, "agent"), browser(world, "owner")
    one, two = (str(row(OfficeDesk, number=number).pk) for number in (1, 2))
    assert "Parks hall" in page(owner, "/centre/counter/")
    assert "Amy Agent sits there" in page(owner, SCREEN)
    send(owner, SCREEN, 422, what="sit", desk=one)
    send(owner, SCREEN, what="sit", desk=two)
    (second,) = ids("A002")
    send(agent, SCREEN, what="serve", ticket=second)
    send(agent, SCREEN, what="transfer", ticket=second, to=two)
    shown = page(owner, SCREEN)
    assert "Call the next: A002" in shown
    assert "sent to you" in shown
    send(owner, SCREEN, what="next")
    assert ticket("A002").desk_id == row(OfficeDesk, number=2).pk


def test_staff_book_move_and_cancel_on_the_telephone(world: World) -> None:
    agent = browser(world, "agent")
    here = "/centre/counter/hall/book/"
    offer = str(row(OfficeOffer, code="lamp").pk)
    free = page(agent, f"{here}?offer={offer}")
    starts = "2026-11-20T18:00:00Z"
    assert f"starts={starts.replace(':', '%3A')}" in free
    assert "Book it" in page(agent, f"{here}?offer={offer}&starts={starts}")
    send(agent, here, 422, offer=offer, starts="2026-11-21T18:00:00Z", name="Cal Caller")
    answer = send(agent, here, offer=offer, starts=starts, name="Cal Caller", text="A lamp")
    shown = page(agent, answer["Location"])
    assert CODE.search(shown)
    assert "Cal Caller" in shown
    send(agent, answer["Location"], what="move", starts="2026-11-20T18:15:00Z")
    send(agent, answer["Location"], 422, what="move", starts="soon")
    assert "12:15" in page(agent, "/centre/counter/hall/appointments/")
    send(agent, answer["Location"], what="cancel")
    assert "Cancelled" in page(agent, answer["Location"])
    send(agent, answer["Location"], 422, what="arrived")
    assert "Monday" not in page(agent, "/centre/counter/hall/appointments/?day=2026-11-23")


def test_whoever_has_an_appointment_has_come(world: World) -> None:
    agent = browser(world, "agent")
    with act_as(SYSTEM):
        rows = list(Appointment.objects.order_by("starts", "offer__code"))
    assert CITIZEN in page(agent, SCREEN)
    send(agent, SCREEN, what="arrived", appointment=str(rows[0].pk))
    send(agent, f"/centre/counter/hall/appointments/{rows[1].pk}/", what="arrived")
    send(agent, SCREEN, what="ticket", offer=str(row(OfficeOffer, code="talk").pk))
    assert {ticket("A005").state, ticket("B001").state, ticket("B002").state} == {"waiting"}
    with at(ELEVEN + timedelta(minutes=1)):
        (second,) = ids("A002")
        send(agent, SCREEN, what="hold", ticket=second)
        assert "Call the next: A005" in page(agent, SCREEN)


def test_a_citizen_books_moves_comes_and_is_called(world: World) -> None:
    citizen = Client()
    assert "Book an appointment" in page(citizen, "/help/parks/")
    listed = page(citizen, "/help/parks/visits/")
    assert "Report something" in listed
    assert "Meridian Shared Services" not in listed
    here = "/help/parks/visits/hall/talk/"
    assert "Choose a time" in page(citizen, here)
    starts = "2026-11-20T18:00:00Z"
    form = page(citizen, f"{here}?starts={starts}")
    assert "What is it about?" in form
    send(citizen, here, 422, starts=starts)
    send(citizen, here, 422, starts="2026-11-20T18:07:00Z", q_about="My lamp")
    answer = send(citizen, here, starts=starts, q_about="My lamp", name="Cleo", email="c@x.example")
    shown = page(citizen, answer["Location"])
    code = CODE.findall(shown)[0]
    assert Client().get(answer["Location"]).status_code == 404
    again = Client()
    send(again, "/help/parks/follow/", code=code)
    assert "You have an appointment" in page(again, answer["Location"].replace("visit/", ""))
    send(again, answer["Location"], what="move", starts="2026-11-20T19:00:00Z")
    with act_as(SYSTEM):
        booked = Appointment.objects.select_related("case").get(moved=1)
        mails = Interaction.objects.filter(case=booked.case, direction="out").count()
    assert mails == 2
    office = row(Office, code="hall")
    kiosk = f"/kiosk/{office.kiosk_key}/"
    send(Client(), kiosk, 422, what="arrived", code="AAAA")
    send(Client(), kiosk, 422, what="arrived")
    came = send(Client(), kiosk, what="arrived", code=code)
    assert "B001" in page(Client(), came["Location"])
    assert "13:00" in page(Client(), came["Location"])
    send(again, answer["Location"], 404, what="cancel")
    assert "You have no appointment" in page(again, answer["Location"])


def test_a_citizen_cancels_and_books_for_what_they_asked_before(world: World) -> None:
    citizen = Client()
    here = "/help/parks/visits/hall/lamp/"
    answer = send(citizen, here, starts="2026-11-20T18:00:00Z")
    send(citizen, answer["Location"], what="cancel")
    assert "You have no appointment." in page(citizen, answer["Location"])
    report = send(citizen, "/help/parks/ask/streetlight/", text="Dark.", place="5 Elm Street")
    visit = f"{report['Location']}visit/"
    assert "book an appointment" in page(citizen, report["Location"])
    offer = str(row(OfficeOffer, code="lamp").pk)
    assert "choose a time" in page(citizen, f"{visit}?offer={offer}")
    send(citizen, visit, what="add", offer=offer, starts="2026-11-20T18:00:00Z")
    send(citizen, visit, 422, what="add", offer=offer, starts="2026-11-20T19:00:00Z")
    assert "Cancel the appointment" in page(citizen, visit)
    page(citizen, "/help/parks/visits/hall/none/", 404)
    page(citizen, "/help/water/visits/hall/lamp/", 404)
    assert "Nothing is offered by appointment" in page(citizen, "/help/water/visits/")


def test_the_hall_shows_numbers_and_desks_and_no_name(world: World) -> None:
    nobody = Client()
    answer = nobody.get("/display/hall/")
    text = answer.content.decode()
    assert answer["Refresh"] == "10"
    assert not answer.cookies
    assert ">A002<" in text
    assert ">A003<" not in text
    for secret in (CITIZEN, "Amy", "PARKS-26", "Meridian"):
        assert secret not in text
    assert "Refresh" not in nobody.get("/display/hall/?still=1").headers
    page(nobody, "/display/none/", 404)
    office = row(Office, code="hall")
    kiosk = f"/kiosk/{office.kiosk_key}/"
    assert "What have you come for?" in page(nobody, kiosk)
    offer = str(row(OfficeOffer, code="lamp").pk)
    made = send(nobody, kiosk, offer=offer)
    assert "A005" in page(nobody, made["Location"])
    back = f"60; url={kiosk}"  # a number, or a code that was typed, is not for the next person
    assert nobody.get(made["Location"])["Refresh"] == back
    assert "Refresh" not in nobody.get(kiosk)
    assert send(nobody, kiosk, 422)["Refresh"] == back
    send(nobody, kiosk, 422, offer=str(world.agencies["PARKS"]))
    page(nobody, "/kiosk/guessed/", 404)
    other = made["Location"].replace(str(ticket("A005").pk), str(world.agencies["PARKS"]))
    page(nobody, other, 404)
    with at(ELEVEN + timedelta(hours=10)):
        assert "We are closed now." in page(nobody, kiosk)


def test_how_long_people_wait_and_with_one_more_desk(world: World) -> None:
    agent = browser(world, "agent")
    (second,) = ids("A002")
    send(agent, SCREEN, what="serve", ticket=second)
    with at(ELEVEN):
        send(agent, SCREEN, what="finish", ticket=second)
    with at(ELEVEN + timedelta(days=3)):
        shown = page(agent, "/centre/counter/hall/waiting/?weeks=1")
    assert "08:00" in shown
    assert "With one more desk" in shown
    assert "120.0 min" in page(agent, "/centre/counter/hall/waiting/")


@pytest.mark.parametrize(
    ("name", "data", "seen"),
    [
        ("offices", {"code": "north", "name": "North office", "calendar": "office",
                     "queue": "city", "step_minutes": "30"}, "North office"),
        ("desks", {"office": "hall", "number": "7", "only": "talk"}, "Parks hall: 7"),
        ("offers", {"office": "hall", "code": "odd", "name": "Odd things", "minutes": "10",
                    "visit_type": "visit", "case_type": "report"}, "Odd things"),
    ],
)  # fmt: skip
def test_the_counter_is_set_up_on_pages(
    world: World, name: str, data: dict[str, str], seen: str
) -> None:
    owner = browser(world, "owner")
    address = f"/centre/counter/set-up/{name}/"
    page(owner, address)
    send(owner, address, **data)
    assert seen in page(owner, address)
    send(owner, address, 422)
    page(browser(world, "agent"), address, 403)
    assert "Offices" in page(owner, "/centre/counter/set-up/")


def test_who_does_not_serve_sees_nothing(world: World) -> None:
    for who in ("parks", "parks-employee"):
        client = browser(world, who)
        assert client.get(SCREEN).status_code == 403
    assert Client().get(SCREEN).status_code == 302


def test_an_appointment_that_new_hours_strand_is_shown_to_the_clerk(world: World) -> None:
    agent, words = browser(world, "agent"), "The opening hours changed after these were booked"
    ahead_of_us = f"{SCREEN}appointments/"
    assert words not in page(agent, ahead_of_us)
    with act_as(SYSTEM):
        ahead = Appointment.objects.filter(state="booked").order_by("-starts").first()
        assert ahead is not None
        night = timedelta(hours=10)
        Appointment.objects.filter(pk=ahead.pk).update(
            starts=ahead.starts + night, ends=ahead.ends + night
        )
    shown = page(agent, ahead_of_us)
    assert words in shown
    assert f"/centre/counter/hall/appointments/{ahead.pk}/" in shown
