"""Tables that tell the kernel which price applies to which records: cells, blocks, peaks, pools.

Small work, in Python: one row for each rate version and combination of dimension values, and one
for each group of a pool. The kernel joins them to the origins of the facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow

from .errors import EngineError
from .exact import exact_sum
from .models import PriceModel
from .pieces import MICRO, Compiled, Piece, compile_price
from .price import cell_key, cell_price, no_cell, price
from .rating_sql import POOL, RatingPlan, Shape, known_sql, price_columns
from .shared_models import Matrix

AGENCY = "agency_id"
_FINE = 9 * 10**15
"""Below so many millionths, 4 × total² × 10⁶ stays within 128 bits."""


@dataclass(frozen=True, slots=True)
class Case:
    """A price that applies to some records: of a version, or of one cell of it."""

    version: str
    cell: tuple[str, ...]
    price: Compiled


def dimension_names(models: Iterable[PriceModel]) -> tuple[str, ...]:
    """The dimensions that any of these prices depends on, in order: a plan's `dimensions`."""
    return tuple(sorted({name for m in models if isinstance(m, Matrix) for name in m.dimensions}))


def shaped(plan: RatingPlan, models: Mapping[str, PriceModel]) -> RatingPlan:
    """The plan with the shape that these prices need. RATE-212: a price without usage; RATE-110:
    the plan lacks a column."""
    for version, model in models.items():
        if model.basis in ("agency", "days"):
            raise EngineError(
                "RATE-212",
                f"Rate version {version} is a {model.kind}: nothing of it is measured, but usage"
                " records use it. Charge it without usage, or give them another rate version.",
                versions=[version],
            )
    _require_columns(plan, models)
    prices = [compile_price(inner) for model in models.values() for inner in _inner(model)]
    shape = Shape(
        cells=any(model.basis == "cells" for model in models.values()),
        blocks=any(found.block is not None for found in prices),
        peaks=any(found.peak for found in prices),
        pools=any(model.basis == "pool" for model in models.values()),
        openings=bool(plan.openings),
    )
    return replace(plan, shape=shape)


def _inner(model: PriceModel) -> list[PriceModel]:
    if not isinstance(model, Matrix):
        return [model]
    found = [cell.model for cell in model.cells]
    return found if model.otherwise is None else [*found, model.otherwise]


def _require_columns(plan: RatingPlan, models: Mapping[str, PriceModel]) -> None:
    missing = set(dimension_names(models.values())) - set(plan.dimensions)
    if missing:
        raise EngineError(
            "RATE-110",
            f"The plan names no column for the dimensions {', '.join(sorted(missing))}, which a"
            " price needs. Name them in `dimensions`.",
        )
    if AGENCY not in plan.keys and any(model.basis == "pool" for model in models.values()):
        raise EngineError(
            "RATE-110", "A pooled price needs agency_id among the keys. Add it to the plan."
        )


def load_cases(connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel]) -> list[Case]:
    """Decide which price applies where, and make the `known` relation from the origins."""
    columns = ["rate_version", *(f"dimension_{name}" for name in plan.dimensions)]
    listed = ", ".join(columns)
    found = connection.execute(
        f"SELECT DISTINCT {listed} FROM {plan.origins} ORDER BY {listed}"
    ).fetchall()
    rows = []
    prices: dict[tuple[str, tuple[str, ...]], Compiled] = {}
    for values in found:
        model = models[str(values[0])]
        dimensions = {
            name: value or "" for name, value in zip(plan.dimensions, values[1:], strict=True)
        }
        cell: tuple[str, ...] = ()
        if isinstance(model, Matrix):
            cell = _cell(connection, plan, model, values, dimensions)
            model = cell_price(model, cell)
        key = (str(values[0]), cell)
        if key not in prices:
            prices[key] = compile_price(model)
        rows.append((values, key))
    cases = [Case(*key, prices[key]) for key in sorted(prices)]
    numbers = {key: number for number, key in enumerate(sorted(prices))}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {plan.cases} AS SELECT {listed},"
        " CAST(0 AS INTEGER) AS engine_case, CAST(0 AS BIGINT) AS engine_block,"
        f" true AS engine_peak FROM {plan.origins} LIMIT 0"
    )
    insert_rows(
        connection,
        plan.cases,
        [(*values, numbers[key], prices[key].block, prices[key].peak) for values, key in rows],
    )
    if plan.shape.pools:
        _load_pools(connection, plan, models)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {plan.known} AS {known_sql(plan)}")
    return cases


def _cell(
    connection: Any,
    plan: RatingPlan,
    model: Matrix,
    values: Sequence[Any],
    dimensions: Mapping[str, str],
) -> tuple[str, ...]:
    """The cell of one combination of values; RATE-208 names its first record."""
    try:
        return cell_key(model, dimensions)
    except EngineError:
        columns = ["rate_version", *(f"dimension_{name}" for name in plan.dimensions)]
        same = " AND ".join(f"{column} IS NOT DISTINCT FROM ?" for column in columns)
        source, fact = connection.execute(
            f"SELECT source, fact_id FROM {plan.usage} WHERE {same}"
            " ORDER BY source, fact_id LIMIT 1",
            list(values),
        ).fetchone()
        named = [dimensions[name] for name in model.dimensions]
        raise no_cell(model, named, source, fact) from None


def insert_rows(connection: Any, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows as text, all at once; DuckDB reads text into the table's types exactly."""
    columns = {
        f"c{place}": pyarrow.array(
            [None if value is None else str(value) for value in values], pyarrow.string()
        )
        for place, values in enumerate(zip(*rows, strict=True))
    }
    connection.register("engine_rows", pyarrow.table(columns))
    connection.execute(f"INSERT INTO {table} SELECT * FROM engine_rows")
    connection.unregister("engine_rows")


def _load_pools(connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel]) -> None:
    """Where each agency starts in its pool, and the pool's price as rate and rest (see the SQL)."""
    keys = ", ".join(plan.keys)
    place = plan.keys.index(AGENCY)
    version = plan.keys.index("rate_version")
    pooled = sorted(key for key, model in models.items() if model.basis == "pool")
    marks = ", ".join("?" * len(pooled))
    found = connection.execute(
        f"SELECT {keys}, CAST(sum(CAST(quantity AS DECIMAL(18,6))) AS DECIMAL(38,6))"
        f" FROM {plan.usage} WHERE CAST(rate_version AS VARCHAR) IN ({marks}) GROUP BY {keys}",
        pooled,
    ).fetchall()
    pools: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in found:
        pools[tuple(str(v) for n, v in enumerate(row[:-1]) if n != place)].append(row)
    rows = []
    for members in pools.values():
        total = exact_sum(row[-1] for row in members)
        constants = _pool_price(models[str(members[0][version])], total)
        start = 0
        for row in sorted(members, key=lambda row: str(row[place])):
            rows.append((*row[:-1], start, *constants))
            start += int(row[-1] * MICRO)
    numbers = ", ".join(f"CAST(0 AS HUGEINT) AS engine_pool_{name}" for name in POOL)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {plan.pools} AS"
        f" SELECT {keys}, {numbers} FROM {plan.origins} LIMIT 0"
    )
    insert_rows(connection, plan.pools, rows)


def _pool_price(model: PriceModel, total: Decimal) -> tuple[int, int, int | None, int]:
    """Rate, rest, half and total of the kernel's formula (rating_sql._pool_price).

    A total of zero costs nothing; one below zero is found by the check of running totals.
    """
    if total <= 0:
        return 0, 0, 0, 1
    micro = int(total * MICRO)
    whole = int(Fraction(price(model, total)) * 10**15)
    if micro < _FINE:
        rate, rest = divmod(whole, micro * 10**6)
        return rate, 2 * rest, micro * 10**6, 2 * micro * 10**6
    rate, rest = divmod(whole, micro)
    return rate, rest, None, micro


def load_prices(connection: Any, plan: RatingPlan, cases: Sequence[Case]) -> None:
    """The prices by case: the row of pieces after the case's number."""
    columns = price_columns(plan.tiers)
    typed = "".join(f", {name} {type_}" for name, type_ in columns)
    nano = ", engine_nano DECIMAL(9,9)" if plan.shape.pools else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {plan.prices} (engine_case INTEGER{typed}{nano})"
    )
    extra = ["0.000000001"] if nano else []
    insert_rows(
        connection,
        plan.prices,
        [
            (number, *price_row(case.price.pieces, plan.tiers), *extra)
            for number, case in enumerate(cases)
        ],
    )


def price_row(pieces: Sequence[Piece], tiers: int) -> list[str | None]:
    """The wide price row after its key, as decimal text; missing pieces are empty."""
    row: list[str | None] = [shifted(int(piece.above * MICRO), 6) for piece in pieces[1:]]
    row += [None] * (tiers - len(pieces))
    for piece in pieces:
        base_15 = int(piece.base * 10**15)
        rate_9 = int(piece.rate * 10**9)
        row = [
            *row,
            shifted(base_15 // 10**6, 9),
            shifted(base_15 % 10**6, 15),
            shifted(rate_9, 9),
            shifted(rate_9 // 10**6, 3),
            shifted(rate_9 % 10**6, 9),
        ]
    return row + [None] * (5 * (tiers - len(pieces)))


def shifted(number: int, places: int) -> str:
    """A whole number of the last of `places` decimals, as decimal text."""
    digits = str(abs(number)).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
