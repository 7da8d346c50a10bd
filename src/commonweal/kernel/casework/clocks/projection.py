"""From a case's events to its clock rows: always computed anew, so that nothing can drift (R24).

The row in the table repeats what the engine says at the moment of writing; a page that shows
elapsed time asks the engine again. Closed cycles of a frozen month are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ...calendar.public import FiscalPeriod, micros, moment_of, now
from ...party.public import centre
from ..domain.clocks import Cycle, Event, Terms, run
from ..domain.clocks.written import written
from ..domain.errors import CaseError
from ..models import Case, CaseEvent, Clock, ClockDefinition, ClockFiring
from ..models.cases import FAR
from .definitions import Reader, Track, all_definitions, tracks_of

FIELDS = (
    "kind", "metric", "state", "started_at", "due_at", "stopped_at", "elapsed_us", "paused_us",
    "breached_at", "reason", "next_at", "levels", "gaps", "month",
)  # fmt: skip
_ISO = ("opened_at",)


def engine_events(events: Iterable[CaseEvent]) -> list[Event]:
    """A case's events as the engine takes them: moments as microseconds."""
    return [Event(row.seq, micros(row.at), row.kind, _data(row.data)) for row in events]


def _data(data: dict[str, Any]) -> dict[str, Any]:
    if not any(name in data for name in _ISO):
        return data
    return {
        key: micros(datetime.fromisoformat(value)) if key in _ISO else value
        for key, value in data.items()
    }


def cycles_of(
    case: Case,
    rows: Sequence[CaseEvent],
    definitions: Sequence[ClockDefinition],
    as_of: datetime,
    read: Reader,
) -> list[tuple[ClockDefinition, Cycle]]:
    """Every cycle of every promise of a case as of a moment, each with its definition.

    A cycle that goes on is computed on the hours of now, one that stopped on those that were known
    when it did (R10): what was decided later changes no earlier answer (design law 4).
    """
    events = engine_events(rows)
    found: list[tuple[ClockDefinition, Cycle]] = []
    for track in tracks_of(case, rows, definitions):
        cycles = _cycles(events, track, read, as_of)
        for place, (definition, cycle) in enumerate(cycles):
            known = _known_at(cycle, rows)
            if known is not None and read.since(definition, known):
                then = _cycles(events, track, partial(read.then, moment=known), as_of)
                cycles[place] = then[place]
        found += cycles
    return found


def _cycles(
    events: Sequence[Event],
    track: Track,
    terms: Callable[[ClockDefinition], Terms],
    as_of: datetime,
) -> list[tuple[ClockDefinition, Cycle]]:
    known = {each.pk: terms(each) for _seq, each in track if each is not None}
    back = {known[each.pk]: each for _seq, each in track if each is not None}
    turns = [(seq, known[each.pk] if each is not None else None) for seq, each in track]
    return [(back[cycle.terms], cycle) for cycle in run(events, turns, micros(as_of))]


def _known_at(cycle: Cycle, rows: Sequence[CaseEvent]) -> datetime | None:
    """When a cycle was known to have stopped: then, or as soon as what stopped it was written down;
    None while it goes on."""
    if cycle.stopped is None:
        return None
    stopped = moment_of(cycle.stopped)
    return max([stopped, *(row.recorded_at for row in rows if row.at == stopped)])


def cycles_now(case: Case) -> list[tuple[ClockDefinition, Cycle]]:
    """The cycles of a case as they stand now."""
    rows = list(case.events.order_by("seq"))
    return cycles_of(case, rows, all_definitions(), now(), Reader())


def document_of(case: Case, definition_id: Any, number: int) -> dict[str, Any]:
    """A cycle of a promise as anybody may compute it again with the engine, on the hours that it
    goes by (a `commonweal.engine.clock.v1` document; CASE-408, 197)."""
    rows, read, moment = list(case.events.order_by("seq")), Reader(), now()
    events = engine_events(rows)
    for track in tracks_of(case, rows, all_definitions()):
        for definition, cycle in _cycles(events, track, read, moment):
            if (definition.pk, cycle.number) == (definition_id, number):
                known = _known_at(cycle, rows)
                terms = read if known is None else partial(read.then, moment=known)
                turns = [(seq, terms(each) if each is not None else None) for seq, each in track]
                return written(turns, events, micros(moment))
    raise CaseError("CASE-408", "There is no such clock. Look at the case again.")


def values_of(cycle: Cycle, fired: set[str], moment: int) -> dict[str, Any]:
    """What the row of a cycle holds. `fired`: its levels that were set off, which are not planned
    again; one that is past and was not set off is due at once."""
    planned = [[code, _iso(at)] for code, at in cycle.levels]
    coming = cycle.next_after(moment, fired)
    stopped = _at(cycle.stopped)
    return {
        "kind": cycle.terms.kind,
        "metric": cycle.terms.metric,
        "state": cycle.state,
        "started_at": moment_of(cycle.started),
        "due_at": _at(cycle.due),
        "stopped_at": stopped,
        "elapsed_us": cycle.elapsed,
        "paused_us": cycle.paused,
        "breached_at": _at(cycle.breached),
        "reason": cycle.reason,
        "next_at": _at(coming),
        "levels": planned,
        "gaps": [list(gap) for gap in cycle.gaps],
        "month": month_of(stopped) if stopped and cycle.state != "cancelled" else None,
    }


def month_of(moment: datetime) -> Any:
    """The first day of the fiscal period that holds a moment in the centre's zone."""
    return FiscalPeriod.of_moment(moment, centre().zone).first_day


def _at(value: int | None) -> datetime | None:
    return moment_of(value) if value is not None else None


def _iso(value: int) -> str:
    return moment_of(value).isoformat()


@dataclass(frozen=True)
class Projected:
    """What became of a case's clocks. `missed`: those whose promise is found missed now, but was
    not before. `ended`: whether any of them has ended now, or had before."""

    missed: list[Clock]
    ended: bool


def project(case: Case, definitions: Sequence[ClockDefinition] | None = None) -> Projected:
    """Write the clock rows of a locked case as its events say, and what its lists show of them."""
    moment = now()
    known = definitions if definitions is not None else all_definitions()
    rows = list(case.events.order_by("seq"))
    cycles = cycles_of(case, rows, known, moment, Reader())
    old = {(row.definition_id, row.cycle): row for row in Clock.objects.filter(case=case)}
    fired: dict[tuple[Any, int], set[str]] = {}
    had_ended = any(row.stopped_at for row in old.values())
    if old:
        for each in ClockFiring.objects.filter(case=case):
            fired.setdefault((each.definition_id, each.cycle), set()).add(each.level)
    make, change, kept, passed = [], [], [], []
    changed: set[str] = set()
    for definition, cycle in cycles:
        key = (definition.pk, cycle.number)
        values = values_of(cycle, fired.get(key, set()), micros(moment))
        row = old.pop(key, None)
        known_late = row is not None and row.breached_at is not None
        if row is None:
            row = Clock(agency_id=case.agency_id, case=case, definition=definition,
                        cycle=cycle.number, **values)  # fmt: skip
            make.append(row)
        else:
            row.definition = definition
            differs = [name for name in FIELDS if getattr(row, name) != values[name]]
            for name in differs:
                setattr(row, name, values[name])
            kept.append(row)
            if differs:
                change.append(row)
                changed.update(differs)
        if row.breached_at is not None and not known_late:
            passed.append(row)
    if old:
        Clock.objects.filter(pk__in=[row.pk for row in old.values()]).delete()
    if make:
        Clock.objects.bulk_create(make)
    if change:
        Clock.objects.bulk_update(change, sorted(changed))
    show(case, [*make, *kept])
    return Projected(passed, had_ended or any(row.stopped_at for row in (*make, *kept)))


def show(case: Case, clocks: Iterable[Clock]) -> None:
    """Repeat on the case what its lists go by: the nearest due moment of a promise to whoever
    asked, and whether one that runs now was passed: never while it is paused (R23)."""
    live = [row for row in clocks if row.state in ("running", "paused") and row.kind == "sla"]
    due = [row.due_at for row in live if row.due_at is not None]
    case.due_at = min(due, default=None)
    case.sort_due = case.due_at or FAR
    case.breached = any(row.breached_at is not None for row in live if row.state == "running")
