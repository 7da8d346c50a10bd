"""Rated records: read from the files of the manifest, one agency and period each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb

from commonweal.kernel.access.public import Actor
from commonweal.kernel.metering.public import partition_files

COLUMNS = (
    "kind, charge_period, charge_item, rate_version, order_line, source, fact_id,"
    " epoch_us(from_time) AS moment, quantity, quantity_before, amount"
)
PRICED_ORDER = (
    "charge_item, rate_version, kind DESC, charge_period, cell,"
    " (kind = 'correction' AND quantity < 0), from_time, source, fact_id"
)
"""The order in which rows were priced: of corrections, what adds before what takes away."""
MORE = ", cell, counted"
"""Columns of files since prices by dimensions and by the largest quantity are charged."""


@dataclass(frozen=True)
class RatedRow:
    """One rated usage record: `amount` to 9 decimals, on top of `quantity_before` in its group.

    `cell`: of a price by dimensions. `counted`: what it adds to its line's quantity.
    """

    kind: str
    charge_period: str
    charge_item: UUID
    rate_version: UUID
    order_line: UUID
    source: str
    fact_id: str
    from_time: datetime
    quantity: Decimal
    quantity_before: Decimal
    amount: Decimal
    cell: str
    counted: Decimal


_FIELDS = tuple(each.name for each in fields(RatedRow))


def query_rated(
    actor: Actor, agency_id: UUID, period: str, rest: str, values: list[Any], columns: str = COLUMNS
) -> list[tuple[Any, ...]]:
    """Run a query over an agency's rated file; `rest` follows FROM. No file: no row."""
    files = partition_files(actor, period, kind="rated", agency_id=agency_id)
    if not files:
        return []
    base = duckdb.connect(":memory:")
    try:
        base.execute("SET TimeZone = 'UTC'")
        base.execute("SET threads = 1")
        path = str(files[0].path)
        shape = base.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
        relation = (
            "(SELECT * FROM read_parquet(?))"
            if "counted" in {row[0] for row in shape}
            else "(SELECT *, '' AS cell, quantity AS counted FROM read_parquet(?))"
        )
        found: list[tuple[Any, ...]] = base.execute(
            f"SELECT {columns} FROM {relation} AS r {rest}", [path, *values]
        ).fetchall()
        return found
    finally:
        base.close()


def rated_rows(actor: Actor, agency_id: UUID, period: str) -> Iterator[RatedRow]:
    """Every rated record of an agency's month, in the order in which it was priced."""
    rest = f"ORDER BY {PRICED_ORDER}"
    for row in query_rated(actor, agency_id, period, rest, [], COLUMNS + MORE):
        yield rated_row(row)


def rated_row(values: tuple[Any, ...]) -> RatedRow:
    """A row of `COLUMNS`; moments travel as microseconds: DuckDB's own need another library."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=values[7])
    before, after = values[:7], values[8:]
    named = dict(zip(_FIELDS, (*before, moment, *after), strict=True))
    return RatedRow(**named)
