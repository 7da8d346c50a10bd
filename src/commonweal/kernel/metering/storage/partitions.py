"""Writing a period's facts into one Parquet file per agency, with its key file beside it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
from django.db import connection

from ...calendar.public import now
from ...schema.public import derived_id
from ..domain.facts import key_hash
from ..models import Partition
from .files import absolute, data_folder, file_sha256, write_whole
from .keys import key_rows, write_keys

COLUMNS = {
    "id": "UUID",
    "source": "VARCHAR",
    "external_id": "VARCHAR",
    "agency_id": "UUID",
    "bureau_id": "UUID",
    "order_line_id": "UUID",
    "charge_item_id": "UUID",
    "quantity": "DECIMAL(18,6)",
    "unit": "VARCHAR",
    "starts": "TIMESTAMPTZ",
    "ends": "TIMESTAMPTZ",
    "dimensions": "VARCHAR",
    "origin_ref": "VARCHAR",
    "replaces": "VARCHAR",
    "replaced_quantity": "DECIMAL(18,6)",
    "payload_hash": "UUID",
    "received_at": "TIMESTAMPTZ",
    "period": "VARCHAR",
    "booked_in": "VARCHAR",
    "late": "BOOLEAN",
    "batch_id": "UUID",
    "replaced": "BOOLEAN",
}
SELECT_FACTS = """
SELECT f.id, s.code AS source, f.external_id, f.agency_id, f.bureau_id, f.order_line_id,
  f.charge_item_id, f.quantity, f.unit, f.starts, f.ends, f.dimensions, f.origin_ref,
  f.replaces_external_id AS replaces, f.replaced_quantity, f.payload_hash, f.received_at,
  f.period, f.booked_in, f.late, f.batch_id,
  NOT f.late AND EXISTS (
    SELECT 1 FROM metering_usagefact r WHERE r.source_id = f.source_id
      AND r.replaces_external_id = f.external_id AND r.replaces_external_id <> '' AND NOT r.late
  ) AS replaced
FROM metering_usagefact f JOIN metering_source s ON s.id = f.source_id"""
_ORDER = "ORDER BY starts, source, external_id"
_TOTALS = """
SELECT charge_item_id::VARCHAR, coalesce(order_line_id::VARCHAR, ''), late, count(*),
  sum(quantity - replaced_quantity)::DECIMAL(38,6)::VARCHAR
FROM arrived WHERE NOT replaced GROUP BY ALL ORDER BY ALL"""
_SOURCES = """
SELECT source, count(*), sum(CASE WHEN contains(dimensions, '"_sent_quantity"')
  THEN json_extract_string(dimensions, '$._sent_quantity')::DECIMAL(18,6) ELSE quantity END
)::DECIMAL(38,6)::VARCHAR
FROM arrived WHERE NOT replaced AND NOT late GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class Extract:
    """One agency's facts of a period in a private DuckDB table `arrived`."""

    base: Any
    agency_id: UUID
    period: str


def extract(agency_id: UUID, period: str, folder: Path) -> Extract:
    """Copy the facts out of PostgreSQL, exactly and in bounded memory."""
    path = folder / "facts.csv"
    statement = f"COPY ({SELECT_FACTS} WHERE f.agency_id = %s AND f.booked_in = %s) TO STDOUT CSV"
    with (
        connection.cursor() as cursor,
        path.open("wb") as stream,
        cursor.copy(statement, [agency_id, period]) as copy,
    ):
        for block in copy:
            stream.write(block)
    base = duckdb.connect(":memory:")
    base.execute("SET temp_directory = ?", [str(folder / "spill")])
    base.execute("SET threads = 1")
    base.execute("SET memory_limit = '512MB'")
    base.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    base.execute(
        f"""CREATE TABLE arrived AS SELECT * FROM read_csv(?, header = false, delim = ',',
        quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, auto_detect = false,
        new_line = '\\n', strict_mode = true, columns = {{{columns}}})""",
        [str(path)],
    )
    path.unlink()
    return Extract(base, agency_id, period)


def _write_parquet(base: Any, where: str, path: Path) -> None:
    columns = ", ".join(name for name in COLUMNS if name != "replaced")
    place = str(path).replace("'", "''")
    base.execute(
        f"COPY (SELECT {columns} FROM arrived WHERE {where} {_ORDER}) TO '{place}' "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )


def _write_keys(base: Any, path: Path) -> None:
    rows = base.execute(f"SELECT source, external_id, payload_hash FROM arrived {_ORDER}")
    keys: list[UUID] = []
    contents: list[UUID] = []
    while block := rows.fetchmany(50_000):
        for source, external_id, content in block:
            keys.append(key_hash(source, external_id))
            contents.append(content)
    write_keys(path, key_rows(keys, contents))


def totals_of(base: Any) -> dict[str, Any]:
    """Quantities by item and order line, and counts by source, as the manifest keeps them."""
    return {
        "items": [list(row) for row in base.execute(_TOTALS).fetchall()],
        "sources": [list(row) for row in base.execute(_SOURCES).fetchall()],
    }


def write_agency(agency_id: UUID, period: str) -> list[Partition]:
    """Write one agency's files and manifest rows; the same facts give the same bytes."""
    scratch = data_folder() / "scratch"
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        found = extract(agency_id, period, Path(folder))
        try:
            return _write_all(found)
        finally:
            found.base.close()


def _write_all(found: Extract) -> list[Partition]:
    base = found.base
    counts = base.execute(
        "SELECT count(*) FILTER (NOT replaced), count(*) FILTER (replaced) FROM arrived"
    ).fetchone()
    put = partial(put_partition, found.agency_id, found.period)
    written = [
        put(
            "usage",
            lambda path: _write_parquet(base, "NOT replaced", path),
            rows=counts[0],
            totals=totals_of(base),
        )
    ]
    if counts[1]:
        written.append(
            put("replaced", lambda path: _write_parquet(base, "replaced", path), rows=counts[1])
        )
    written.append(put("keys", partial(_write_keys, base), rows=sum(counts)))
    return written


def partition_path(agency_id: UUID, period: str, kind: str, version: int) -> str:
    """The generated place of a file; nothing a person typed is part of it."""
    ending = "npy" if kind == "keys" else "parquet"
    name = f"v{version}" if kind == "usage" else f"{kind}-v{version}"
    return f"usage/{agency_id}/{period}/{name}.{ending}"


def put_partition(
    agency_id: UUID,
    period: str,
    kind: str,
    write: Callable[[Path], None],
    *,
    rows: int,
    totals: dict[str, Any] | None = None,
) -> Partition:
    """Write a file and its manifest row, both of them the same when nothing changed.

    A file with other bytes than the newest version's becomes the next version.
    """
    newest = (
        Partition.objects.filter(agency_id=agency_id, period=period, kind=kind)
        .order_by("-version")
        .first()
    )
    version = newest.version + 1 if newest else 1
    written = write_whole(partition_path(agency_id, period, kind, version), write)
    if newest and newest.sha256 == written.sha256:
        place = absolute(newest.path)
        if place.is_file() and file_sha256(place) == newest.sha256:
            absolute(written.path).unlink()
        else:
            absolute(written.path).replace(place)
        return newest
    return Partition.objects.create(
        id=derived_id("partition", agency_id, period, kind, version, written.sha256),
        agency_id=agency_id,
        period=period,
        kind=kind,
        version=version,
        path=written.path,
        rows=rows,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        totals=totals or {},
        written_at=now(),
    )


def manifest_hash(partitions: list[Partition]) -> str:
    """One hash over the files of a period, in the order of their paths."""
    lines = "".join(f"{row.sha256}  {row.path}\n" for row in sorted(partitions, key=_path))
    return hashlib.sha256(lines.encode()).hexdigest()


def _path(partition: Partition) -> str:
    return partition.path
