"""Computing very many open clocks anew, when a calendar or a promise changes (R10).

The rows hold everything that is needed (start, gaps), so that a hundred thousand take seconds:
read, some array operations for each definition, one COPY, one UPDATE of what really changed. A
preview is the same without the writing. Clocks that took over from other terms (R9) are computed
from their events, because the moment of that is in no row; a cap on pauses goes through the engine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby, islice
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
from ..models.cases import FAR
from .definitions import terms_of
from .retaken import Key, cycles_from_events

CHUNK = 20_000
_READ = """
SELECT c.id, c.definition_id, c.started_at, c.gaps, c.due_at, c.breached_at, c.case_id, c.cycle,
  EXISTS (SELECT 1 FROM casework_clock o WHERE o.case_id = c.case_id AND o.kind = c.kind
    AND o.metric = c.metric AND o.state = 'cancelled'
    AND o.reason IN ('superseded', 'withdrawn')), c.xmin::text, c.agency_id
FROM casework_clock c WHERE c.state IN ('running', 'paused') AND c.definition_id = ANY(%s)
ORDER BY c.definition_id, c.id"""
_FIRED = """
SELECT f.case_id, f.cycle, f.level FROM casework_clockfiring f
JOIN casework_clock c ON c.case_id = f.case_id AND c.definition_id = f.definition_id
  AND c.cycle = f.cycle
WHERE c.state IN ('running', 'paused') AND c.definition_id = %s"""
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
    agency."""

    clocks: int = 0
    same: int = 0
    examples: list[Moved] = field(default_factory=list)
    agencies: dict[UUID, Moves] = field(default_factory=dict)
    digest: Any = field(default_factory=sha256)

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


def open_rows(definitions: Sequence[UUID]) -> Iterator[Row]:
    """The open clocks of definitions, those of one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(definitions)])
        while rows := cursor.fetchmany(CHUNK):
            for pk, definition, started, gaps, *rest in rows:
                yield Row(pk, definition, micros(started), _json(gaps), *rest)


def _json(value: Any) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(value) if isinstance(value, str) else value
    return found


def anew(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Iterator[Moved]:
    """Every open clock of the definitions, computed anew on the calendars given."""
    terms = {each.pk: terms_of(each, calendar) for each in definitions}
    moment, retaken = micros(as_of), []
    for definition, own in groupby(open_rows(list(terms)), key=lambda row: row.definition):
        fired = _fired(definition) if terms[definition].levels else {}
        while some := list(islice(own, CHUNK)):
            plain = [row for row in some if not row.retaken]
            retaken += [(row, fired) for row in some if row.retaken]
            yield from _anew(plain, terms[definition], moment, fired)
    yield from _retaken(retaken, calendar, as_of)


def _fired(definition: UUID) -> Fired:
    found: Fired = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIRED, [definition])
        for case, cycle, level in cursor.fetchall():
            found.setdefault((case, cycle), set()).add(level)
    return found


def _anew(rows: list[Row], terms: Terms, as_of: int, fired: Fired) -> Iterable[Moved]:
    if not rows:
        return ()
    if can_go_together(terms):
        return _together(rows, terms, as_of, fired)
    return [_one(row, terms, as_of, fired.get((row.case, row.cycle), set())) for row in rows]


def _one(row: Row, terms: Terms, as_of: int, fired: set[str]) -> Moved:
    gaps = [(gap[0], gap[1], gap[2]) for gap in row.gaps]
    return _moved(row, again(row.started, gaps, terms, as_of), as_of, fired)


def _moved(row: Row, cycle: Cycle, as_of: int, fired: set[str]) -> Moved:
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
    rows: Sequence[tuple[Row, Fired]], calendar: Callable[[str], WorkingCalendar], as_of: datetime
) -> Iterator[Moved]:
    """Clocks that took over from other terms, from the events of their cases."""
    wanted: dict[UUID, list[tuple[Row, set[str]]]] = {}
    for row, fired in rows:
        known = fired.get((row.case, row.cycle), set())
        wanted.setdefault(row.case, []).append((row, known))
    for case, found in cycles_from_events(list(wanted), calendar, as_of):
        for row, known in wanted[case]:
            cycle = found.get(Key(row.definition, row.cycle))
            if cycle is not None:
                yield _moved(row, cycle, micros(as_of), known)


def _clocks(rows: list[Row], as_of: int) -> Clocks:
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


def _together(rows: list[Row], terms: Terms, as_of: int, fired: Fired) -> Iterable[Moved]:
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


_TABLE = """
CREATE TEMPORARY TABLE casework_moved (id uuid, case_id uuid, version xid, state text,
  due_at timestamptz, breached_at timestamptz, elapsed_us bigint, paused_us bigint,
  next_at timestamptz, levels jsonb, reason text)
ON COMMIT DROP"""
_HOLD = """
SELECT count(*) FROM (SELECT k.id FROM casework_case k
  WHERE k.id IN (SELECT case_id FROM casework_moved) ORDER BY k.id FOR UPDATE OF k) AS held"""
_UPDATE = """
UPDATE casework_clock c SET state = m.state, due_at = m.due_at, breached_at = m.breached_at,
  elapsed_us = m.elapsed_us, paused_us = m.paused_us, next_at = m.next_at, levels = m.levels,
  reason = m.reason
FROM casework_moved m WHERE c.id = m.id AND c.xmin = m.version
  AND (c.state, c.due_at, c.breached_at, c.next_at, c.levels, c.reason)
    IS DISTINCT FROM (m.state, m.due_at, m.breached_at, m.next_at, m.levels, m.reason)"""
_SHOW = """
UPDATE casework_case k SET due_at = s.due, sort_due = coalesce(s.due, %(far)s),
  breached = s.breached
FROM (SELECT c.case_id, min(c.due_at) AS due,
             bool_or(c.breached_at IS NOT NULL AND c.state = 'running') AS breached
      FROM casework_clock c JOIN (SELECT DISTINCT case_id FROM casework_moved) m USING (case_id)
      WHERE c.kind = 'sla' AND c.state IN ('running', 'paused')
      GROUP BY c.case_id) AS s
WHERE k.id = s.case_id
  AND (k.due_at IS DISTINCT FROM s.due OR k.breached IS DISTINCT FROM s.breached)"""


def apply(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Preview:
    """Write what the calendars make of the open clocks, in the caller's transaction.

    Cases are held first, as everybody does who changes their clocks. What comes out as it is
    already stays untouched, and so does what somebody else computed meanwhile: on the new hours,
    because these hold before anything is put on open clocks.
    """
    found, rows = Preview(), list(anew(definitions, calendar, as_of))
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy("COPY casework_moved FROM STDIN") as copy:
            for moved in rows:
                found.add(moved)
                copy.write_row(_values(moved, as_of))
        cursor.execute("ANALYZE casework_moved")
        cursor.execute(_HOLD)
        cursor.execute(_UPDATE)
        cursor.execute(_SHOW, {"far": FAR})
        cursor.execute("DROP TABLE casework_moved")
    return found


def _values(moved: Moved, as_of: datetime) -> tuple[Any, ...]:
    """A row as it is written. What is passed only now is left to the timer, at once: it notes it in
    the case's history and tells of it as of any other promise."""
    fresh = moved.newly_passed
    return (
        moved.row.pk,
        moved.row.case,
        moved.row.version,
        "paused" if moved.standing else "running",
        moved.due,
        None if fresh else moved.breached,
        moved.elapsed,
        moved.paused,
        as_of if fresh else moved.coming,
        json.dumps([[code, moment_of(at).isoformat()] for code, at in moved.levels]),
        moved.reason,
    )
