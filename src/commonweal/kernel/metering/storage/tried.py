"""What a dry run stored so far: each chunk is taken back, and shown again to the chunks after it.

The records wait in a temporary table of the session, so that a file of any size needs no more
memory than one chunk. A later chunk can meet only those that share an id with it: as the same
record, as the one that it replaces, or as one that was replaced before.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

_DROP = "DROP TABLE IF EXISTS pg_temp.usage_tried"
_CREATE = """
CREATE TEMP TABLE usage_tried (LIKE metering_usagefact);
CREATE INDEX ON usage_tried (external_id);
CREATE INDEX ON usage_tried (replaces_external_id)"""
_SHOW = """
INSERT INTO metering_usagefact
SELECT * FROM usage_tried WHERE external_id = ANY(%(names)s)
UNION SELECT * FROM usage_tried
WHERE replaces_external_id = ANY(%(names)s) AND replaces_external_id <> ''
ON CONFLICT DO NOTHING"""
_OUT = """
COPY (SELECT f.* FROM unnest(%(names)s::text[]) AS name
  JOIN metering_usagefact f ON f.source_id = %(source)s AND f.external_id = name COLLATE "C"
  WHERE f.batch_id = %(batch)s) TO STDOUT (FORMAT binary)"""


class Tried:
    """The records of a dry run's chunks, for as long as it runs."""

    def __init__(self, source_id: int) -> None:
        self._source = source_id
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(_CREATE)

    def show(self, names: Collection[str]) -> None:
        """Store again what earlier chunks hold under these ids; the transaction is taken back."""
        with connection.cursor() as cursor:
            cursor.execute(_SHOW, {"names": list(names)})

    def read(self, names: Collection[str], batch_id: UUID | None) -> bytes:
        """What a batch stored under these ids, before it is taken back."""
        values = {"names": sorted(set(names)), "source": self._source, "batch": batch_id}
        with connection.cursor() as cursor, cursor.copy(_OUT, values) as copy:
            return b"".join(bytes(part) for part in copy)

    def keep(self, records: bytes) -> None:
        """Keep what was read, after it was taken back."""
        with connection.cursor() as cursor:
            with cursor.copy("COPY usage_tried FROM STDIN (FORMAT binary)") as copy:
                copy.write(records)
            cursor.execute("ANALYZE usage_tried")

    def forget(self) -> None:
        """Let the records go."""
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
