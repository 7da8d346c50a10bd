"""Records that came in another unit: what was sent, and what it counts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import decision_document
from commonweal.kernel.catalogue.public import UnitConversion, conversions_in_force
from commonweal.kernel.metering.public import agency_files, late_facts

from ..models import BillLine
from .rated import query_rated

FORMAT = 1


@dataclass(frozen=True)
class SentRecord:
    """A record in another unit: `counted` in the item's own, of which `replaced` was before."""

    source: str
    record: str
    quantity: Decimal
    unit: str
    conversion_id: UUID
    counted: Decimal
    replaced: Decimal


@dataclass(frozen=True)
class Converted:
    """What a line's records of one unit came to: `sent` of `conversion.unit`, `counted` of its
    item's own."""

    conversion: UnitConversion
    records: int
    sent: Decimal
    counted: Decimal


def sent_records(actor: Actor, agency_id: UUID, period: str) -> list[SentRecord]:
    """An agency's records that count in a month and came in another unit, by source and id."""
    if not conversions_in_force():  # an approved one never goes: nothing was ever converted
        return []
    found = [
        *_on_time(actor, agency_id, period),
        *(
            (row.source, row.external_id, row.quantity, row.dimensions, row.replaced_quantity)
            for row in late_facts(actor, booked_in=period, agency_id=agency_id)
            if "_sent_quantity" in row.dimensions
        ),
    ]
    return [_sent(*row) for row in sorted(found, key=lambda row: row[:2])]


def _on_time(actor: Actor, agency_id: UUID, period: str) -> list[tuple[Any, ...]]:
    file = agency_files(actor, agency_id, {(period, "usage")}).get((period, "usage"))
    if file is None:
        return []
    base = duckdb.connect(":memory:")
    try:
        rows = base.execute(
            "SELECT source, external_id, quantity, dimensions FROM read_parquet(?)"
            " WHERE NOT late AND contains(dimensions, '\"_sent_quantity\"')",
            [str(file.path)],
        ).fetchall()
    finally:
        base.close()
    return [(*row[:3], json.loads(row[3]), Decimal(0)) for row in rows]


def _sent(
    source: str, record: str, counted: Decimal, details: Mapping[str, str], replaced: Decimal
) -> SentRecord:
    return SentRecord(
        source,
        record,
        Decimal(details["_sent_quantity"]),
        details["_sent_unit"],
        UUID(details["_conversion"]),
        counted,
        replaced,
    )


def conversions_document(actor: Actor, agency_id: UUID, period: str) -> dict[str, Any] | None:
    """What a pack says of conversions: each with its decision, and the records that it converted.
    None: nothing came in another unit."""
    records = sent_records(actor, agency_id, period)
    if not records:
        return None
    return {
        "format": FORMAT,
        "conversions": [
            {
                "id": str(row.pk),
                "charge_item": row.charge_item.code,
                "unit": row.unit_id,
                "own_unit": row.charge_item.unit_id,
                "numerator": str(row.numerator),
                "denominator": str(row.denominator),
                "starts": str(row.starts),
                "decision": decision_document(row.decision_id) if row.decision_id else None,
            }
            for row in _conversions({each.conversion_id for each in records}).values()
        ],
        "records": [
            {
                "source": each.source,
                "id": each.record,
                "sent_quantity": format(each.quantity, "f"),
                "conversion": str(each.conversion_id),
                "replaced": format(each.replaced, "f"),
            }
            for each in records
        ],
    }


def _conversions(ids: Iterable[UUID]) -> dict[UUID, UnitConversion]:
    rows = UnitConversion.objects.filter(id__in=set(ids)).select_related(
        "charge_item__unit", "unit"
    )
    return {row.pk: row for row in rows.order_by("charge_item__code", "unit", "starts")}


def line_conversions(actor: Actor, line: BillLine) -> list[Converted]:
    """What of a line came in another unit, by conversion; empty where nothing did."""
    if line.kind not in ("usage", "correction"):
        return []
    records = {
        (each.source, each.record): each
        for each in sent_records(actor, line.agency_id, line.bill.period)
    }
    if not records:
        return []
    rest = (
        "WHERE kind = ? AND charge_item = ?::UUID AND rate_version = ?::UUID"
        " AND order_line = ?::UUID AND (kind = 'usage' OR charge_period = ?)"
    )
    values = [
        line.kind, str(line.charge_item_id), str(line.rate_version_id), str(line.order_line_id),
        line.charge_period,
    ]  # fmt: skip
    sums: dict[UUID, list[SentRecord]] = defaultdict(list)
    for source, record in query_rated(
        actor, line.agency_id, line.bill.period, rest, values, columns="DISTINCT source, fact_id"
    ):
        each = records.get((source, record))
        if each is not None:
            sums[each.conversion_id].append(each)
    return [
        Converted(
            conversion,
            len(sums[key]),
            sum((each.quantity for each in sums[key]), Decimal(0)),
            sum((each.counted for each in sums[key]), Decimal(0)),
        )
        for key, conversion in _conversions(sums).items()
    ]
