"""What agencies recorded by dimensions: how their usage falls into the cells of a price.

Read from the sealed files of the newest month in which an item was used, whatever its price was
then. Sums alone leave here, never a record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.metering.public import newest_files

from ..domain.mixes import Mix, narrowed
from ..engine.models import PriceModel
from ..engine.shared_models import Matrix

Names = Mapping[UUID, Iterable[str]]


def dimensions_of(models: Iterable[tuple[UUID, PriceModel | None]]) -> dict[UUID, set[str]]:
    """By item, the dimensions that its prices depend on; items without any are left out."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for item_id, model in models:
        if isinstance(model, Matrix):
            found[item_id].update(model.dimensions)
    return dict(found)


def recorded(
    wanted: Mapping[tuple[UUID, str], Iterable[UUID]],
) -> dict[tuple[UUID, str], dict[UUID, Mix]]:
    """What agencies recorded of some items in a month, by all their dimensions, in order. `wanted`:
    the items by agency and month.

    In whoever's scope it runs: a file is found by its row, which row-level security guards.
    """
    files = newest_files(SYSTEM, {(agency, period, "usage") for agency, period in wanted})
    return {
        (agency, period): _sums(file.path, wanted[agency, period])
        for (agency, period, _kind), file in sorted(files.items())
    }


def _sums(path: Path, items: Iterable[UUID]) -> dict[UUID, Mix]:
    base = duckdb.connect(":memory:")
    try:
        rows = base.execute(
            "SELECT charge_item_id::VARCHAR, dimensions, sum(quantity)::DECIMAL(38,6)"
            " FROM read_parquet(?) WHERE list_contains(?::UUID[], charge_item_id) AND NOT late"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            [str(path), [str(item) for item in items]],
        ).fetchall()
    finally:
        base.close()
    found: dict[UUID, list[tuple[dict[str, str], Decimal]]] = defaultdict(list)
    for item, dimensions, quantity in rows:
        found[UUID(item)].append((json.loads(dimensions or "{}"), quantity))
    return dict(found)


def newest_mixes(
    billed: Mapping[tuple[UUID, UUID], Mapping[str, Decimal]], names: Names
) -> dict[tuple[UUID, UUID], Mix]:
    """By agency and item, what was recorded in the newest month with use, by the named dimensions.

    `billed`: by agency and item, the quantity billed of each month. `names`: of which items, by
    which dimensions. What is not there has nothing recorded.
    """
    wanted: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for (agency_id, item_id), by_month in billed.items():
        used = [month for month, quantity in by_month.items() if quantity > 0]
        if item_id in names and used:
            wanted[agency_id, max(used)].append(item_id)
    return {
        (agency_id, item_id): narrowed(mix, names[item_id])
        for (agency_id, _period), found in recorded(wanted).items()
        for item_id, mix in found.items()
    }
