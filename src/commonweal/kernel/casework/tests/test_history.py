"""A history loaded at once is what the same history would have been, step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.models import Event
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, CaseEvent, Clock, ClockFiring
from commonweal.kernel.schema.public import Forbidden

from .conftest import MONDAY, Desk

HOUR = timedelta(hours=1)
SHOWN = (
    "metric", "state", "started_at", "due_at", "stopped_at", "elapsed_us", "paused_us",
    "breached_at", "gaps", "month",
)  # fmt: skip


def past(desk: Desk, **more: object) -> casework.Past:
    """A printer that was mended in three hours, one of which was the requester's."""
    steps = [
        casework.Step(MONDAY + HOUR, "out", "Is there paper?", by=desk.agent.user_id),
        casework.Step(MONDAY + HOUR, "state", "waiting_requester", by=desk.agent.user_id),
        casework.Step(MONDAY + 2 * HOUR, "in", "Yes.", by=desk.employee.user_id),
        casework.Step(MONDAY + 2 * HOUR, "state", "in_progress"),
        casework.Step(MONDAY + 3 * HOUR, "state", "resolved", by=desk.agent.user_id),
        casework.Step(MONDAY + 4 * HOUR, "rated", "4", by=desk.employee.user_id),
    ]
    given = {
        "agency_id": desk.parks.pk, "case_type": "incident", "category": "", "channel": "web",
        "subject": "The printer prints nothing", "text": "It blinks.", "opened_at": MONDAY,
        "requester": desk.contact(desk.employee), "opened_by": desk.employee.user_id,
        "resolution": "A new drum.", "source": "old", "source_id": "7", "steps": steps,
    }  # fmt: skip
    return casework.Past(**(given | more))  # type: ignore[arg-type]


def live(desk: Desk) -> Case:
    """The same, done by the actions at the same moments."""
    case = desk.case(text="It blinks.")
    with at(MONDAY + HOUR):
        casework.answer(
            actor=desk.agent, case_id=case.pk, text="Is there paper?", then="waiting_requester"
        )
    with at(MONDAY + 2 * HOUR):
        casework.receive_message(
            actor=desk.employee, case_id=case.pk, said=casework.Said(text="Yes.")
        )
    with at(MONDAY + 3 * HOUR):
        casework.move_case(
            actor=desk.agent, case_id=case.pk, state="resolved", resolution="A new drum."
        )
    with at(MONDAY + 4 * HOUR):
        casework.rate_case(actor=desk.employee, case_id=case.pk, score=4)
    return Case.objects.get(pk=case.pk)


def test_the_clocks_are_those_of_the_same_case_worked_live(desk: Desk) -> None:
    one = live(desk)
    with at(MONDAY + 5 * HOUR):
        assert casework.load_history(actor=desk.owner, cases=[past(desk)]) == 1
    other = Case.objects.exclude(pk=one.pk).get()
    clocks = [
        list(Clock.objects.filter(case=each).order_by("metric", "cycle").values_list(*SHOWN))
        for each in (one, other)
    ]
    assert clocks[0] == clocks[1]
    assert len(clocks[0]) >= 3
    for name in ("state", "phase", "priority", "resolution", "resolved_at", "score", "contacts",
                 "reopened", "breached", "opened_at"):  # fmt: skip
        assert getattr(one, name) == getattr(other, name), name


def test_a_loaded_clock_rebuilt_is_the_same(desk: Desk) -> None:
    steps = [casework.Step(MONDAY + HOUR, "out", "We look.", by=desk.agent.user_id)]
    with at(MONDAY + 3 * HOUR):
        casework.load_history(actor=desk.owner, cases=[past(desk, steps=steps, resolution="")])
        case = Case.objects.get()
        before = list(Clock.objects.order_by("pk").values(*SHOWN, "next_at", "levels"))
        casework.rebuild_clocks(actor=desk.agent, case_id=case.pk)
        after = list(Clock.objects.order_by("pk").values(*SHOWN, "next_at", "levels"))
    assert before == after
    assert case.due_at is not None


def test_the_same_source_and_id_are_loaded_once(desk: Desk) -> None:
    with at(MONDAY + 5 * HOUR):
        assert casework.load_history(actor=desk.owner, cases=[past(desk)]) == 1
        assert casework.load_history(actor=desk.owner, cases=[past(desk)]) == 0
    assert Case.objects.count() == 1


def test_levels_that_are_past_are_not_set_off_again(desk: Desk) -> None:
    late = past(desk, steps=[], resolution="")
    with at(MONDAY + 30 * HOUR):
        casework.load_history(actor=desk.owner, cases=[late])
    fired = ClockFiring.objects.count()
    assert fired >= 2
    due = Clock.objects.filter(next_at__lte=MONDAY + 30 * HOUR)
    assert not due.exists()
    assert Case.objects.get().breached


def test_numbers_follow_the_years_and_go_on_live(desk: Desk) -> None:
    years = [datetime(year, 6, 1, 15, tzinfo=UTC) for year in (2025, 2026, 2025)]
    pasts = [
        past(desk, opened_at=when, steps=[], resolution="", source_id=str(place))
        for place, when in enumerate(years)
    ]
    casework.load_history(actor=desk.owner, cases=pasts)
    numbers = list(Case.objects.order_by("number").values_list("number", flat=True))
    assert numbers == ["PRK-25-000001", "PRK-25-000002", "PRK-26-000001"]
    assert desk.case().number == "PRK-26-000002"


def test_it_is_found_counted_and_recorded(desk: Desk) -> None:
    with at(MONDAY + 5 * HOUR):
        casework.load_history(actor=desk.owner, cases=[past(desk)])
    found = casework.search_cases(desk.agent, "printer paper")
    assert [case.subject for case in found] == ["The printer prints nothing"]
    assert casework.queue_counts(desk.agent)[Case.objects.get().queue_id]["done"] == 1
    event = Event.objects.get(verb="casework.history_loaded")
    assert event.payload["cases"] == 1
    assert event.payload["events"] == CaseEvent.objects.count() == 7
    assert len(event.payload["digest"]) == 64


def step(offset: float, what: str, value: str) -> Callable[[Desk], list[casework.Step]]:
    return lambda desk: [casework.Step(MONDAY + offset * HOUR, what, value)]


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (step(-1, "out", "Too early"), "CASE-180"),
        (step(9, "out", "Too late"), "CASE-180"),
        (step(1, "state", "nowhere"), "CASE-101"),
        (step(1, "state", "new"), "CASE-102"),
    ],
)
def test_what_cannot_have_been_is_refused_and_leaves_nothing(
    desk: Desk, steps: Callable[[Desk], list[casework.Step]], code: str
) -> None:
    with at(MONDAY + 5 * HOUR), pytest.raises(casework.CaseError, match=code):
        casework.load_history(actor=desk.owner, cases=[past(desk, steps=steps(desk))])
    assert Case.objects.count() == 0


def test_only_who_manages_loads_a_history(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="ACCESS-403"):
        casework.load_history(actor=desk.agent, cases=[])
    assert casework.load_history(actor=SYSTEM, cases=[]) == 0
