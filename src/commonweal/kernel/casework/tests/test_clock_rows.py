"""Clock rows: each level is set off once, a changed calendar moves them, nothing drifts."""

from __future__ import annotations

from datetime import date, timedelta

from commonweal.kernel.calendar.public import Window, WorkingCalendar, at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.applying import apply_calendar, apply_promises
from commonweal.kernel.casework.clocks import bulk
from commonweal.kernel.casework.clocks.definitions import on_calendar
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.models import CaseEvent, Clock, ClockFiring

from .conftest import MONDAY, Desk


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
        definitions = on_calendar("office")
        seen = bulk.preview(definitions, later, now())
        assert row(cases[1], "resolve").due_at == MONDAY + timedelta(hours=8)
        done = apply_calendar(actor=desk.owner, code="office", calendar=later)
        assert (seen.clocks, seen.later, seen.same) == (done.clocks, done.later, done.same)
    # From ten on: 7 hours on Monday, 1 on Tuesday until eleven.
    assert row(cases[1], "resolve").due_at == MONDAY + timedelta(days=1, hours=2)
    assert row(cases[0], "resolve").state == "paused"
    cases[1].refresh_from_db()
    assert cases[1].due_at == row(cases[1], "first").due_at == MONDAY + timedelta(hours=3)


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
        assert apply_promises(actor=desk.owner) == {"cases": 1}
        assert apply_promises(actor=desk.owner) == {"cases": 0}
    states = dict(
        Clock.objects.filter(case=case, metric="first_response").values_list("state", "due_at")
    )
    assert states["running"] == MONDAY + timedelta(hours=1)
    assert "cancelled" in states
