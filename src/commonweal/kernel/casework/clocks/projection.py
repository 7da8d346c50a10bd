"""From a case's events to its clock rows: always computed anew, so that nothing can drift (R24).

The row in the table repeats what the engine says at the moment of writing; a page that shows
elapsed time asks the engine again. Closed cycles of a frozen month are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from ...calendar.public import FiscalPeriod, micros, moment_of, now
from ...party.public import centre
from ..domain.clocks import Cycle, Event, Terms, run
from ..models import Case, CaseEvent, Clock, ClockDefinition, ClockFiring
from ..models.cases import FAR
from .definitions import all_definitions, read_once, terms_of, tracks_of

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
    terms: Callable[[ClockDefinition], Terms] = terms_of,
) -> list[tuple[ClockDefinition, Cycle]]:
    """Every cycle of every promise of a case as of a moment, each with its definition. `terms`
    reads a definition; who computes many cases remembers what it gave."""
    events = engine_events(rows)
    found: list[tuple[ClockDefinition, Cycle]] = []
    for track in tracks_of(case, rows, definitions):
        known = {each.pk: terms(each) for _seq, each in track if each is not None}
        back = {known[each.pk]: each for _seq, each in track if each is not None}
        turns = [(seq, known[each.pk] if each is not None else None) for seq, each in track]
        found += [(back[cycle.terms], cycle) for cycle in run(events, turns, micros(as_of))]
    return found


def cycles_now(case: Case) -> list[tuple[ClockDefinition, Cycle]]:
    """The cycles of a case as they stand now."""
    rows = list(case.events.order_by("seq"))
    return cycles_of(case, rows, all_definitions(), now(), read_once())


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


def project(case: Case, definitions: Sequence[ClockDefinition] | None = None) -> list[Clock]:
    """Write the clock rows of a locked case as its events say, and what its lists show of them;
    returns those whose promise is found missed now, but was not before."""
    moment = now()
    known = definitions if definitions is not None else all_definitions()
    rows = list(case.events.order_by("seq"))
    cycles = cycles_of(case, rows, known, moment, read_once())
    old = {(row.definition_id, row.cycle): row for row in Clock.objects.filter(case=case)}
    fired: dict[tuple[Any, int], set[str]] = {}
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
    return passed


def show(case: Case, clocks: Iterable[Clock]) -> None:
    """Repeat on the case what its lists go by: the nearest due moment of a promise to whoever
    asked, and whether one that still runs was passed."""
    live = [row for row in clocks if row.state in ("running", "paused") and row.kind == "sla"]
    due = [row.due_at for row in live if row.due_at is not None]
    case.due_at = min(due, default=None)
    case.sort_due = case.due_at or FAR
    case.breached = any(row.breached_at is not None for row in live)
