"""Whatever happens to cases, their clock rows say what their events say."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.models import Event
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.clocks import audit
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.keeping_tasks import audit_all
from commonweal.kernel.casework.models import Clock, ClockAudit, ClockDrift
from commonweal.kernel.casework.settling import SOURCE, fact_of
from commonweal.kernel.measures.public import emit_measures, newest

from .conftest import MONDAY, Desk


def step(desk: Desk, case: casework.Case, chance: random.Random) -> None:
    """One thing that may happen to a case."""
    case.refresh_from_db()
    kind = chance.randrange(4)
    if kind == 0:
        casework.answer(actor=desk.agent, case_id=case.pk, text="Look at this.")
    elif kind == 1:
        casework.classify_case(
            actor=desk.agent, case_id=case.pk, impact=chance.choice(("high", "low"))
        )
    else:
        moves = casework.moves_of(desk.agent, case)
        if moves:
            end = chance.choice(moves).end
            casework.move_case(actor=desk.agent, case_id=case.pk, state=end, resolution="Done.")


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_no_clock_drifts_whatever_happens(desk: Desk, seed: int) -> None:
    chance, moment = random.Random(seed), MONDAY
    cases = [desk.case(subject=f"Case {n}") for n in range(3)]
    for _ in range(12):
        moment += timedelta(minutes=chance.randrange(1, 600))
        with at(moment):
            tick()
            step(desk, chance.choice(cases), chance)
    with at(moment + timedelta(minutes=1)):
        tick()
        found = casework.audit_clocks(actor=SYSTEM)
    assert found.clocks > 0
    assert found.drifted == 0


def test_a_late_timer_is_no_drift_and_a_row_that_waits_for_none_is(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(hours=2)):
        tick()
    with at(MONDAY + timedelta(hours=5)):  # the first answer is three hours late; no timer looked
        assert casework.audit_clocks(actor=SYSTEM).drifted == 0
        rows = Clock.objects.filter(case=case, definition__code="first")
        assert rows.update(next_at=MONDAY + timedelta(days=1)) == 1
        assert casework.audit_clocks(actor=SYSTEM).drifted == 1
        rows.update(next_at=None)
        assert casework.audit_clocks(actor=SYSTEM).drifted == 1


def test_a_proof_that_was_stopped_goes_on_where_it_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [desk.case(subject=f"Case {n}") for n in range(5)]
    Clock.objects.filter(case=cases[4]).update(started_at=MONDAY - timedelta(days=1))
    whole = casework.audit_clocks(actor=SYSTEM)
    assert (whole.cases, whole.drifted) == (5, Clock.objects.filter(case=cases[4]).count())
    monkeypatch.setattr(audit, "CHUNK", 2)
    run = uuid4()
    begun = casework.audit_clocks(actor=SYSTEM, run=run, step=True)
    assert (begun.cases, begun.ended_at) == (2, None)
    for _ in range(2):  # the second does nothing more
        audit_all(actor=SYSTEM, job_id=run, payload={})
        begun.refresh_from_db()
        assert begun.ended_at is not None
        assert (begun.cases, begun.clocks, begun.drifted) == (5, whole.clocks, whole.drifted)
    with pytest.raises(IntegrityError, match="has ended"), transaction.atomic():
        ClockAudit.objects.filter(pk=run).update(drifted=0)
    told = Event.objects.filter(verb="casework.clocks_proved", target_id=str(run))
    assert told.count() == 1
    assert len(set(ClockDrift.objects.filter(audit=begun).values_list("case"))) == 1


def test_a_case_that_cannot_be_computed_is_told_and_hides_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [desk.case(subject=f"Case {n}") for n in range(3)]
    Clock.objects.filter(case=cases[2]).update(started_at=MONDAY - timedelta(days=1))
    right = audit.compare

    def broken(case: casework.Case, *rest: Any) -> Any:
        if case.pk == cases[0].pk:
            raise ValueError
        return right(case, *rest)

    monkeypatch.setattr(audit, "compare", broken)
    row = casework.audit_clocks(actor=SYSTEM)
    assert (row.cases, row.ended_at is not None) == (3, True)
    found = set(ClockDrift.objects.filter(audit=row).values_list("case_id", "computed"))
    assert (cases[0].pk, "ValueError") in found
    assert cases[2].pk in {each for each, _computed in found}


def test_clocks_built_anew_take_a_false_measure_back(desk: Desk) -> None:
    case = desk.case()
    row = Clock.objects.filter(case=case, metric="first_response")[0]
    row.state, row.stopped_at = "met", MONDAY
    row.save()
    fact = fact_of(case, row)
    assert fact is not None
    emit_measures(actor=SYSTEM, source=SOURCE, measures=[fact])
    casework.rebuild_clocks(actor=desk.agent, case_id=case.pk)
    [kept] = newest(SYSTEM, SOURCE, [fact.source_id]).values()
    assert kept.exclusion
