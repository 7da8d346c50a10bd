"""Other promises on very many open cases at once: the same as case by case from the events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.events import append, locked
from commonweal.kernel.casework.clocks import audit, replacing
from commonweal.kernel.casework.clocks.definitions import Chooser, all_definitions
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.models import CaseEvent, Clock, ClockFiring
from commonweal.kernel.casework.tasks import take_promises
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.schema.public import Conflict, Forbidden, uuid7

from .conftest import HOUR, MONDAY, Desk

HALF = {"code": "half", "unit": "percent", "offset": 50}
LATE = {"code": "late", "unit": "seconds", "offset": 600}
RESOLVE = casework.Promise(
    code="resolve", name="Resolved", metric="resolution", calendar="office",
    starts=MONDAY.date(), target_seconds=8 * HOUR, pauses=("requester",), levels=[HALF],
)  # fmt: skip
FIRST = replace(RESOLVE, code="first", name="Answered", metric="first_response", pauses=(),
                target_seconds=2 * HOUR)  # fmt: skip
OTHERS: dict[str, list[casework.Promise]] = {
    "shorter": [replace(RESOLVE, target_seconds=HOUR)],
    "shorter, and past several levels": [
        replace(RESOLVE, target_seconds=HOUR, levels=[HALF, LATE, {**HALF, "code": "third",
                                                                   "offset": 33}])
    ],
    "longer, other levels": [replace(RESOLVE, target_seconds=30 * HOUR, levels=[LATE])],
    "in days, around the clock": [
        replace(RESOLVE, target_seconds=None, target_days=2, calendar="always")
    ],
    "both": [replace(RESOLVE, target_seconds=6 * HOUR), replace(FIRST, target_seconds=HOUR)],
    "with a cap on pauses": [replace(RESOLVE, pause_cap=1800)],
    "another pause": [replace(RESOLVE, pauses=("requester", "appointment"))],
    "from now": [replace(RESOLVE, target_seconds=HOUR, reclassify="from_now")],
    "one more, of the teams": [replace(RESOLVE, code="team", kind="ola", pauses=())],
    "of some cases only": [
        replace(RESOLVE, code="apart", target_seconds=HOUR, conditions={"channel": ["phone"]})
    ],
}  # fmt: skip
SINGLY = {"another pause", "from now", "one more, of the teams"}
FIELDS = (
    "case_id", "definition__code", "definition__starts", "cycle", "kind", "metric", "state",
    "started_at", "due_at", "stopped_at", "elapsed_us", "paused_us", "breached_at", "reason",
    "next_at", "levels", "gaps", "month",
)  # fmt: skip


def busy(desk: Desk) -> list[casework.Case]:
    """Cases in every condition: new, answered, waiting, gone on, escalated, done, opened again."""
    urgent = {"impact": "high", "urgency": "high"}
    given: list[dict[str, str]] = [{}, {"channel": "phone"}, *[{}] * 5, urgent]
    cases = [desk.case(subject=f"Printer {n}", **more) for n, more in enumerate(given)]
    with at(MONDAY + timedelta(minutes=30)):
        casework.answer(actor=desk.agent, case_id=cases[1].pk, text="We come.")
        for each in cases[2:5]:
            casework.answer(actor=desk.agent, case_id=each.pk, text="Hm?", then="waiting_requester")
    with at(MONDAY + timedelta(minutes=50)):
        casework.receive_message(
            actor=desk.employee, case_id=cases[3].pk, said=casework.Said("It is the left one.")
        )
        casework.move_case(
            actor=desk.agent, case_id=cases[5].pk, state="resolved", resolution="Mended."
        )
    with at(MONDAY + timedelta(minutes=70)):
        tick()
        casework.move_case(
            actor=desk.agent, case_id=cases[6].pk, state="resolved", resolution="Mended."
        )
    with at(MONDAY + timedelta(minutes=80)):
        casework.move_case(actor=desk.agent, case_id=cases[6].pk, state="in_progress")
    return cases


def told_rows() -> list[str]:
    """Every clock; of one that goes on, how far it is stands in its row as of the last writing."""
    rows = [dict(zip(FIELDS, row, strict=True)) for row in Clock.objects.values_list(*FIELDS)]
    for row in rows:
        if row["state"] in ("running", "paused"):
            row["elapsed_us"] = row["paused_us"] = None
    return sorted(map(str, rows))


def shown(cases: list[casework.Case]) -> list[tuple[Any, ...]]:
    rows = casework.Case.objects.filter(pk__in=[each.pk for each in cases]).order_by("id")
    return list(rows.values_list("due_at", "sort_due", "breached", "updated_at"))


class Undone(Exception):
    """Ends a try."""


def tried(work: Callable[[], Any], cases: list[casework.Case]) -> list[Any]:
    """What the work leaves behind, once the timer has looked too; nothing is kept of it."""
    found: list[Any] = []
    try:
        with transaction.atomic():
            work()
            found.append(casework.Case.objects.filter(events__kind="terms").distinct().count())
            tick()
            found += [told_rows(), shown(cases), sorted(ClockFiring.objects.values_list(
                "case_id", "definition__code", "definition__starts", "cycle", "level",
                "planned_at",
            ), key=repr)]  # fmt: skip
            raise Undone
    except Undone:
        return found


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_put_on_many_at_once_is_what_the_events_say(desk: Desk, name: str) -> None:
    cases = busy(desk)
    with at(MONDAY + timedelta(hours=2, minutes=5)):
        tick()
        for promise in OTHERS[name]:
            casework.put_promise(actor=desk.owner, promise=promise)
        best = Chooser(all_definitions())
        touched = replacing.other_promises(replacing.open_cases(None, 100), best)

        def singly() -> None:
            for pk in sorted(touched):
                append(desk.owner, locked(desk.owner, pk), "terms")

        preview = casework.promise_changes(desk.owner)
        at_once = tried(lambda: casework.apply_promises(actor=desk.owner), cases)
        assert differences(at_once, tried(singly, cases)) == []
        turned = replacing.turn([each for each in cases if each.pk in touched], touched, now())
        assert bool(turned.singly) == (name in SINGLY)
        assert 0 < preview.cases == len(touched) == at_once[0] < len(cases)
        done = casework.apply_promises(actor=desk.owner)
        assert counted(done) == counted(preview)
        tick()
        assert audit.prove([each.pk for each in cases], audit.remembered(), now()).drifts == ()
        assert casework.promise_changes(desk.owner).cases == 0
        assert casework.apply_promises(actor=desk.owner).cases == 0
    with at(MONDAY + timedelta(hours=3)):
        again = [replace(each, starts=MONDAY.date() + timedelta(days=1), levels=[LATE])
                 for each in OTHERS[name]]  # fmt: skip
    with at(MONDAY + timedelta(days=1)):
        for promise in again:
            casework.put_promise(actor=desk.owner, promise=promise)
        at_once = tried(lambda: casework.apply_promises(actor=desk.owner), cases)
        assert differences(at_once, tried(singly, cases)) == []


def differences(first: list[Any], second: list[Any]) -> list[Any]:
    found = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return [
        [each for each in zip(*pair, strict=False) if each[0] != each[1]] or pair for pair in found
    ]


def counted(found: replacing.Replaced) -> tuple[int, ...]:
    return (found.cases, found.earlier, found.later, found.newly_passed, found.no_longer_passed,
            found.withdrawn, found.begun)  # fmt: skip


def test_a_promise_that_ended_is_withdrawn_from_open_cases(desk: Desk) -> None:
    cases = busy(desk)
    with at(MONDAY + timedelta(hours=1, minutes=30)):
        tomorrow = MONDAY.date() + timedelta(days=1)
        casework.end_promise(actor=desk.owner, code="resolve", ends=tomorrow)
        assert casework.promise_changes(desk.owner).cases == 0
    with at(MONDAY + timedelta(days=1)):
        tick()
        seen = casework.promise_changes(desk.owner)
        assert seen.withdrawn == casework.apply_promises(actor=desk.owner).withdrawn > 3
        tick()
        assert audit.prove([each.pk for each in cases], audit.remembered(), now()).drifts == ()
    gone = Clock.objects.filter(case=cases[0], definition__code="resolve")
    assert [(each.state, each.reason, each.next_at) for each in gone] == [
        ("cancelled", "withdrawn", None)
    ]


def test_a_worker_puts_promises_on_in_steps_and_goes_on_after_a_stop(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "STEP", 2)
    busy(desk)
    with at(MONDAY + timedelta(hours=1, minutes=30)):
        casework.put_promise(actor=desk.owner, promise=replace(RESOLVE, target_seconds=HOUR))
        whole = casework.promise_changes(desk.owner).cases
        step = casework.apply_promises(actor=desk.owner, step=True)
        assert (step.cases, step.place is not None) == (2, True)
        assert casework.promise_changes(desk.owner).cases == whole - 2
        take_promises(actor=desk.owner, job_id=uuid7(), payload={})
        with act_as(SYSTEM):
            assert casework.promise_changes(SYSTEM).cases == 0
            assert CaseEvent.objects.filter(kind="terms").count() == whole


def test_only_one_worker_puts_promises_on(desk: Desk) -> None:
    first = casework.put_promises_on(actor=desk.owner)
    with pytest.raises(Conflict, match="already"):
        casework.put_promises_on(actor=desk.owner)
    assert casework.putting_on(desk.owner) == Job.objects.get(pk=first.pk)
    with pytest.raises(Forbidden):
        casework.put_promises_on(actor=desk.agent)
