"""Computing very many open clocks anew, when a calendar or a promise changes (R10).

The rows hold everything that is needed (start, gaps), so that a hundred thousand take seconds:
read, one vector operation for each definition, one COPY, one UPDATE. A preview is the same without
the writing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from ...calendar.public import SECOND, WorkingCalendar, compiled, micros, moment_of
from ..domain.clocks import Terms
from ..domain.clocks.engine import again
from ..domain.clocks.vector import NEVER, NONE, OPEN, Clocks, Figures, recompute
from ..models import ClockDefinition
from ..models.cases import FAR
from .definitions import terms_of

CHUNK = 20_000
_READ = """
SELECT id, definition_id, started_at, gaps, due_at, breached_at, state, case_id
FROM casework_clock WHERE state IN ('running', 'paused') AND definition_id = ANY(%s)
ORDER BY definition_id, id"""


@dataclass(frozen=True)
class Row:
    """One open clock as the table holds it."""

    pk: UUID
    definition: UUID
    started: int
    gaps: list[list[Any]]
    due: datetime | None
    breached: datetime | None
    case: UUID


@dataclass(frozen=True)
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


@dataclass
class Preview:
    """What a change would do to the open clocks: how many, which way, and some of them."""

    clocks: int = 0
    earlier: int = 0
    later: int = 0
    same: int = 0
    newly_passed: int = 0
    no_longer_passed: int = 0
    examples: list[Moved] = field(default_factory=list)

    def add(self, moved: Moved) -> None:
        """Count one, and keep the first twenty that move."""
        self.clocks += 1
        before, after = moved.row.due, moved.due
        if before is None or after is None or before == after:
            self.same += 1
        elif after < before:
            self.earlier += 1
        else:
            self.later += 1
        self.newly_passed += moved.row.breached is None and moved.breached is not None
        self.no_longer_passed += moved.row.breached is not None and moved.breached is None
        if before != after and len(self.examples) < 20:
            self.examples.append(moved)


def open_rows(definitions: Sequence[UUID]) -> Iterator[Row]:
    """The open clocks of definitions, those of one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(definitions)])
        while rows := cursor.fetchmany(CHUNK):
            for pk, definition, started, gaps, due, breached, _state, case in rows:
                yield Row(pk, definition, micros(started), _json(gaps), due, breached, case)


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
    rows = open_rows(list(terms))
    for definition, own in groupby(rows, key=lambda row: row.definition):
        yield from _anew(list(own), terms[definition], micros(as_of))


def _anew(rows: list[Row], terms: Terms, as_of: int) -> Iterable[Moved]:
    if terms.days or terms.pause_cap is not None or terms.levels:
        return [_one(row, terms, as_of) for row in rows]
    earliest = min(row.started for row in rows)
    plan = compiled(terms.calendar, earliest, as_of)
    found = recompute(plan, _clocks(rows, terms, as_of))
    passes = plan.passed_all(found.place)
    return _moved(rows, found, passes, as_of)


def _one(row: Row, terms: Terms, as_of: int) -> Moved:
    cycle = again(row.started, [(gap[0], gap[1], gap[2]) for gap in row.gaps], terms, as_of)
    return Moved(
        row,
        _at(cycle.due),
        _at(cycle.breached),
        cycle.elapsed,
        cycle.paused,
        cycle.state == "paused",
        _at(cycle.next_after(as_of)),
        cycle.levels,
    )


def _at(value: int | None) -> datetime | None:
    return moment_of(value) if value is not None else None


def _clocks(rows: list[Row], terms: Terms, as_of: int) -> Clocks:
    count = len(rows)
    owner, begin, end = [], [], []
    for place, row in enumerate(rows):
        for start, finish, _reason in row.gaps:
            owner.append(place)
            begin.append(start)
            end.append(OPEN if finish is None else finish)
    return Clocks(
        start=np.fromiter((row.started for row in rows), np.int64, count),
        until=np.full(count, as_of, np.int64),
        running=np.full(count, True),
        target=np.full(count, terms.target * SECOND, np.int64),
        pause_from=np.array(begin, np.int64),
        pause_to=np.array(end, np.int64),
        pause_of=np.array(owner, np.int64),
    )


def _moved(rows: list[Row], found: Figures, passes: Any, as_of: int) -> Iterable[Moved]:
    parts = zip(
        rows,
        found.due.tolist(),
        found.breached.tolist(),
        found.elapsed.tolist(),
        found.paused.tolist(),
        found.standing.tolist(),
        passes.tolist(),
        strict=True,
    )
    for row, due, breached, elapsed, paused, standing, passed in parts:
        late = breached != NONE
        waits = due == NEVER or late or standing
        yield Moved(
            row,
            None if due == NEVER else moment_of(due),
            moment_of(breached) if late else None,
            elapsed,
            paused,
            standing,
            None if waits else moment_of(max(passed, as_of)),
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
CREATE TEMPORARY TABLE casework_moved (id uuid, state text, due_at timestamptz,
  breached_at timestamptz, elapsed_us bigint, paused_us bigint, next_at timestamptz, levels jsonb)
ON COMMIT DROP"""
_UPDATE = """
UPDATE casework_clock c SET state = m.state, due_at = m.due_at, breached_at = m.breached_at,
  elapsed_us = m.elapsed_us, paused_us = m.paused_us, next_at = m.next_at, levels = m.levels
FROM casework_moved m WHERE c.id = m.id"""
_SHOW = """
UPDATE casework_case k SET due_at = s.due, sort_due = coalesce(s.due, %(far)s),
  breached = s.breached
FROM (SELECT c.case_id, min(c.due_at) AS due, bool_or(c.breached_at IS NOT NULL) AS breached
      FROM casework_clock c WHERE c.kind = 'sla' AND c.state IN ('running', 'paused')
        AND c.case_id IN (SELECT o.case_id FROM casework_clock o JOIN casework_moved m USING (id))
      GROUP BY c.case_id) AS s
WHERE k.id = s.case_id
  AND (k.due_at IS DISTINCT FROM s.due OR k.breached IS DISTINCT FROM s.breached)"""


def apply(
    definitions: Sequence[ClockDefinition],
    calendar: Callable[[str], WorkingCalendar],
    as_of: datetime,
) -> Preview:
    """Write what the calendars make of the open clocks, in the caller's transaction."""
    found, rows = Preview(), list(anew(definitions, calendar, as_of))
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy("COPY casework_moved FROM STDIN") as copy:
            for moved in rows:
                found.add(moved)
                copy.write_row(_values(moved))
        cursor.execute(_UPDATE)
        cursor.execute(_SHOW, {"far": FAR})
        cursor.execute("DROP TABLE casework_moved")
    return found


def _values(moved: Moved) -> tuple[Any, ...]:
    return (
        moved.row.pk,
        "paused" if moved.standing else "running",
        moved.due,
        moved.breached,
        moved.elapsed,
        moved.paused,
        moved.coming,
        json.dumps([[code, moment_of(at).isoformat()] for code, at in moved.levels]),
    )
