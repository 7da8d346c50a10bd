"""What was recorded for a closed month, as it stood before the month that is being closed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import (
    Standing,
    UsageRow,
    late_standing,
    partition_files,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Key = tuple[str, str]
"""A record's source and its id there."""


@dataclass(frozen=True)
class Record:
    """A usage record as far as prices read it. `replaces`: the id that it took the place of."""

    key: Key
    starts: datetime
    quantity: Decimal
    dimensions: Mapping[str, str]
    replaces: str


def of_row(row: UsageRow) -> Record:
    """A row of metering as a record."""
    key = (row.source, row.external_id)
    return Record(key, row.starts, row.quantity, row.dimensions, row.replaces)


def months_between(first: str, before: str) -> list[str]:
    """Months from one on, up to another that is not among them."""
    found, month = [], FiscalPeriod.parse(first)
    while month.code < before:
        found.append(month.code)
        month = month.shift(1)
    return found


def records_of(
    actor: Actor, agency_id: UUID, item_id: UUID, period: str, booked_before: str
) -> dict[Key, Record]:
    """Every record of one agency, item and month that came before a month was closed, those that
    others replaced since included; late ones only where they count by then."""
    noted = late_standing(actor, agency_id, period)
    paths = [
        str(file.path)
        for month in months_between(period, booked_before)
        for file in partition_files(actor, month, kind="usage", agency_id=agency_id)
    ]
    if not paths:
        return {}
    base = duckdb.connect(":memory:")
    try:
        rows = base.execute(
            "SELECT source, external_id, epoch_us(starts), quantity, dimensions, replaces, late"
            " FROM read_parquet(?) WHERE charge_item_id = ?::UUID AND period = ?"
            " ORDER BY source, external_id",
            [paths, str(item_id), period],
        ).fetchall()
    finally:
        base.close()
    found = {}
    for source, name, micros, quantity, dimensions, replaces, late in rows:
        mark = noted.get((source, name)) if late else None
        if mark is None or "" < mark.booked_in < booked_before:
            before = _in_place_of(source, replaces or "", noted)
            found[source, name] = _record(source, name, micros, quantity, dimensions, before)
    return found


def _in_place_of(source: str, replaces: str, noted: Mapping[Key, Standing]) -> str:
    """What a record took the place of: one that was declined never was, so that before it."""
    while (mark := noted.get((source, replaces))) is not None and mark.declined:
        replaces = mark.replaces
    return replaces


def _record(
    source: str, external_id: str, micros: int, quantity: Decimal, dimensions: Any, replaces: Any
) -> Record:
    return Record(
        (source, external_id),
        EPOCH + timedelta(microseconds=micros),
        quantity,
        json.loads(dimensions) if dimensions else {},
        replaces or "",
    )


def standing(records: Iterable[Record]) -> list[Record]:
    """Those that no other of them replaced."""
    known = list(records)
    gone = {(each.key[0], each.replaces) for each in known if each.replaces}
    return [each for each in known if each.key not in gone]
