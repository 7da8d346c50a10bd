"""Appointments: booked by citizens and staff, moved, cancelled, reminded of, missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import Window, WorkingCalendar, at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Appointment, Case, Clock, Interaction
from commonweal.kernel.casework.offices import appointments_preview
from commonweal.kernel.schema.public import uuid7

from .conftest import MONDAY, Desk
from .counter import Counter, make_counter
from .test_life import fails

TEN = MONDAY + timedelta(hours=1)
HALF = timedelta(minutes=30)


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return make_counter(desk)


def with_mail(counter: Counter) -> casework.Visitor:
    who = casework.put_contact(
        actor=counter.door, agency_id=counter.desk.parks.pk, name="Ida", email="ida@x.example"
    )
    return casework.Visitor(who, "About my permit", channel="web")


def test_a_citizen_books_and_gets_a_code(counter: Counter) -> None:
    with act_as(counter.door):
        free = casework.free_times(counter.door, counter.permit, MONDAY.date())
        assert free[0].starts == TEN  # an hour's notice, from nine
        assert free[-1].ends.hour == 22  # 17:00 in Chicago
        booked = counter.book(TEN, visitor=with_mail(counter))
    row = booked.appointment
    assert (row.starts, row.ends, row.state, row.own_case) == (TEN, TEN + HALF, "booked", True)
    case = Case.objects.get(pk=row.case_id)
    assert (case.state, case.phase, case.subject) == ("waiting_date", "waiting", "Permits")
    found = casework.case_by_code(counter.door, counter.desk.parks.pk, booked.tracking_code)
    assert found.pk == case.pk
    [mail] = Interaction.objects.filter(case=case, direction="out")
    assert "Your appointment is booked." in mail.text
    assert "1 Main Street" in mail.text
    assert booked.tracking_code not in mail.text
    assert not mail.human
    assert Clock.objects.get(case=case, metric="first_response").state in ("running", "paused")


def test_two_desks_are_booked_and_no_third_time(counter: Counter) -> None:
    desks = {counter.book(TEN).appointment.desk_id for _ in range(2)}
    assert len(desks) == 2
    fails("CASE-605", counter.book, starts=TEN)
    assert TEN not in [
        each.starts for each in casework.free_times(counter.door, counter.permit, MONDAY.date())
    ]
    # Twenty minutes of another offer beside the two of thirty: the same desks, so not either.
    fails("CASE-605", counter.book, starts=TEN, offer_id=counter.visit.pk,
          visitor=casework.Visitor(answers={"about": "x"}))  # fmt: skip


@pytest.mark.parametrize(
    "starts",
    [
        MONDAY,  # within the notice
        TEN + timedelta(minutes=7),  # not on the grid
        MONDAY + timedelta(hours=7, minutes=45),  # would end after closing
        MONDAY + timedelta(hours=12),  # closed
        MONDAY - timedelta(days=7),
        MONDAY + timedelta(days=5),  # a Saturday
        MONDAY + timedelta(days=15),  # farther than people may book
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_time_that_is_not_free_is_refused(counter: Counter, starts: datetime) -> None:
    fails("CASE-605", counter.book, starts=starts)
    assert not Case.objects.filter(subject="Permits").exists()


def test_the_database_itself_refuses_a_desk_twice(counter: Counter) -> None:
    row = counter.book(TEN).appointment
    other = counter.book(TEN + timedelta(hours=1)).appointment
    with pytest.raises(IntegrityError, match="casework_appointment_desk"), transaction.atomic():
        Appointment.objects.filter(pk=other.pk).update(
            desk_id=row.desk_id, starts=TEN + timedelta(minutes=29),
            ends=TEN + timedelta(minutes=59),
        )  # fmt: skip
    Appointment.objects.filter(pk=other.pk).update(
        desk_id=row.desk_id, starts=row.ends, ends=row.ends + HALF
    )


def test_an_appointment_is_moved_and_cancelled_with_its_case(counter: Counter) -> None:
    booked = counter.book(TEN, visitor=with_mail(counter))
    row = booked.appointment
    own = casework.citizen(counter.desk.parks.pk, [row.case_id])
    fails("CASE-444", casework.move_appointment, actor=counter.door, appointment_id=row.pk,
          starts=TEN + HALF)  # fmt: skip
    stranger = casework.citizen(counter.desk.water.pk)
    with act_as(stranger):
        fails("CASE-444", casework.cancel_appointment, actor=stranger, appointment_id=row.pk)
    with act_as(own):
        moved = casework.move_appointment(actor=own, appointment_id=row.pk, starts=TEN + HALF)
        assert (moved.starts, moved.moved) == (TEN + HALF, 1)
        same = casework.move_appointment(actor=own, appointment_id=row.pk, starts=TEN + HALF)
        assert same.moved == 2
        casework.cancel_appointment(actor=own, appointment_id=row.pk)
    case = Case.objects.get(pk=row.case_id)
    assert case.phase == "closed"
    stages = [each.data["stage"] for each in case.events.filter(kind="visit").order_by("seq")]
    assert stages == ["booked", "moved", "moved", "cancelled"]
    assert len([each.starts for each in (counter.book(TEN + HALF).appointment,)]) == 1
    fails("CASE-606", casework.cancel_appointment, actor=own, appointment_id=row.pk)
    fails("CASE-606", casework.check_in, actor=counter.clerk, appointment_id=row.pk)
    fails("CASE-444", casework.cancel_appointment, actor=counter.clerk, appointment_id=uuid7())


def test_an_earlier_case_has_one_appointment_and_goes_on_without_it(counter: Counter) -> None:
    opened = casework.open_case(
        actor=counter.door, agency_id=counter.desk.parks.pk,
        new=casework.NewCase("", "Dark", category="streetlight", place="1 Elm Street"),
    )  # fmt: skip
    own = casework.citizen(counter.desk.parks.pk, [opened.case.pk])
    booked = counter.book(TEN, actor=own, case_id=opened.case.pk)
    assert (booked.tracking_code, booked.appointment.own_case) == ("", False)
    assert casework.appointment_of(own, opened.case) == booked.appointment
    fails("CASE-606", counter.book, starts=TEN + HALF, actor=own, case_id=opened.case.pk)
    casework.cancel_appointment(actor=own, appointment_id=booked.appointment.pk)
    case = Case.objects.get(pk=opened.case.pk)
    assert case.phase == "open"
    assert casework.appointment_of(own, case) is None
    fails("CASE-404", counter.book, starts=TEN, case_id=opened.case.pk)
    casework.move_case(actor=own, case_id=case.pk, state="closed")
    fails("CASE-606", counter.book, starts=TEN, actor=own, case_id=case.pk)


def test_questions_are_asked_where_the_visit_is_all_it_is_about(counter: Counter) -> None:
    given = {"offer_id": counter.visit.pk, "starts": TEN}
    fails("CASE-110", casework.book_appointment, actor=counter.door, **given)
    booked = casework.book_appointment(
        actor=counter.door, visitor=casework.Visitor(answers={"about": "My bin"}), **given
    )
    case = Case.objects.select_related("category").get(pk=booked.appointment.case_id)
    assert (case.category.code, case.answers) == ("talk", {"about": "My bin"})


def test_staff_book_on_the_telephone_and_others_do_not(counter: Counter) -> None:
    row = counter.book(TEN, actor=counter.clerk, way="phone").appointment
    assert (row.way, Case.objects.get(pk=row.case_id).channel) == ("phone", "phone")
    fails("CASE-608", counter.book, starts=TEN, actor=counter.desk.agent)
    fails("ACCESS-403", counter.book, starts=TEN, actor=counter.desk.employee)
    fails("ACCESS-403", counter.book, starts=TEN, actor=casework.citizen(counter.desk.water.pk))
    today = casework.appointments(counter.clerk, counter.office, MONDAY.date())
    assert [each.pk for each in today] == [row.pk]
    fails("CASE-608", casework.appointments, actor=counter.desk.agent, office=counter.office,
          day=MONDAY.date())  # fmt: skip
    draft = casework.OfferDraft(
        "hall", "permit", "Permits", 30, "visit", category="streetlight", bookable=False,
        walk_in=False,
    )  # fmt: skip
    casework.put_office_offer(actor=counter.desk.owner, draft=draft)
    fails("CASE-612", counter.book, starts=TEN + HALF)
    fails("CASE-612", counter.take)


def test_a_reminder_leaves_once_a_day_before(counter: Counter) -> None:
    day = TEN + timedelta(days=3)
    row = counter.book(day, visitor=with_mail(counter)).appointment
    counter.book(day)
    soon = counter.book(TEN, visitor=with_mail(counter)).appointment
    assert casework.keep_visits(actor=SYSTEM)["reminded"] == 0  # booked within the day before
    with at(day - timedelta(hours=23)):
        kept = casework.keep_visits(actor=SYSTEM)
        assert (kept["reminded"], kept["missed"]) == (1, 1)
        assert casework.keep_visits(actor=SYSTEM)["reminded"] == 0
    texts = Interaction.objects.filter(case_id=row.case_id, direction="out").order_by("at", "id")
    assert [each.text.splitlines()[0] for each in texts] == [
        "Your appointment is booked.", "A reminder: you have an appointment.",
    ]  # fmt: skip
    assert Appointment.objects.get(pk=soon.pk).state == "missed"
    assert Case.objects.get(pk=soon.case_id).phase == "closed"


def test_whoever_comes_after_their_time_or_on_another_day_takes_a_ticket(counter: Counter) -> None:
    row = counter.book(TEN).appointment
    own = casework.citizen(counter.desk.parks.pk, [row.case_id])
    with at(MONDAY - timedelta(days=1)):
        fails("CASE-613", casework.check_in, actor=own, appointment_id=row.pk)
    with at(TEN + timedelta(hours=1)):
        casework.keep_visits(actor=SYSTEM)
        fails("CASE-613", casework.check_in, actor=own, appointment_id=row.pk)


def test_appointments_outside_hours_that_changed_are_shown_until_they_are_moved(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = counter.book(TEN).appointment
    last = counter.book(TEN + timedelta(hours=6)).appointment
    assert casework.outside_opening(counter.clerk, counter.office) == []

    def hours(opens: int) -> WorkingCalendar:
        days = tuple(Window(number, opens, 1020) for number in range(5))
        return WorkingCalendar("office", "America/Chicago", days)

    same, later = hours(600), hours(660)
    assert appointments_preview(SYSTEM, "office", same) == {"appointments": 0}
    assert appointments_preview(SYSTEM, "office", later) == {"appointments": 1}
    assert appointments_preview(SYSTEM, "elsewhere", later) == {"appointments": 0}
    monkeypatch.setattr("commonweal.kernel.casework.selectors.counter.calendar_for",
                        lambda _code: later)  # fmt: skip
    assert casework.outside_opening(counter.clerk, counter.office) == [first]
    casework.cancel_appointment(actor=counter.clerk, appointment_id=first.pk)
    assert casework.outside_opening(counter.clerk, counter.office) == []
    assert Appointment.objects.get(pk=last.pk).state == "booked"
    fails("CASE-608", casework.outside_opening, actor=counter.desk.agent, office=counter.office)
