"""A month's usage made up in the form in which metering keeps it, for `commonweal bench drill`.

Tens of millions of records would take intake a quarter of an hour and PostgreSQL tens of gigabytes;
these are drawn by DuckDB and go through the same writer, into the same manifest. They have no key
files: nothing is ever sent again for the month.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from ..models import Partition
from .files import data_folder
from .partitions import _write_parquet, put_partition, totals_of

MEMORY = "1500MB"
_ID = "CAST('{prefix}-0000-7000-8000-' || lpad(hex(i), 12, '0') AS UUID)"


@dataclass(frozen=True)
class MadeLine:
    """So many records of one order line; `ends` of a share of all, for drawing."""

    charge_item_id: UUID
    order_line_id: UUID
    unit: str
    source: str
    records: int


def make_usage_file(
    agency_id: UUID,
    period: str,
    span: tuple[datetime, datetime],
    lines: Sequence[MadeLine],
    bureaus: Sequence[UUID],
) -> Partition:
    """Write one agency's records of a month, scattered over it and over the bureaus (a tenth of
    them of none); reproducible."""
    scratch = data_folder() / "scratch"
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        base = duckdb.connect(":memory:")
        try:
            base.execute(f"SET memory_limit = '{MEMORY}'")
            base.execute("SET temp_directory = ?", [str(Path(folder) / "spill")])
            base.execute("SET TimeZone = 'UTC'")
            base.execute("SET preserve_insertion_order = false")
            _draw(base, agency_id, period, span, lines, bureaus)
            return put_partition(
                agency_id, period, "usage",
                lambda path: _write_parquet(base, "NOT replaced", path),
                rows=sum(line.records for line in lines), totals=totals_of(base),
            )  # fmt: skip
        finally:
            base.close()


def _draw(
    base: Any,
    agency_id: UUID,
    period: str,
    span: tuple[datetime, datetime],
    lines: Sequence[MadeLine],
    bureaus: Sequence[UUID],
) -> None:
    """The relation `arrived`, drawn anew each time it is read; the same each time."""
    base.execute(
        "CREATE TABLE line (place INTEGER, item UUID, order_line UUID, unit VARCHAR,"
        " source VARCHAR, first BIGINT)"
    )
    first, cases = 0, []
    for place, line in enumerate(lines):
        base.execute(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)",
            [place, str(line.charge_item_id), str(line.order_line_id), line.unit, line.source,
             first],
        )  # fmt: skip
        first += line.records
        cases.append(f"WHEN i < {first} THEN {place}")
    base.execute("CREATE TABLE bureau (place INTEGER, bureau UUID)")
    for place, bureau in enumerate(bureaus):
        base.execute("INSERT INTO bureau VALUES (?, ?)", [place, str(bureau)])
    starts, ends = (int(moment.timestamp()) for moment in span)
    base.execute(f"""CREATE VIEW arrived AS
    SELECT {_ID.format(prefix="01990000")} AS id, line.source,
      'made-{period}-' || lpad(CAST(i AS VARCHAR), 9, '0') AS external_id,
      '{agency_id}'::UUID AS agency_id, bureau.bureau AS bureau_id,
      line.order_line AS order_line_id, line.item AS charge_item_id,
      CAST(CAST(h // 7919 % 100000 + 1 AS DECIMAL(18,3)) * CAST(0.001 AS DECIMAL(4,3))
        AS DECIMAL(18,6)) AS quantity, line.unit,
      make_timestamptz(({starts} + h % {ends - starts}) * CAST(1000000 AS BIGINT)) AS starts,
      make_timestamptz(({starts} + h % {ends - starts} + 3600) * CAST(1000000 AS BIGINT)) AS ends,
      '{{"channel": "' || (['phone', 'web', 'mail'])[1 + h // 31 % 3] || '"}}' AS dimensions,
      'bench:' || CAST(i AS VARCHAR) AS origin_ref, '' AS replaces,
      CAST(0 AS DECIMAL(18,6)) AS replaced_quantity, CAST(md5(CAST(h AS VARCHAR)) AS UUID)
        AS payload_hash, make_timestamptz({ends} * CAST(1000000 AS BIGINT)) AS received_at,
      '{period}' AS period, '{period}' AS booked_in, false AS late,
      '{agency_id}'::UUID AS batch_id, false AS replaced
    FROM (
      SELECT i, h, CASE {" ".join(cases)} END AS line_place,
        CASE WHEN h // 101 % 10 = 0 THEN -1 ELSE h // 1009 % {max(len(bureaus), 1)} END
          AS bureau_place
      FROM (SELECT i, CAST(hash(i * 31 + {agency_id.int % 1000003}) % 9000000000000000 AS BIGINT)
        AS h FROM range({first}) AS r(i)) AS hashed
    ) AS drawn
    JOIN line ON line.place = drawn.line_place
    LEFT JOIN bureau ON bureau.place = drawn.bureau_place""")
