"""What is recorded of a source's records, in PostgreSQL or in sealed partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ..domain.facts import key_hash
from ..models import Partition, Source, UsageFact
from .keys import Index, find, key_rows
from .read import query_columns

_FOUND = """
SELECT f.external_id, f.agency_id, f.charge_item_id, f.period, f.quantity
FROM metering_usagefact f WHERE f.source_id = %s AND f.external_id = ANY(%s)"""
_REPLACED = """
SELECT replaces_external_id FROM metering_usagefact
WHERE source_id = %s AND replaces_external_id = ANY(%s) AND replaces_external_id <> ''"""


@dataclass(frozen=True)
class Recorded:
    """A recorded fact that another wants to replace."""

    agency_id: UUID
    item_id: UUID
    period: str
    quantity: Decimal
    replaced: bool


def contents(source: Source, external_ids: Sequence[str], index: Index) -> dict[str, UUID]:
    """The recorded content hashes of those ids that are recorded."""
    rows = UsageFact.objects.filter(source_id=source.id, external_id__in=external_ids)
    found = dict(rows.values_list("external_id", "payload_hash"))
    rest = [each for each in external_ids if each not in found]
    for hit in find(index, _keys(source, rest)):
        found[rest[hit.position]] = hit.content
    return found


def _keys(source: Source, external_ids: Sequence[str]) -> object:
    keys = [key_hash(source.code, each) for each in external_ids]
    return key_rows(keys, keys)


def targets(source: Source, external_ids: Iterable[str], index: Index) -> dict[str, Recorded]:
    """The recorded facts with these ids."""
    wanted = sorted(set(external_ids))
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [source.id, wanted])
        found: dict[str, Any] = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_REPLACED, [source.id, wanted])
        replaced = {row[0] for row in cursor.fetchall()}
    rest = [each for each in wanted if each not in found]
    hits = find(index, _keys(source, rest))
    if hits:
        sealed = _sealed_files({hit.partition_id for hit in hits})
        ids = [rest[hit.position] for hit in hits]
        found |= _sealed_facts(source, ids, sealed)
        replaced |= _sealed_replacements(source, ids, sealed)
    return {
        name: Recorded(row[0], row[1], row[2], row[3], name in replaced)
        for name, row in found.items()
    }


def _sealed_files(key_partitions: set[UUID]) -> list[Partition]:
    """The fact files of the agencies whose key files were hit, from those periods on."""
    found: list[Partition] = []
    for keys in Partition.objects.filter(id__in=key_partitions):
        found += Partition.objects.filter(
            agency_id=keys.agency_id,
            period__gte=keys.period,
            kind__in=["usage", "replaced"],
            sealed_at__isnull=False,
        )
    return sorted({row.path: row for row in found}.values(), key=lambda row: row.path)


def _sealed_facts(
    source: Source, ids: list[str], files: list[Partition]
) -> dict[str, tuple[UUID, UUID, str, Decimal]]:
    rows = query_columns(
        files,
        "external_id, agency_id, charge_item_id, period, quantity",
        "WHERE source = ? AND list_contains(?::VARCHAR[], external_id)",
        [source.code, ids],
    )
    return {row[0]: row[1:] for row in rows}


def _sealed_replacements(source: Source, ids: list[str], files: list[Partition]) -> set[str]:
    rows = query_columns(
        files,
        "replaces",
        "WHERE source = ? AND list_contains(?::VARCHAR[], replaces)",
        [source.code, ids],
    )
    return {row[0] for row in rows}
