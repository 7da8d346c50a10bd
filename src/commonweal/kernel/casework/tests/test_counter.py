"""The counter as citizens and clerks use it: tickets, desks, one case from beginning to end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, Clock, Consent, Ticket
from commonweal.kernel.schema.public import CommonwealError, uuid7

from .conftest import MONDAY, Desk
from .counter import Counter, make_counter
from .test_life import fails

MINUTES = {n: MONDAY + timedelta(minutes=n) for n in range(0, 481)}


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return make_counter(desk)


def stages(case: Any) -> list[str]:
    return [row.data["stage"] for row in case.events.filter(kind="visit").order_by("seq")]


def waiting_clock(case: Any) -> Clock:
    return Clock.objects.get(case=case, metric="waiting")


def test_a_ticket_is_called_served_and_done(counter: Counter) -> None:
    with act_as(counter.door):
        ticket = counter.take()
    assert (ticket.label, ticket.state, ticket.case.channel) == ("A001", "waiting", "counter")
    assert counter.take().label == "A002"
    assert counter.take(counter.visit).label == "B001"
    counter.sit()
    with at(MINUTES[10]):
        called = casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    assert called.pk == ticket.pk
    assert (called.waited_seconds, called.calls) == (600, 1)
    assert waiting_clock(ticket.case).state == "met"
    with at(MINUTES[12]):
        casework.serve_ticket(actor=counter.clerk, ticket_id=ticket.pk)
    with at(MINUTES[20]):
        done = casework.finish_ticket(actor=counter.clerk, ticket_id=ticket.pk)
    assert (done.state, done.served_seconds) == ("done", 480)
    case = Case.objects.get(pk=ticket.case_id)
    assert (case.phase, case.resolution) == ("resolved", "Served at the counter.")
    assert case.assignee == counter.clerk.user_id
    assert stages(case) == ["waiting", "invited", "served", "done"]


def test_waiting_too_long_is_missed_and_time_on_hold_does_not_count(counter: Counter) -> None:
    late, held = counter.take(), counter.take()
    counter.sit()
    casework.hold_ticket(actor=counter.clerk, ticket_id=held.pk)
    with at(MINUTES[20]):
        casework.release_ticket(actor=counter.clerk, ticket_id=held.pk)
    with at(MINUTES[30]):
        for actor, desk, ticket in (
            (counter.clerk, counter.desks[0], late), (counter.second, counter.desks[1], held),
        ):  # fmt: skip
            assert casework.call_next(actor=actor, desk_id=desk.pk).pk == ticket.pk
    assert waiting_clock(late.case).state == "missed"
    assert waiting_clock(held.case).state == "met"
    rows = Ticket.objects.in_bulk([late.pk, held.pk])
    assert (rows[late.pk].waited_seconds, rows[held.pk].waited_seconds) == (1800, 600)
    assert rows[held.pk].held_seconds == 1200


def test_hold_recall_transfer_and_no_show(counter: Counter) -> None:
    first, second = counter.take(), counter.take()
    counter.sit()
    one, two = counter.desks
    casework.call_next(actor=counter.clerk, desk_id=one.pk)
    assert casework.recall_ticket(actor=counter.clerk, ticket_id=first.pk).calls == 2
    fails("CASE-609", casework.call_next, actor=counter.clerk, desk_id=one.pk)
    casework.serve_ticket(actor=counter.clerk, ticket_id=first.pk)
    fails("CASE-607", casework.miss_ticket, actor=counter.clerk, ticket_id=first.pk)
    fails("CASE-442", casework.transfer_ticket, actor=counter.clerk, ticket_id=first.pk,
          desk_id=one.pk)  # fmt: skip
    casework.transfer_ticket(actor=counter.clerk, ticket_id=first.pk, desk_id=two.pk)
    # The next at desk 1 is not the one sent to desk 2, which calls that one before all others.
    assert casework.call_next(actor=counter.clerk, desk_id=one.pk).pk == second.pk
    third = counter.take()
    assert casework.call_next(actor=counter.second, desk_id=two.pk).pk == first.pk
    casework.hold_ticket(actor=counter.second, ticket_id=first.pk)
    assert casework.held_tickets(counter.second, counter.office) == [first]
    assert casework.call_next(actor=counter.second, desk_id=two.pk).pk == third.pk
    casework.miss_ticket(actor=counter.second, ticket_id=third.pk)
    gone = Case.objects.get(pk=third.case_id)
    assert gone.phase == "closed"
    fails("CASE-610", casework.call_next, actor=counter.second, desk_id=two.pk)
    casework.call_ticket(actor=counter.second, ticket_id=first.pk, desk_id=two.pk)
    done = casework.finish_ticket(actor=counter.second, ticket_id=first.pk, keep_open=True)
    assert done.state == "done"
    assert Case.objects.get(pk=first.case_id).state == "in_progress"


def test_appointments_due_come_first_and_early_ones_after_those_who_wait(counter: Counter) -> None:
    due = counter.book(MONDAY + timedelta(hours=1)).appointment
    early = counter.book(MONDAY + timedelta(hours=2)).appointment
    counter.sit()
    with at(MINUTES[50]):
        walk = counter.take()
        tickets = [
            casework.check_in(actor=counter.clerk, appointment_id=each.pk) for each in (due, early)
        ]
    assert casework.appointment(counter.clerk, due.pk).state == "arrived"
    fails("CASE-613", casework.check_in, actor=counter.clerk, appointment_id=due.pk)
    with at(MINUTES[61]):
        found = casework.next_tickets(counter.clerk, counter.desks[0])
        assert [each.pk for each in found] == [tickets[0].pk, walk.pk, tickets[1].pk]
        called = casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    assert called.waited_seconds == 60  # from its time on, not from when they came
    clock = waiting_clock(called.case)
    assert (clock.started_at, clock.elapsed_us, clock.state) == (due.starts, 60_000_000, "met")
    assert not Clock.objects.filter(case=early.case_id, metric="waiting").exists()
    with at(MINUTES[122]):
        casework.keep_visits(actor=SYSTEM)
        casework.keep_visits(actor=SYSTEM)
    late = waiting_clock(Case.objects.get(pk=early.case_id))
    assert (late.started_at, late.state) == (early.starts, "running")
    assert stages(late.case) == ["booked", "arrived", "waiting"]
    with at(MINUTES[70]):
        casework.finish_ticket(actor=counter.clerk, ticket_id=called.pk)
    assert casework.appointment(counter.clerk, due.pk).state == "served"


def test_a_desk_calls_only_what_it_serves_and_who_sits_there(counter: Counter) -> None:
    casework.put_office_desk(actor=counter.desk.owner, office="hall", number=2, only=["talk"])
    fails("CASE-603", casework.put_office_desk, actor=counter.desk.owner, office="hall", number=2,
          only=["nothing"])  # fmt: skip
    counter.take()
    talk = counter.take(counter.visit)
    one, two = counter.desks
    fails("CASE-609", casework.call_next, actor=counter.clerk, desk_id=two.pk)
    counter.sit()
    assert casework.call_next(actor=counter.second, desk_id=two.pk).pk == talk.pk
    fails("CASE-609", casework.leave_desk, actor=counter.second, desk_id=two.pk)
    fails("CASE-609", casework.sit_at_desk, actor=counter.second, desk_id=one.pk)
    casework.finish_ticket(actor=counter.second, ticket_id=talk.pk)
    casework.sit_at_desk(actor=counter.second, desk_id=one.pk, over=True)
    assert casework.own_desk(counter.second) == one
    assert casework.own_desk(counter.clerk) is None
    casework.leave_desk(actor=counter.second, desk_id=one.pk)
    assert casework.own_desk(counter.second) is None


def test_whoever_is_sent_to_a_desk_that_closes_waits_for_any(counter: Counter) -> None:
    one, two = counter.desks
    casework.put_office_desk(actor=counter.desk.owner, office="hall", number=2, only=["talk"])
    ticket = counter.take()
    counter.sit()
    casework.call_next(actor=counter.clerk, desk_id=one.pk)
    casework.transfer_ticket(actor=counter.clerk, ticket_id=ticket.pk, desk_id=two.pk)
    # Sent there by a colleague, whatever the desk serves by itself.
    assert casework.next_tickets(counter.second, casework.own_desk(counter.second)) == [ticket]
    assert casework.next_tickets(counter.clerk, one) == []
    casework.leave_desk(actor=counter.second, desk_id=two.pk)
    assert casework.next_tickets(counter.clerk, one) == [ticket]


def test_who_does_not_serve_there_does_nothing(counter: Counter) -> None:
    ticket = counter.take()
    counter.sit()
    outsider = counter.desk.agent
    for act, given in (
        (casework.call_next, {"desk_id": counter.desks[0].pk}),
        (casework.sit_at_desk, {"desk_id": counter.desks[0].pk}),
        (casework.hold_ticket, {"ticket_id": ticket.pk}),
        (casework.take_ticket, {"offer_id": counter.permit.pk}),
    ):
        fails("CASE-608", act, actor=outsider, **given)
    for who in (counter.desk.employee, counter.door):
        fails("ACCESS-403", casework.call_next, actor=who, desk_id=counter.desks[0].pk)
    fails("CASE-445", casework.ticket, actor=outsider, ticket_id=ticket.pk)
    fails("CASE-445", casework.hold_ticket, actor=counter.clerk, ticket_id=uuid7())
    fails("CASE-442", casework.call_next, actor=counter.clerk, desk_id=uuid7())
    with act_as(counter.desk.stranger):
        assert not Ticket.objects.exists()


def test_a_kiosk_gives_tickets_only_while_it_is_open(counter: Counter) -> None:
    with at(MONDAY - timedelta(hours=3)):
        fails("CASE-611", counter.take)
        by_staff = casework.take_ticket(actor=counter.clerk, offer_id=counter.permit.pk)
    assert by_staff.label == "A001"
    with at(MONDAY + timedelta(days=1)):
        assert counter.take().label == "A001"
    assert casework.kiosk_office(counter.door, counter.office.kiosk_key) == counter.office
    fails("CASE-441", casework.kiosk_office, actor=counter.door, key="guessed")


def test_what_somebody_asks_for_at_the_desk_is_one_case_with_their_consent(
    counter: Counter,
) -> None:
    ticket = counter.take()
    counter.sit()
    with at(MINUTES[5]):
        casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
        person = casework.put_contact(
            actor=counter.clerk, agency_id=counter.desk.parks.pk, name="Ida Old"
        )
        asked = {"subject": "Dark corner", "contact": person, "category": "streetlight",
                 "place": "5 Elm Street", "answers": {"lamp": "L-1"}}  # fmt: skip
        fails("CASE-614", casework.capture_visit, actor=counter.clerk, ticket_id=ticket.pk,
              asked=casework.Captured(consent="", **asked))  # fmt: skip
        made = casework.capture_visit(
            actor=counter.clerk, ticket_id=ticket.pk,
            asked=casework.Captured(consent="Said so at the desk", **asked),
        )  # fmt: skip
    case, door = made.case, casework.citizen(counter.desk.parks.pk)
    assert casework.case_by_code(door, counter.desk.parks.pk, made.tracking_code).pk == case.pk
    assert (case.channel, case.category.code, case.opened_at) == (
        "counter", "streetlight", MONDAY,
    )  # fmt: skip
    consent = Consent.objects.get(case=case)
    assert (consent.person, consent.agent, consent.recorded_by) == (
        person, None, counter.clerk.user_id,
    )  # fmt: skip
    first = Clock.objects.get(case=case, metric="first_response")
    assert first.state == "met"  # answered while it was written down (R13)
    assert Case.objects.get(pk=ticket.case_id).merged_into_id == case.pk
    with at(MINUTES[9]):
        casework.finish_ticket(
            actor=counter.clerk, ticket_id=ticket.pk, resolution="The crew comes today."
        )
    assert Case.objects.get(pk=case.pk).phase == "resolved"


def test_an_earlier_case_is_closed_at_the_counter_as_the_same_case(counter: Counter) -> None:
    with act_as(counter.door):
        opened = casework.open_case(
            actor=counter.door, agency_id=counter.desk.parks.pk,
            new=casework.NewCase("", "Dark", channel="open311", category="streetlight",
                                 place="1 Elm Street"),
        )  # fmt: skip
    report = opened.case
    ticket = counter.take()
    counter.sit()
    casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    joined = casework.join_ticket(actor=counter.clerk, ticket_id=ticket.pk, case_id=report.pk)
    assert joined.case_id == report.pk
    fails("CASE-606", casework.join_ticket, actor=counter.clerk, ticket_id=ticket.pk,
          case_id=report.pk)  # fmt: skip
    casework.finish_ticket(actor=counter.clerk, ticket_id=ticket.pk, resolution="Lamp is lit.")
    report = Case.objects.get(pk=report.pk)
    assert (report.phase, report.channel, report.resolution) == (
        "resolved", "open311", "Lamp is lit.",
    )  # fmt: skip
    found = casework.kiosk_case(counter.door, counter.office, opened.tracking_code)
    assert found.pk == report.pk
    fails("CASE-404", casework.kiosk_case, actor=counter.door, office=counter.office, code="X")


def test_a_clerk_sees_whose_case_they_serve_and_no_other(counter: Counter) -> None:
    """A case of another team is open to the clerk while whoever asked stands at the desk."""
    case = counter.desk.case(agency_id=counter.desk.parks.pk)
    fails("CASE-404", casework.case, actor=counter.clerk, case_id=case.pk)
    own = casework.citizen(counter.desk.parks.pk, [case.pk])
    casework.take_ticket(actor=own, offer_id=counter.permit.pk, case_id=case.pk)
    fails("CASE-404", casework.case, actor=counter.clerk, case_id=case.pk)
    counter.sit()
    casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    assert casework.case(counter.clerk, case.pk).pk == case.pk
    fails("CASE-404", casework.case, actor=counter.second, case_id=case.pk)


def test_who_came_is_named_once(counter: Counter) -> None:
    ticket = counter.take()
    who = casework.put_contact(actor=counter.clerk, agency_id=counter.desk.parks.pk, name="Ida")
    casework.name_visitor(actor=counter.clerk, ticket_id=ticket.pk, contact=who)
    assert Case.objects.get(pk=ticket.case_id).requester == who
    fails("CASE-615", casework.name_visitor, actor=counter.clerk, ticket_id=ticket.pk, contact=who)


def test_the_display_shows_numbers_and_how_long_it_takes(counter: Counter) -> None:
    tickets = [counter.take() for _ in range(4)]
    shown = casework.queueing(counter.door, counter.office)
    assert (shown.called, shown.waiting, shown.wait, shown.visits) == ([], 4, None, 0)
    day = MONDAY.date()
    [unknown] = casework.hours_of_day(counter.clerk, counter.office, day, day)
    assert (unknown.waited, unknown.waited_most, unknown.visitors) == (None, None, 4)
    counter.sit()
    casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    with at(MINUTES[4]):
        casework.call_next(actor=counter.second, desk_id=counter.desks[1].pk)
    shown = casework.queueing(counter.door, counter.office)
    assert [(row.label, row.desk) for row in shown.called] == [("A002", 2), ("A001", 1)]
    # Planned are 30 and 20 minutes: 25 on average, at two desks, three before whoever comes now.
    assert (shown.waiting, shown.wait) == (2, 3 * 25 * 60 / 2)
    casework.serve_ticket(actor=counter.clerk, ticket_id=tickets[0].pk)
    with at(MINUTES[10]):
        casework.finish_ticket(actor=counter.clerk, ticket_id=tickets[0].pk)
    shown = casework.queueing(counter.door, counter.office)
    assert (shown.visits, shown.wait) == (1, 2 * 600 / 2)
    today = MONDAY.date()
    [hour] = casework.hours_of_day(counter.clerk, counter.office, today, today)
    assert (hour.hour, hour.days, hour.visitors, hour.served) == (9, 1, 4, 600)
    [row] = casework.with_another_desk(counter.clerk, counter.office, [hour])
    assert row.more.agents == row.now.agents + 1
    fails("CASE-608", casework.hours_of_day, actor=counter.desk.agent, office=counter.office,
          first=today, last=today)  # fmt: skip


def test_tickets_of_yesterday_are_ended(counter: Counter) -> None:
    served, waits = counter.take(), counter.take()
    counter.sit()
    casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    casework.serve_ticket(actor=counter.clerk, ticket_id=served.pk)
    with at(MONDAY + timedelta(hours=10)):
        assert casework.keep_visits(actor=SYSTEM)["ended"] == 0
    with at(MONDAY + timedelta(days=1)):
        assert casework.keep_visits(actor=SYSTEM)["ended"] == 2
    rows = Ticket.objects.in_bulk([served.pk, waits.pk])
    assert [rows[each.pk].state for each in (served, waits)] == ["done", "no_show"]
    assert rows[served.pk].served_seconds == 0  # nobody knows, and a night is no time of serving


def test_on_hold_before_their_turn_nobody_waits_and_after_it_they_do(counter: Counter) -> None:
    row = counter.book(MONDAY + timedelta(hours=1)).appointment
    counter.sit()
    with at(MINUTES[30]):
        ticket = casework.check_in(actor=counter.clerk, appointment_id=row.pk)
        casework.hold_ticket(actor=counter.clerk, ticket_id=ticket.pk)
    with at(MINUTES[50]):
        casework.release_ticket(actor=counter.clerk, ticket_id=ticket.pk)
    with at(MINUTES[65]):
        called = casework.call_next(actor=counter.clerk, desk_id=counter.desks[0].pk)
    assert (called.waited_seconds, called.held_seconds) == (300, 0)
    assert waiting_clock(row.case).elapsed_us == 300_000_000


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("CASE-602", {"step_minutes": 7}),
        ("CASE-602", {"days_ahead": 0}),
        ("CASE-602", {"notice_minutes": -1}),
        ("CASE-602", {"agency": "NONE"}),
        ("CASE-602", {"code": "set-up"}),
        ("CASE-150", {"queue": "none"}),
        ("CASE-151", {"name": " "}),
        ("CATALOGUE-131", {"calendar": "none"}),
    ],
)
def test_an_office_that_makes_no_sense_is_refused(
    counter: Counter, code: str, change: dict[str, Any]
) -> None:
    given = {"code": "hall", "name": "Hall", "calendar": "office", "queue": "city"} | change
    with pytest.raises(CommonwealError) as caught:
        casework.put_office(actor=counter.desk.owner, draft=casework.OfficeDraft(**given))
    assert caught.value.code == code
    fails("ACCESS-403", casework.put_office, actor=counter.clerk,
          draft=casework.OfficeDraft("hall", "Hall", "office", "city"))  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"category": ""}, {"case_type": "report"}, {"minutes": 0}, {"letter": "a"},
        {"visit_type": "report"}, {"visit_type": "incident"},
    ],
)  # fmt: skip
def test_an_offer_that_makes_no_sense_is_refused(counter: Counter, change: dict[str, Any]) -> None:
    given = {"office": "hall", "code": "x", "name": "X", "minutes": 10, "visit_type": "visit",
             "category": "streetlight"} | change  # fmt: skip
    fails("CASE-604", casework.put_office_offer, actor=counter.desk.owner,
          draft=casework.OfferDraft(**given))  # fmt: skip


def test_a_new_key_closes_the_old_kiosk_and_a_desk_in_use_stays_open(counter: Counter) -> None:
    old = counter.office.kiosk_key
    given = {"code": "hall", "name": "Hall", "calendar": "office", "queue": "city"}
    kept = casework.put_office(actor=counter.desk.owner, draft=casework.OfficeDraft(**given))
    assert kept.kiosk_key == old
    changed = casework.put_office(
        actor=counter.desk.owner, draft=casework.OfficeDraft(**given, new_key=True)
    )
    assert changed.kiosk_key != old
    counter.sit()
    fails("CASE-609", casework.put_office_desk, actor=counter.desk.owner, office="hall", number=1,
          active=False)  # fmt: skip
    fails("CASE-602", casework.put_office_desk, actor=counter.desk.owner, office="hall", number=0)
    fails("CASE-441", casework.put_office_desk, actor=counter.desk.owner, office="none", number=1)
