"""The nightly proof: every open clock, and every one that ended this month, computed anew from
events alone and compared with its row (R24). What differs is looked at again while the case is
held, so that work going on meanwhile is never taken for drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ...calendar.public import micros, now
from ..models import Case, CaseEvent, Clock, ClockDefinition
from .calendars import working_calendar
from .definitions import Reader, all_definitions
from .projection import cycles_of, values_of

CHUNK = 250
OPEN = ("running", "paused")
ENDED = ("met", "missed", "cancelled")
_ALWAYS = ("kind", "metric", "started_at", "due_at", "reason", "levels", "gaps")
_ENDED = ("stopped_at", "elapsed_us", "paused_us", "breached_at", "month")


@dataclass(frozen=True)
class Drift:
    """One field of a clock row that does not say what its events say."""

    case: Case
    definition: str
    cycle: int
    field: str
    held: str
    computed: str


@dataclass
class Proof:
    """How much was compared, and what differed."""

    cases: int = 0
    clocks: int = 0
    drifts: tuple[Drift, ...] = ()


def remembered() -> Reader:
    """Reads definitions, each once."""
    return Reader(working_calendar)


def due_cases(month: date, after: UUID) -> list[UUID]:
    """The next cases, in order of their id, with an open clock or one that ended in a month."""
    some: set[UUID] = set()
    for rows in (Clock.objects.filter(state__in=OPEN), Clock.objects.filter(month=month)):
        found = rows.filter(case_id__gt=after).order_by("case_id").values_list("case_id", flat=True)
        some |= set(found.distinct()[:CHUNK])
    return sorted(some)[:CHUNK]


def prove(ids: Sequence[UUID], read: Reader, moment: datetime) -> Proof:
    """Compute the clocks of some cases anew and compare; a difference is looked at twice."""
    definitions = all_definitions()
    found = _look(ids, definitions, read, moment)
    if not found.drifts:
        return found
    again = sorted({each.case.pk for each in found.drifts})
    list(Case.objects.select_for_update(of=("self",)).filter(pk__in=again).order_by("id"))
    second = _look(again, definitions, read, now())
    return Proof(found.cases, found.clocks, second.drifts)


def _look(
    ids: Sequence[UUID],
    definitions: Sequence[ClockDefinition],
    read: Reader,
    moment: datetime,
) -> Proof:
    cases = Case.objects.select_related("case_type", "category").filter(pk__in=ids)
    events = _by_case(CaseEvent.objects.filter(case_id__in=ids).order_by("case_id", "seq"))
    clocks = _by_case(Clock.objects.filter(case_id__in=ids).select_related("definition"))
    proof, drifts = Proof(), []
    for case in cases.order_by("id"):
        proof.cases += 1
        rows = {(row.definition_id, row.cycle): row for row in clocks.get(case.pk, ())}
        proof.clocks += len(rows)
        drifts += list(compare(case, events.get(case.pk, []), rows, definitions, read, moment))
    proof.drifts = tuple(drifts)
    return proof


def _by_case(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def compare(
    case: Case,
    events: Sequence[CaseEvent],
    rows: dict[tuple[UUID, int], Clock],
    definitions: Sequence[ClockDefinition],
    read: Reader,
    moment: datetime,
) -> Iterator[Drift]:
    """What differs between the rows of a case and its events."""
    left = dict(rows)
    for definition, cycle in cycles_of(case, events, definitions, moment, read):
        row = left.pop((definition.pk, cycle.number), None)
        values = values_of(cycle, set(), micros(moment))
        if row is None:
            yield Drift(case, definition.code, cycle.number, "row", "", str(values["state"]))
            continue
        for name, held, computed in _different(row, values, definition, moment):
            yield Drift(case, definition.code, cycle.number, name, held, computed)
    for row in left.values():
        yield Drift(case, row.definition.code, row.cycle, "row", row.state, "")


def _on_the_timers_list(row: Clock, moment: datetime) -> bool:
    """Whether the timer is still to note the breach: that it comes late, or stood still for hours,
    is no drift of the row, which says itself that it is due. One that waits for no timer is."""
    return row.breached_at is None and row.next_at is not None and row.next_at <= moment


def _different(
    row: Clock, values: dict[str, Any], definition: ClockDefinition, moment: datetime
) -> Iterator[tuple[str, str, str]]:
    ended = values["state"] in ENDED
    capped = definition.pause_cap is not None
    if row.state != values["state"] and (ended or row.state in ENDED or not capped):
        yield "state", row.state, str(values["state"])
    for name in (*_ALWAYS, *(_ENDED if ended else ())):
        held, computed = getattr(row, name), values[name]
        if held != computed:
            yield name, str(held)[:200], str(computed)[:200]
    late = values["breached_at"]
    if not ended and late != row.breached_at and not _on_the_timers_list(row, moment):
        yield "breached_at", str(row.breached_at), str(late)
