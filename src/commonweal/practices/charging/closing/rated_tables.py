"""The tables around the kernel: its plan, what ran over the year before, and labels of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from ..engine.cases import dimension_names
from ..engine.errors import EngineError
from ..engine.price import PriceModel
from ..engine.rating_sql import RatingPlan
from ..engine.shared_models import Matrix
from .cells import cell_of
from .corrections import billed_in_year

RATED = (
    "agency_id, charge_item, rate_version, order_line, source, fact_id, from_time, quantity,"
    " quantity_before, amount"
)
CARRIED = ("order_line", "bureau")
"""What goes with each record through the kernel: pages ask for a line's records by bureau."""


def plan_of(base: Any, models: Mapping[UUID, PriceModel], period: str) -> RatingPlan:
    """The kernel's plan for prices; makes the table `openings` where a price runs over the year."""
    names = dimension_names(models.values())
    yearly = sorted((key for key, m in models.items() if m.span == "year"), key=str)
    if not yearly:
        return RatingPlan(carry=CARRIED, dimensions=names)
    base.execute(
        "CREATE OR REPLACE TABLE openings (agency_id UUID, charge_item UUID, rate_version UUID,"
        " quantity DECIMAL(18,6))"
    )
    items = dict(base.execute("SELECT DISTINCT rate_version, charge_item FROM rates").fetchall())
    for (agency_id, version), quantity in billed_in_year(period, yearly).items():
        base.execute(
            "INSERT INTO openings VALUES (?, ?, ?, ?)",
            [str(agency_id), str(items[version]), str(version), quantity],
        )
    return RatingPlan(carry=CARRIED, dimensions=names, openings="openings")


def used_by_version(base: Any) -> dict[tuple[UUID, UUID], Decimal]:
    """The month's own usage by agency and rate version."""
    rows = base.execute(
        "SELECT agency_id, rate_version, sum(quantity)::DECIMAL(18,6) FROM usage GROUP BY ALL"
    ).fetchall()
    return {row[:2]: row[2] for row in rows}


def _combinations(base: Any, relation: str, models: Mapping[UUID, PriceModel]) -> list[Any]:
    """(rate version, its price, dimension values) of the records of prices by dimensions."""
    names = dimension_names(models.values())
    if not names:
        return []
    columns = ", ".join(f"dimension_{name}" for name in names)
    rows = base.execute(f"SELECT DISTINCT rate_version, {columns} FROM {relation}").fetchall()
    return [
        (row[0], models[row[0]], dict(zip(names, row[1:], strict=True)))
        for row in rows
        if isinstance(models.get(row[0]), Matrix)
    ]


def without_cell(base: Any, models: Mapping[UUID, PriceModel]) -> list[dict[str, Any]]:
    """Records whose dimension values have no price, by agency and item, with an example."""
    missing = []
    for version, model, values in _combinations(base, "usage", models):
        try:
            cell_of(model, {name: value or "" for name, value in values.items()})
        except EngineError as error:
            same = " AND ".join(f"dimension_{name} IS NOT DISTINCT FROM ?" for name in values)
            rows = base.execute(
                "SELECT agency_id, charge_item, count(*), min(source || ' ' || fact_id) FROM usage"
                f" WHERE rate_version = ? AND {same} GROUP BY ALL ORDER BY ALL",
                [str(version), *values.values()],
            ).fetchall()
            missing += [
                {
                    "agency": str(agency),
                    "item": str(item),
                    "problem": error.message,
                    "records": count,
                    "example": example,
                }
                for agency, item, count, example in rows
            ]
    return missing


def add_labels(base: Any, plan: RatingPlan, models: Mapping[str, PriceModel]) -> None:
    """Make `lines` from `rated`: with kind, period, cell, and what each record adds to its line."""
    keyed = {UUID(key): model for key, model in models.items()}
    dimensions = "".join(f", dimension_{name}" for name in plan.dimensions)
    base.execute(
        "CREATE OR REPLACE TABLE cells (rate_version UUID"
        + "".join(f", dimension_{name} VARCHAR" for name in plan.dimensions)
        + ", cell VARCHAR, peak BOOLEAN)"
    )
    for version, model, values in _combinations(base, "rated", keyed):
        given = {name: value or "" for name, value in values.items()}
        cell = cell_of(model, given)
        inner = next((c.model for c in model.cells if c.values and _is(c.values, given, model)),
                     model.otherwise)  # fmt: skip
        marks = ", ".join("?" * (len(values) + 3))
        base.execute(
            f"INSERT INTO cells VALUES ({marks})",
            [str(version), *values.values(), cell, inner.kind == "peak"],
        )
    peaks = [key for key, model in models.items() if model.kind == "peak"]
    base.execute("CREATE OR REPLACE TABLE peaks (rate_version UUID)")
    for key in peaks:
        base.execute("INSERT INTO peaks VALUES (?)", [key])
    same = " AND ".join(
        ["r.rate_version = c.rate_version"]
        + [
            f"r.dimension_{name} IS NOT DISTINCT FROM c.dimension_{name}"
            for name in plan.dimensions
        ]
    )
    listed = ", ".join(f"r.{name.strip()}" for name in f"{RATED}{dimensions}".split(","))
    base.execute(
        f"""CREATE OR REPLACE TABLE lines AS
        SELECT 'usage' AS kind, '' AS charge_period, {listed}, r.bureau,
        coalesce(c.cell, '') AS cell,
        CASE WHEN coalesce(c.peak, r.rate_version IN (SELECT rate_version FROM peaks))
          THEN greatest(r.quantity - r.quantity_before, 0) ELSE r.quantity END AS counted
        FROM rated r LEFT JOIN cells c ON {same}"""
    )


def _is(values: tuple[str, ...], given: Mapping[str, str], model: Matrix) -> bool:
    return values == tuple(given[name] for name in model.dimensions)


def line_totals(base: Any, agency_id: UUID) -> list[list[Any]]:
    """What the month's own records of each line and bureau come to, kept with the rated file, so
    that a page need not add up millions: item, rate version, order line, cell, bureau (or empty),
    records, quantity, amount."""
    rows = base.execute(
        """SELECT charge_item::VARCHAR, rate_version::VARCHAR, order_line::VARCHAR, cell,
        coalesce(bureau::VARCHAR, ''), count(*), sum(quantity)::DECIMAL(38,6)::VARCHAR,
        sum(amount)::DECIMAL(38,9)::VARCHAR
        FROM lines WHERE agency_id = ? AND kind = 'usage' GROUP BY ALL ORDER BY ALL""",
        [str(agency_id)],
    ).fetchall()
    return [list(row) for row in rows]
