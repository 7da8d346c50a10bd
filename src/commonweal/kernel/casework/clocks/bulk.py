"""Computing very many open clocks anew, when a calendar or a promise changes (R10).

The rows hold everything that is needed (start, gaps), so that a hundred thousand take seconds:
read, then some array operations for each definition. Clocks that took over from other terms (R9)
are computed from their events, because the moment of that is in no row; a cap on pauses goes
through the engine. What comes out is written by putting.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from ...calendar.public import WorkingCalendar, compiled, micros, moment_of
from ..domain.clocks import Cycle, Terms
from ..domain.clocks.engine import again
from ..domain.clocks.many import again_all, can_go_together
from ..domain.clocks.runs import STOPPED
from ..domain.clocks.vector import NEVER, NONE, OPEN, Clocks
from ..models import ClockDefinition
from .definitions import terms_of
from .retaken import Key, cycles_from_events

CHUNK = 20_000
_READ = """
SELECT c.id, c.definition_id, c.started_at, c.gaps, c.due_at, c.breached_at, c.case_id, c.cycle,
  EXISTS (SELECT 1 FROM casework_clock o WHERE o.case_id = c.case_id AND o.kind = c.kind
    AND o.metric = c.metric AND o.state = 'cancelled'
    AND o.reason IN ('superseded', 'withdrawn')), c.xmin::text, c.agency_id
FROM casework_clock c WHERE c.state IN ('running', 'paused')"""
_OF_ONE = f"{_READ} AND c.definition_id = %s AND c.id > %s ORDER BY c.id LIMIT %s"
_OF_CASES = f"{_READ} AND c.case_id = ANY(%s) ORDER BY c.id"
_FIRED = """
SELECT f.case_id, f.cycle, f.level FROM casework_clockfiring f
WHERE f.definition_id = %s AND f.case_id = ANY(%s)"""
_FIRST = UUID(int=0)
Place = tuple[UUID, UUID]
"""How far a walk over open clocks came: definition, clock."""
Fired = dict[tuple[UUID, int], set[str]]
"""By case and cycle of one definition, the levels that were set off."""


@dataclass(frozen=True, slots=True)
class Row:
    """One open clock as the table holds it. `retaken`: other terms held before these. `version`:
    PostgreSQL's own, by which it shows whether somebody changed it since."""

    pk: UUID
    definition: UUID
    started: int
    gaps: list[list[Any]]
    due: datetime | None
    breached: datetime | None
    case: UUID
    cycle: int
    retaken: bool
    version: str
    agency: UUID


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of one open clock. `coming`: when something must be done next."""

    row: Row
    due: datetime | None
    breached: datetime | None
    elapsed: int
    paused: int
    standing: bool
    coming: datetime | None
    levels: tuple[tuple[str, int], ...] = ()
    reason: str = ""

    @property
    def newly_passed(self) -> bool:
        """Whether it is past its due moment only by what was computed now."""
        return self.row.breached is None and self.breached is not None


@dataclass
class Moves:
    """Which way clocks moved, and how many were passed by it, or are not any more."""

    earlier: int = 0
    later: int = 0
    newly_passed: int = 0
    no_longer_passed: int = 0

    @property
    def any(self) -> bool:
        """Whether anything moved."""
        return any((self.earlier, self.later, self.newly_passed, self.no_longer_passed))


@dataclass
class Preview(Moves):
    """What a change would do to the open clocks: how many, which way, and some of them; and of each
    agency. `place`: how far a step came, if more may follow."""

    clocks: int = 0
    same: int = 0
    examples: list[Moved] = field(default_factory=list)
    agencies: dict[UUID, Moves] = field(default_factory=dict)
    digest: Any = field(default_factory=sha256)
    place: Any = None

    def add(self, moved: Moved) -> None:
        """Count one, and keep the first twenty that move."""
        self.clocks += 1
        row, before, after = moved.row, moved.row.due, moved.due
        earlier = before is not None and after is not None and after < before
        later = before is not None and after is not None and after > before
        self.same += not earlier and not later
        newly, no_longer = moved.newly_passed, row.breached is not None and moved.breached is None
        if not (earlier or later or newly or no_longer):
            return
        for each in (self, self.agencies.setdefault(row.agency, Moves())):
            each.earlier += earlier
            each.later += later
            each.newly_passed += newly
            each.no_longer_passed += no_longer
        self.digest.update(f"{row.pk} {after} {moved.breached}\n".encode())
        if before != after and len(self.examples) < 20:
            self.examples.append(moved)


def open_rows(definition: UUID, after: UUID = _FIRST) -> list[Row]:
    """The next open clocks of a definition, at most `CHUNK`, in the order of their ids."""
    return _rows(_OF_ONE, [definition, after, CHUNK])


def open_rows_of(cases: Sequence[UUID]) -> list[Row]:
    """The open clocks of some cases."""
    return _rows(_OF_CASES, [list(cases)])


def _rows(question: str, values: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return [
            Row(pk, definition, micros(started), _json(gaps), *rest)
            for pk, definition, started, gaps, *rest in cursor.fetchall()
        ]


def _json(value: Any) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(value) if isinstance(value, str) else value
    return found


def steps(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
    after: Place | None = None,
) -> Iterator[tuple[Place, list[Moved]]]:
    """Every open clock of the definitions, computed anew on the calendars given, some at a time;
    with each step, how far it came. `after`: where an earlier walk stopped."""
    definition_done, last_done = after or (_FIRST, _FIRST)
    for each in sorted(definitions, key=lambda row: row.pk):
        if each.pk < definition_done:
            continue
        last = last_done if each.pk == definition_done else _FIRST
        terms = terms_of(each, calendar)
        while rows := open_rows(each.pk, last):
            last = rows[-1].pk
            fired = _fired(each.pk, rows) if terms.levels else {}
            plain = [row for row in rows if not row.retaken]
            found = list(at_once(plain, terms, as_of, fired))
            taken = [row for row in rows if row.retaken]
            yield (each.pk, last), found + list(_retaken(taken, fired, calendar, as_of))


def anew(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Iterator[Moved]:
    """Every open clock of the definitions, computed anew on the calendars given."""
    for _place, found in steps(definitions, calendar, as_of):
        yield from found


def _fired(definition: UUID, rows: Sequence[Row]) -> Fired:
    found: Fired = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIRED, [definition, [row.case for row in rows]])
        for case, cycle, level in cursor.fetchall():
            found.setdefault((case, cycle), set()).add(level)
    return found


def at_once(rows: Sequence[Row], terms: Terms, as_of: datetime, fired: Fired) -> Iterable[Moved]:
    """Open clocks computed anew on the same terms, in their order. `fired`: what they have set off
    already."""
    if not rows:
        return ()
    if can_go_together(terms):
        return _together(rows, terms, micros(as_of), fired)
    moment = micros(as_of)
    return [_one(row, terms, moment, fired.get((row.case, row.cycle), set())) for row in rows]


def _one(row: Row, terms: Terms, as_of: int, fired: set[str]) -> Moved:
    gaps = [(gap[0], gap[1], gap[2]) for gap in row.gaps]
    return moved_of(row, again(row.started, gaps, terms, as_of), as_of, fired)


def moved_of(row: Row, cycle: Cycle, as_of: int, fired: set[str]) -> Moved:
    """What became of an open clock, as the engine says."""
    return Moved(
        row,
        _at(cycle.due),
        _at(cycle.breached),
        cycle.elapsed,
        cycle.paused,
        cycle.state == "paused",
        _at(cycle.next_after(as_of, fired)),
        cycle.levels,
        cycle.reason,
    )


def _at(value: int | None) -> datetime | None:
    return moment_of(value) if value is not None else None


def _retaken(
    rows: Sequence[Row],
    fired: Fired,
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Iterator[Moved]:
    """Clocks that took over from other terms, from the events of their cases."""
    wanted: dict[UUID, list[Row]] = {}
    for row in rows:
        wanted.setdefault(row.case, []).append(row)
    for case, found in cycles_from_events(list(wanted), calendar, as_of):
        for row in wanted[case]:
            cycle = found.get(Key(row.definition, row.cycle))
            if cycle is not None:
                known = fired.get((row.case, row.cycle), set())
                yield moved_of(row, cycle, micros(as_of), known)


def _clocks(rows: Sequence[Row], as_of: int) -> Clocks:
    count = len(rows)
    owner, begin, end, done = [], [], [], []
    for place, row in enumerate(rows):
        for start, finish, reason in row.gaps:
            done.append(reason == STOPPED)
            owner.append(place)
            begin.append(start)
            end.append(OPEN if finish is None else finish)
    return Clocks(
        start=np.fromiter((row.started for row in rows), np.int64, count),
        until=np.full(count, as_of, np.int64),
        running=np.full(count, True),
        target=np.zeros(count, np.int64),
        pause_from=np.array(begin, np.int64),
        pause_to=np.array(end, np.int64),
        pause_of=np.array(owner, np.int64),
        done=np.array(done, bool),
    )


def _together(rows: Sequence[Row], terms: Terms, as_of: int, fired: Fired) -> Iterable[Moved]:
    plan = compiled(terms.calendar, min(row.started for row in rows), as_of)
    found = again_all(plan, _clocks(rows, as_of), terms)
    known = [fired.get((row.case, row.cycle), ()) for row in rows]
    passed = {code: np.array([code in each for each in known], bool) for code, _ in found.levels}
    parts = zip(
        rows,
        found.due.tolist(),
        found.breached.tolist(),
        found.elapsed.tolist(),
        found.paused.tolist(),
        found.standing.tolist(),
        found.coming(as_of, passed).tolist(),
        *(moments.tolist() for _, moments in found.levels),
        strict=True,
    )
    codes = [code for code, _ in found.levels]
    for row, due, breached, elapsed, paused, standing, coming, *levels in parts:
        yield Moved(
            row,
            None if due == NEVER else moment_of(due),
            None if breached == NONE else moment_of(breached),
            elapsed,
            paused,
            standing,
            None if coming == NEVER else moment_of(coming),
            tuple((code, at) for code, at in zip(codes, levels, strict=True) if at != NEVER),
        )


def preview(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Preview:
    """What other calendars would do to the open clocks of definitions."""
    found = Preview()
    for moved in anew(definitions, calendar, as_of):
        found.add(moved)
    return found
