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

from ...calendar.public import WorkingCalendar, compiled, micros, moment_of
from ..domain.clocks import Terms
from ..domain.clocks.engine import again, planned
from ..domain.clocks.vector import OPEN, Found, Runs, compute
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
    """What becomes of one open clock: its due moment and breach, before and after."""

    row: Row
    due: datetime | None
    breached: datetime | None
    elapsed: int
    paused: int
    standing: bool


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
    if terms.days or terms.pause_cap is not None:
        return [_one(row, terms, as_of) for row in rows]
    found = compute(compiled(terms.calendar, as_of), _runs(rows, terms, as_of))
    return _moved(rows, found)


def _one(row: Row, terms: Terms, as_of: int) -> Moved:
    cycle = again(row.started, [(gap[0], gap[1], gap[2]) for gap in row.gaps], terms, as_of)
    return Moved(
        row,
        _at(cycle.due),
        _at(cycle.breached),
        cycle.elapsed,
        cycle.paused,
        cycle.state == "paused",
    )


def _at(value: int | None) -> datetime | None:
    return moment_of(value) if value is not None else None


def _runs(rows: list[Row], terms: Terms, as_of: int) -> Runs:
    count = len(rows)
    owner, begin, end = [], [], []
    for place, row in enumerate(rows):
        for start, finish, _reason in row.gaps:
            owner.append(place)
            begin.append(start)
            end.append(OPEN if finish is None else finish)
    return Runs(
        starts=np.fromiter((row.started for row in rows), np.int64, count),
        ends=np.full(count, as_of, np.int64),
        targets=np.full(count, terms.target * 1_000_000, np.int64),
        owner=np.array(owner, np.int64),
        gap_starts=np.array(begin, np.int64),
        gap_ends=np.array(end, np.int64),
    )


def _moved(rows: list[Row], found: Found) -> Iterable[Moved]:
    parts = zip(
        rows,
        found.due.tolist(),
        found.breached.tolist(),
        found.elapsed.tolist(),
        found.paused.tolist(),
        found.standing.tolist(),
        strict=True,
    )
    return [
        Moved(
            row,
            None if standing else moment_of(due),
            moment_of(breached) if breached >= 0 else None,
            elapsed,
            paused,
            standing,
        )
        for row, due, breached, elapsed, paused, standing in parts
    ]


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
    found = Preview()
    terms = {each.pk: terms_of(each, calendar) for each in definitions}
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy("COPY casework_moved FROM STDIN") as copy:
            for moved in anew(definitions, calendar, as_of):
                found.add(moved)
                copy.write_row(_values(moved, terms[moved.row.definition], micros(as_of)))
        cursor.execute(_UPDATE)
        cursor.execute(_SHOW, {"far": FAR})
        cursor.execute("DROP TABLE casework_moved")
    return found


def _values(moved: Moved, terms: Terms, as_of: int) -> tuple[Any, ...]:
    levels: list[tuple[str, int]] = []
    if not moved.standing and moved.due is not None:
        gaps = [(gap[0], gap[1], gap[2]) for gap in moved.row.gaps]
        levels = list(planned(moved.row.started, gaps, terms, micros(moved.due), as_of))
    coming = [at for _code, at in levels if at > as_of]
    if moved.due is not None and moved.breached is None:
        coming.append(micros(moved.due) + 1)
    return (
        moved.row.pk,
        "paused" if moved.standing else "running",
        moved.due,
        moved.breached,
        moved.elapsed,
        moved.paused,
        moment_of(min(coming)) if coming and not moved.standing else None,
        json.dumps([[code, moment_of(at).isoformat()] for code, at in levels]),
    )
