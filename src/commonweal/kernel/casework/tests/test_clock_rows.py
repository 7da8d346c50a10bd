"""Clock rows: each level is set off once, a changed calendar moves them, nothing drifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, create_user
from commonweal.kernel.calendar.public import Window, WorkingCalendar, at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.applying import apply_calendar, apply_promises
from commonweal.kernel.casework.clocks import audit, bulk, definitions, timer
from commonweal.kernel.casework.clocks.calendars import working_calendar
from commonweal.kernel.casework.clocks.definitions import on_calendar
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.models import (
    CaseEvent,
    Clock,
    ClockDefinition,
    ClockFiring,
    TeamMember,
)
from commonweal.kernel.casework.tasks import apply_hours
from commonweal.kernel.catalogue.models import WorkingCalendar as HeldCalendar
from commonweal.kernel.catalogue.public import CalendarVersion
from commonweal.kernel.notices.models import Message
from commonweal.kernel.party.models import Person
from commonweal.kernel.schema.public import uuid7

from .conftest import MONDAY, Desk, person


def later(code: str) -> WorkingCalendar:
    """Opens at ten instead of eight."""
    return WorkingCalendar(
        code, "America/Chicago", tuple(Window(day, 600, 1020) for day in range(5))
    )


def row(case: casework.Case, code: str) -> Clock:
    return Clock.objects.get(case=case, definition__code=code)


def test_levels_fire_once_and_a_passed_promise_is_noted(desk: Desk) -> None:
    case = desk.case()
    assert tick() == 0
    with at(MONDAY + timedelta(hours=1)):
        assert tick() == 1
        assert tick() == 0
    assert ClockFiring.objects.filter(case=case).count() == 1
    with at(MONDAY + timedelta(hours=2, seconds=1)):
        assert tick() == 1
        assert tick() == 0
    case.refresh_from_db()
    assert case.breached
    assert row(case, "first").breached_at == MONDAY + timedelta(hours=2)
    assert CaseEvent.objects.filter(case=case, kind="breached").count() == 1


def test_a_calendar_is_previewed_then_applied_to_every_open_clock(desk: Desk) -> None:
    cases = [desk.case() for _ in range(3)]
    casework.answer(actor=desk.agent, case_id=cases[0].pk, text="Hm?", then="waiting_requester")
    with at(MONDAY + timedelta(hours=3)):
        promised = on_calendar("office")
        seen = bulk.preview(promised, later, now())
        assert row(cases[1], "resolve").due_at == MONDAY + timedelta(hours=8)
        done = apply_calendar(actor=desk.owner, code="office", calendar=later)
        assert (seen.clocks, seen.later, seen.same) == (done.clocks, done.later, done.same)
    # From ten on: 7 hours on Monday, 1 on Tuesday until eleven.
    assert row(cases[1], "resolve").due_at == MONDAY + timedelta(days=1, hours=2)
    assert row(cases[0], "resolve").state == "paused"
    cases[1].refresh_from_db()
    assert cases[1].due_at == row(cases[1], "first").due_at == MONDAY + timedelta(hours=3)


def test_a_changed_calendar_leaves_no_drift_whatever_the_clocks_went_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Levels that were set off, promises that took over from others (R9), pauses."""
    cases = [desk.case() for _ in range(4)]
    with at(MONDAY + timedelta(hours=1)):
        assert tick() == 4
    casework.answer(actor=desk.agent, case_id=cases[0].pk, text="Hm?", then="waiting_requester")
    with at(MONDAY + timedelta(hours=3)):
        tick()
        casework.classify_case(actor=desk.agent, case_id=cases[2].pk, impact="high",
                               urgency="high")  # fmt: skip
    with at(MONDAY + timedelta(hours=5)):
        tick()
        casework.classify_case(actor=desk.agent, case_id=cases[2].pk, impact="low", urgency="low")
    with at(MONDAY + timedelta(hours=20)):
        tick()
        casework.classify_case(actor=desk.agent, case_id=cases[1].pk, impact="high",
                               urgency="high")  # fmt: skip
        assert Clock.objects.filter(case=cases[1], reason="reclassified").exists()
    with at(MONDAY + timedelta(hours=21)):
        tick()
        for module in (audit, definitions):
            monkeypatch.setattr(module, "working_calendar", office_later)
        monkeypatch.setattr(definitions.terms_of, "__defaults__", (office_later,))
        assert open_drifts(cases), "the calendar matters to these clocks"
        apply_calendar(actor=desk.owner, code="office", calendar=office_later)
        assert open_drifts(cases) == []


def opens(minute: int, starts: date = MONDAY.date()) -> None:
    """The office opens then from that Monday on, which is accepted now."""
    held = CalendarVersion.objects.filter(calendar__code="office").order_by("recorded_at").first()
    assert held is not None
    CalendarVersion.objects.create(
        calendar=held.calendar, starts=starts, weekly=[[day, minute, 1020] for day in range(5)],
        note="As was agreed.", state="accepted", accepted_at=now(),
    )  # fmt: skip


def test_a_clock_that_ended_keeps_the_hours_that_were_known_then(desk: Desk) -> None:
    """Within the month too, whatever happens to its case afterwards; one that goes on does not."""
    early, late = desk.case(), desk.case()
    with at(MONDAY + timedelta(minutes=90)):
        casework.answer(actor=desk.agent, case_id=early.pk, text="We look at it.")
    with at(MONDAY + timedelta(minutes=100)):
        opens(600)
        apply_calendar(actor=desk.owner, code="office")
    with at(MONDAY + timedelta(minutes=110)):
        casework.answer(actor=desk.agent, case_id=late.pk, text="We look at it.")
        casework.rebuild_clocks(actor=desk.agent, case_id=early.pk)
        assert row(early, "first").elapsed_us == 90 * 60 * 1_000_000
        assert row(early, "first").due_at == MONDAY + timedelta(hours=2)
        assert row(late, "first").elapsed_us == 50 * 60 * 1_000_000
        assert row(early, "resolve").due_at == MONDAY + timedelta(days=1, hours=2)
        assert (found_drifts(early), found_drifts(late)) == ((), ())
        Clock.objects.filter(case=early, definition__code="first").update(
            due_at=MONDAY + timedelta(hours=3)
        )
        assert [each.field for each in found_drifts(early)] == ["due_at"]


def test_what_ended_before_there_were_hours_goes_by_the_first(desk: Desk) -> None:
    """Files of an old desk tell of clocks that stopped before the centre had a calendar."""
    calendar = HeldCalendar.objects.create(code="night", name="Night")
    for days, start in ((0, 60), (1, 120)):
        CalendarVersion.objects.create(
            calendar=calendar, starts=date(2026, 1, 1), weekly=[[0, start, 600]], note="Night.",
            state="accepted", accepted_at=MONDAY + timedelta(days=days),
        )  # fmt: skip
    promise = ClockDefinition(code="x", metric="resolution", calendar="night", target_seconds=60)
    with at(MONDAY + timedelta(days=2)):
        read = definitions.Reader()
        starts = [
            read.then(promise, MONDAY + timedelta(days=days, hours=1)).calendar.weekly[0].start
            for days in (-300, 0, 1)
        ]
        assert starts == [60, 60, 120]
        assert read.then(promise, now()) is read(promise)
        assert [read.since(promise, MONDAY + timedelta(days=n)) for n in (0, 1)] == [True, False]


def test_what_is_passed_only_by_new_hours_is_noticed_by_the_timer(desk: Desk) -> None:
    """So that its history, its people and programs learn of it as of any other."""
    with at(MONDAY + timedelta(hours=10)):  # in the evening
        case = desk.case()
    with at(MONDAY + timedelta(hours=23, minutes=30)):
        tick()
        opens(360)
        done = apply_calendar(actor=desk.owner, code="office")
        assert (done.newly_passed, done.no_longer_passed) == (1, 0)
        assert row(case, "first").breached_at is None
        assert tick() == 1
        assert tick() == 0
    case.refresh_from_db()
    assert case.breached
    assert row(case, "first").breached_at == MONDAY + timedelta(hours=23)
    assert CaseEvent.objects.filter(case=case, kind="breached").count() == 1
    with at(MONDAY + timedelta(hours=23, minutes=32)):
        assert found_drifts(case) == ()


def found_drifts(case: casework.Case) -> tuple[audit.Drift, ...]:
    """What the proof finds of one case."""
    return audit.prove([case.pk], audit.remembered(), now()).drifts


def office_later(code: str) -> WorkingCalendar:
    """Only the office opens later."""
    return later(code) if code == "office" else working_calendar(code)


def open_drifts(cases: list[casework.Case]) -> list[audit.Drift]:
    """What does not say what its events say, among the clocks that go on."""
    goes_on = set(
        Clock.objects.filter(state__in=["running", "paused"]).values_list(
            "case_id", "definition__code", "cycle"
        )
    )
    found = audit.prove([each.pk for each in cases], audit.remembered(), now()).drifts
    return [each for each in found if (each.case.pk, each.definition, each.cycle) in goes_on]


def test_what_was_set_off_is_not_due_again_after_a_change_of_the_calendar(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(hours=5)):
        tick()
        assert apply_calendar(actor=desk.owner, code="office", calendar=later).clocks > 0
        due = row(case, "resolve").next_at
        assert due is not None
        assert due > now()
        assert tick() == 0


def test_a_clock_that_somebody_changed_meanwhile_stays_as_they_left_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.case()
    read = bulk.steps

    def slow(*given: Any) -> Iterator[tuple[bulk.Place, list[bulk.Moved]]]:
        rows = list(read(*given))
        casework.answer(actor=desk.agent, case_id=case.pk, text="It is the drum.")
        return iter(rows)

    monkeypatch.setattr(bulk, "steps", slow)
    with at(MONDAY + timedelta(hours=1)):
        apply_calendar(actor=desk.owner, code="office", calendar=later)
    assert row(case, "first").state == "met"


def test_a_cap_on_pauses_goes_by_the_engine(desk: Desk) -> None:
    case = desk.case()
    casework.answer(actor=desk.agent, case_id=case.pk, text="Hm?", then="waiting_requester")
    definition = row(case, "resolve").definition
    definition.pause_cap = 3600
    with at(MONDAY + timedelta(hours=2)):
        capped = next(iter(bulk.anew([definition], later, now())))
    # Until ten the calendar does not run; the pause stops it for an hour, then it goes on.
    assert capped.due == MONDAY + timedelta(days=1, hours=3)


def test_computing_anew_changes_nothing(desk: Desk) -> None:
    case = desk.case()
    casework.answer(actor=desk.agent, case_id=case.pk, text="Hm?", then="waiting_requester")
    with at(MONDAY + timedelta(hours=5)):
        before = list(
            Clock.objects.filter(case=case).order_by("definition__code", "cycle").values()
        )
        casework.rebuild_clocks(actor=desk.agent, case_id=case.pk)
        once = list(Clock.objects.filter(case=case).order_by("definition__code", "cycle").values())
        casework.rebuild_clocks(actor=desk.agent, case_id=case.pk)
        again = list(Clock.objects.filter(case=case).order_by("definition__code", "cycle").values())
    assert once == again
    settled = [each for each in before if each["stopped_at"]]
    assert settled == [each for each in once if each["stopped_at"]]


def test_a_promise_with_a_new_version_leaves_open_cases_until_it_is_applied(desk: Desk) -> None:
    case = desk.case()
    promise = casework.Promise(
        code="first", name="First", metric="first_response", calendar="office",
        starts=date(2026, 10, 5), target_seconds=3600,
    )  # fmt: skip
    with at(MONDAY + timedelta(minutes=5)):
        casework.put_promise(actor=desk.owner, promise=promise)
    with at(MONDAY + timedelta(minutes=10)):
        assert apply_promises(actor=desk.owner).cases == 1
        assert apply_promises(actor=desk.owner).cases == 0
    states = dict(
        Clock.objects.filter(case=case, metric="first_response").values_list("state", "due_at")
    )
    assert states["running"] == MONDAY + timedelta(hours=1)
    assert "cancelled" in states


def promise_with(desk: Desk, *levels: Any) -> Any:
    return casework.put_promise(
        actor=desk.owner,
        promise=casework.Promise(
            code="told", name="Told", metric="resolution", calendar="office",
            starts=date(2026, 1, 1), target_seconds=7200, levels=levels,
            conditions={"case_type": ["incident"]},
        ),
    )  # fmt: skip


HALF = {"code": "half", "unit": "percent", "offset": 50}


@pytest.mark.parametrize(
    "levels",
    [
        [{"unit": "percent", "offset": 50}],
        [{**HALF, "offset": "50"}],
        [{**HALF, "unit": "minutes"}],
        [HALF, HALF],
        ["half"],
        [{**HALF, "person_id": "ann"}],
        [{**HALF, "person_id": str(uuid7())}],
    ],
)
def test_levels_that_could_not_be_set_off_are_refused(desk: Desk, levels: Any) -> None:
    with pytest.raises(casework.CaseError) as caught:
        promise_with(desk, *levels)
    assert caught.value.code == "CASE-170"


def told(who: Any) -> int:
    return Message.objects.filter(template="case_level", to_person_id=who).count()


def test_a_level_reaches_who_has_the_case_else_who_leads_its_team(desk: Desk) -> None:
    promise_with(desk, HALF)
    user = create_user(actor=SYSTEM, email="director@centre.example")
    boss = Person.objects.create(name="Director", user_id=user.pk)
    free, taken = desk.case(), desk.case(subject="Taken by somebody of no team")
    casework.assign_case(actor=person("director", user=user.pk), case_id=taken.pk, take=True)
    TeamMember.objects.filter(person_id=desk.agent.person_id).update(lead=True)
    with at(MONDAY + timedelta(hours=1, minutes=1)):
        tick()
    assert ClockFiring.objects.filter(case=free, definition__code="told").count() == 1
    assert (told(boss.pk), told(desk.agent.person_id)) == (2, 2)  # of the first answer too


def test_a_case_that_cannot_be_computed_keeps_no_other_from_its_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = desk.case(), desk.case()
    real = timer.project

    def project(case: casework.Case, *rest: Any) -> Any:
        if case.pk == broken.pk:
            raise ValueError("no such case")
        return real(case, *rest)

    monkeypatch.setattr(timer, "project", project)
    with at(MONDAY + timedelta(hours=1)):
        tick()
        assert ClockFiring.objects.filter(case=sound).count() == 1
        assert ClockFiring.objects.filter(case=broken).count() == 0
        monkeypatch.undo()
        tick()
        assert ClockFiring.objects.filter(case=broken).count() == 1


def test_a_worker_puts_changed_hours_on_in_steps(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        desk.case()
    monkeypatch.setattr(bulk, "CHUNK", 2)
    with at(MONDAY + timedelta(hours=1)):
        given = {"actor": desk.owner, "code": "office", "calendar": later}
        first = apply_calendar(**given, step=True)
        assert (first.clocks, first.later) == (2, 2)
        second = apply_calendar(**given, after=first.place)
        assert (second.clocks, second.later, second.place) == (4, 4, None)
        assert apply_calendar(**given).later == 0
        apply_hours(actor=desk.owner, job_id=uuid7(), payload={"calendar": "office"})
    assert not Clock.objects.filter(due_at=MONDAY + timedelta(hours=3)).exists()
