"""The way of facts into PostgreSQL: COPY to a temporary table, INSERT … SELECT, classify.

PostgreSQL refuses COPY into a table with row-level security, hence the temporary table. What is
the same for the whole block (source, batch, times) is added by the INSERT: it need not be parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from ...audit.public import canonical
from ...schema.public import uuid7
from ..domain import Fact

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
ORDER BY a.pos
ON CONFLICT (source_id, external_id) DO NOTHING"""
_CLASSIFY = """
SELECT a.pos, a.payload_hash, f.payload_hash
FROM usage_arriving a JOIN metering_usagefact f
  ON f.source_id = %(source)s AND f.external_id = a.external_id
WHERE f.id <> a.id AND NOT (a.pos = ANY(%(skip)s::integer[]))
ORDER BY a.pos"""


@dataclass(frozen=True)
class Setting:
    """What a block's facts have in common. `closed`: closed period → the next open one."""

    source_id: int
    batch_id: UUID
    moment: datetime
    closed: Mapping[str, str]


@dataclass
class Stored:
    """What became of a block, by position in it; a conflict names the recorded content's hash."""

    accepted: int = 0
    duplicates: list[int] = field(default_factory=list)
    conflicts: list[tuple[int, UUID]] = field(default_factory=list)


def store(
    lines: bytes | memoryview, count: int, setting: Setting, skip: Sequence[int] = ()
) -> Stored:
    """Insert a block given as lines of COPY text; positions in `skip` are left out.

    The caller holds the source's lock. Of records with the same id the first one is taken.
    """
    values = {
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
            cursor.execute(_CLASSIFY, values)
            for position, sent, recorded in cursor.fetchall():
                if sent == recorded:
                    stored.duplicates.append(position)
                else:
                    stored.conflicts.append((position, recorded))
        cursor.execute("TRUNCATE usage_arriving")
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
    if not fact.dimensions:
        return "\\N"
    return _escape(canonical(dict(fact.dimensions)).decode())


def _escape(text: str) -> str:
    """Backslashes doubled; intake lets no tab or line end through."""
    return text.replace("\\", "\\\\") if "\\" in text else text
