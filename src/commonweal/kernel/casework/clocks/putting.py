"""Writing what changed hours make of very many open clocks: one COPY, one UPDATE of what really
changed, and what the lists show of their cases.

Cases are held first, as everybody does who changes their clocks, and only those of which something
changes. What comes out as it is already stays untouched, and so does what somebody else computed
meanwhile: on the new hours, because these hold before anything is put on open clocks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...calendar.public import moment_of
from ..copying import loaded
from ..models.cases import FAR
from .bulk import Moved

_SHAPE = """id uuid, case_id uuid, version xid, state text, due_at timestamptz,
  breached_at timestamptz, elapsed_us bigint, paused_us bigint, next_at timestamptz, levels jsonb,
  reason text"""
_COLUMNS = """id, case_id, version, state, due_at, breached_at, elapsed_us, paused_us, next_at,
  levels, reason"""
_SAME = """
DELETE FROM loaded m USING casework_clock c WHERE c.id = m.id AND (c.xmin <> m.version
  OR (c.state, c.due_at, c.breached_at, c.next_at, c.levels, c.reason)
    IS NOT DISTINCT FROM (m.state, m.due_at, m.breached_at, m.next_at, m.levels, m.reason))"""
_HOLD = """
SELECT count(*) FROM (SELECT k.id FROM casework_case k
  WHERE k.id IN (SELECT case_id FROM loaded) ORDER BY k.id FOR UPDATE OF k) AS held"""
_UPDATE = """
UPDATE casework_clock c SET state = m.state, due_at = m.due_at, breached_at = m.breached_at,
  elapsed_us = m.elapsed_us, paused_us = m.paused_us, next_at = m.next_at, levels = m.levels,
  reason = m.reason
FROM loaded m WHERE c.id = m.id AND c.xmin = m.version"""
_SHOW = """
UPDATE casework_case k SET due_at = s.due, sort_due = coalesce(s.due, %(far)s),
  breached = s.breached
FROM (SELECT c.case_id, min(c.due_at) AS due,
             bool_or(c.breached_at IS NOT NULL AND c.state = 'running') AS breached
      FROM casework_clock c JOIN (SELECT DISTINCT case_id FROM loaded) m USING (case_id)
      WHERE c.kind = 'sla' AND c.state IN ('running', 'paused')
      GROUP BY c.case_id) AS s
WHERE k.id = s.case_id
  AND (k.due_at IS DISTINCT FROM s.due OR k.breached IS DISTINCT FROM s.breached)"""


def put(moves: Sequence[Moved], as_of: datetime) -> None:
    """Write what became of open clocks, in the caller's transaction."""
    with loaded(_SHAPE, _COLUMNS, (_values(moved, as_of) for moved in moves)) as cursor:
        cursor.execute("ANALYZE loaded")
        cursor.execute(_SAME)
        cursor.execute(_HOLD)
        cursor.execute(_UPDATE)
        cursor.execute(_SHOW, {"far": FAR})


def written_levels(moved: Moved) -> list[list[str]]:
    """The levels of a clock as its row holds them."""
    return [[code, moment_of(at).isoformat()] for code, at in moved.levels]


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
        json.dumps(written_levels(moved)),
        moved.reason,
    )
