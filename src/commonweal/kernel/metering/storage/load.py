"""The way of facts into PostgreSQL: COPY to a temporary table, INSERT … SELECT, classify.

PostgreSQL refuses COPY into a table with row-level security, hence the temporary table. What is
the same for the whole block (source, batch, times) is added by the INSERT: it need not be parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ...audit.public import canonical
from ...schema.public import uuid7
from ..domain import Fact
from .late import note_late

_CREATE = """
CREATE TEMP TABLE IF NOT EXISTS usage_arriving (
  pos integer, id uuid, external_id text COLLATE "C", agency_id uuid, bureau_id uuid,
  order_line_id uuid, charge_item_id uuid, quantity numeric(18,6), unit text, starts bigint,
  ends bigint, dimensions jsonb, origin_ref text, replaces text COLLATE "C",
  replaced_quantity numeric(18,6), payload_hash uuid, period text COLLATE "C"
) ON COMMIT DELETE ROWS"""
_COPY = "COPY usage_arriving FROM STDIN"
_INSERT = """
INSERT INTO metering_usagefact (id, agency_id, source_id, external_id, bureau_id, order_line_id,
  charge_item_id, quantity, unit, starts, ends, dimensions, origin_ref, replaces_external_id,
  replaced_quantity, payload_hash, received_at, period, booked_in, late, batch_id)
SELECT a.id, a.agency_id, %(source)s, a.external_id, a.bureau_id, a.order_line_id,
  a.charge_item_id, a.quantity, a.unit,
  timestamptz 'epoch' + a.starts * interval '1 microsecond',
  timestamptz 'epoch' + a.ends * interval '1 microsecond',
  coalesce(a.dimensions, '{}'), a.origin_ref, a.replaces,
  CASE WHEN c.period IS NULL THEN 0 ELSE coalesce(a.replaced_quantity, 0) END,
  a.payload_hash, %(moment)s, a.period, coalesce(c.booked_in, a.period), c.period IS NOT NULL,
  %(batch)s
FROM usage_arriving a
LEFT JOIN unnest(%(closed)s::text[], %(next)s::text[]) AS c(period, booked_in)
  ON c.period = a.period
WHERE NOT (a.pos = ANY(%(skip)s::integer[]))
ON CONFLICT (source_id, external_id) DO NOTHING"""
_CONFLICTS = """
SELECT pos, known FROM (
  SELECT a.pos, a.payload_hash, (
    SELECT f.payload_hash FROM metering_usagefact f
    WHERE f.source_id = %(source)s AND f.external_id = a.external_id) AS known
  FROM usage_arriving a WHERE NOT (a.pos = ANY(%(skip)s::integer[]))
) x WHERE known <> payload_hash ORDER BY pos"""  # a look-up in the index for each row, never a scan


@dataclass(frozen=True)
class Setting:
    """What a block's facts have in common. `closed`: closed period → the next open one."""

    source_id: int
    batch_id: UUID
    moment: datetime
    closed: Mapping[str, str]


@dataclass
class Stored:
    """What became of a block; a conflict is its position and the recorded content's hash."""

    accepted: int = 0
    duplicates: int = 0
    conflicts: list[tuple[int, UUID]] = field(default_factory=list)


def store(
    lines: bytes | memoryview, count: int, setting: Setting, skip: Sequence[int] = ()
) -> Stored:
    """Insert a block given as lines of COPY text; positions in `skip` are left out.

    The caller holds the source's lock. Of records with the same id the first one is taken: the
    temporary table is read in the order in which it was filled.
    """
    values: dict[str, Any] = {
        "source": setting.source_id,
        "batch": setting.batch_id,
        "moment": setting.moment,
        "closed": list(setting.closed),
        "next": list(setting.closed.values()),
        "skip": list(skip),
    }
    stored = Stored()
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        with cursor.copy(_COPY) as copy:
            copy.write(lines)
        cursor.execute(_INSERT, values)
        stored.accepted = cursor.rowcount
        if stored.accepted < count - len(skip):
            cursor.execute(_CONFLICTS, values)
            stored.conflicts = cursor.fetchall()
            known = count - len(skip) - stored.accepted
            stored.duplicates = known - len(stored.conflicts)
        cursor.execute("TRUNCATE usage_arriving")
    if setting.closed and stored.accepted:
        note_late(set(setting.closed.values()), setting.batch_id)
    return stored


def copy_lines(facts: Iterable[Fact]) -> bytes:
    """Facts as lines of COPY text, at positions 0, 1, …"""
    return "".join(
        "\t".join(
            (
                str(position),
                str(uuid7()),
                _escape(fact.external_id),
                str(fact.agency_id),
                str(fact.bureau_id or "\\N"),
                str(fact.order_line_id or "\\N"),
                str(fact.charge_item_id),
                fact.quantity,
                fact.unit,
                str(fact.starts),
                str(fact.ends),
                _dimensions(fact),
                _escape(fact.origin),
                _escape(fact.replaces),
                fact.replaced_quantity or "\\N",
                str(fact.payload_hash),
                fact.period,
            )
        )
        + "\n"
        for position, fact in enumerate(facts)
    ).encode()


def _dimensions(fact: Fact) -> str:
    if not fact.kept_dimensions:
        return "\\N"
    return _escape(canonical(dict(fact.kept_dimensions)).decode())


def _escape(text: str) -> str:
    """Backslashes doubled; intake lets no tab or line end through."""
    return text.replace("\\", "\\\\") if "\\" in text else text
