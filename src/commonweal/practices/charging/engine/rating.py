"""Rating with DuckDB: the first path. The second, that proves it, is in `totals`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from .cases import insert_rows, load_cases, load_prices, price_row, shaped
from .errors import EngineError
from .pieces import compile_price
from .price import PriceModel, below_zero, reading_below_zero
from .rating_sql import RatingPlan, origins_sql, price_columns, rated_sql, same_origin
from .totals import Difference, prove_totals, quoted, relation_of, require_proof

__all__ = [
    "PARQUET_OPTIONS",
    "Difference",
    "RatingResult",
    "prove_totals",
    "rate_to_parquet",
    "rate_to_table",
    "relation_of",
    "require_proof",
]

PARQUET_OPTIONS = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880"


@dataclass(frozen=True, slots=True)
class RatingResult:
    """What one rating wrote: number of facts and groups, and the file's SHA-256 if it is a file."""

    facts: int
    groups: int
    sha256: str = ""


def _load_plain(connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel]) -> RatingPlan:
    """The prices by rate version, where nothing but the version decides; the plan with tiers."""
    prices = {key: compile_price(models[key]).pieces for key in sorted(models)}
    plan = replace(plan, tiers=max((len(pieces) for pieces in prices.values()), default=1))
    kind = connection.execute(f"SELECT rate_version FROM {plan.usage} LIMIT 0").description[0][1]
    typed = "".join(f", {name} {type_}" for name, type_ in price_columns(plan.tiers))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {plan.prices} (rate_version {kind}{typed})")
    rows = [(key, *price_row(pieces, plan.tiers)) for key, pieces in prices.items()]
    insert_rows(connection, plan.prices, rows)
    return plan


def _prepare(
    connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel]
) -> tuple[RatingPlan, int, int]:
    """Number the groups and load their prices; the number of facts and groups."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {plan.origins} AS {origins_sql(plan)}")
    used = connection.execute(
        f"SELECT CAST(rate_version AS VARCHAR) AS version, CAST(sum(facts) AS BIGINT)"
        f" FROM {plan.origins} GROUP BY version ORDER BY version"
    ).fetchall()
    missing = [(version, facts) for version, facts in used if version not in models]
    if missing:
        version, facts = missing[0]
        raise EngineError(
            "RATE-203",
            f"{facts} usage records use rate version {version}, which has no price here."
            " Approve or add that rate version.",
            versions=[str(version) for version, _ in missing],
        )
    needed = {version: models[version] for version, _ in used}
    plan = shaped(plan, needed)
    if needed and plan.shape.plain:
        plan = _load_plain(connection, plan, needed)
    elif needed:
        cases = load_cases(connection, plan, needed)
        plan = replace(plan, tiers=max(len(case.price.pieces) for case in cases))
        load_prices(connection, plan, cases)
    groups = connection.execute(
        f"SELECT coalesce(max(engine_group), 0) FROM {plan.known if needed else plan.origins}"
    ).fetchone()[0]
    return plan, sum(facts for _, facts in used), groups


def _check(connection: Any, plan: RatingPlan, rated: str, facts: int) -> None:
    """Every fact was rated, none is empty, and no running total fell below zero."""
    rows, filled, lowest = connection.execute(
        f"SELECT count(*), count(amount), min(quantity_before + quantity) FROM {rated}"
    ).fetchone()
    if rows != facts or filled != rows:
        columns = (*plan.keys, "source", "fact_id", "from_time", "quantity")
        empty = " OR ".join(f"{column} IS NULL" for column in columns)
        found = connection.execute(
            f"SELECT source, fact_id FROM {plan.usage} WHERE {empty}"
            " ORDER BY source, fact_id LIMIT 1"
        ).fetchone()
        name = f"{found[1]} of {found[0]}" if found else "a usage record"
        raise EngineError(
            "RATE-205",
            f"{facts - min(rows, filled)} usage records cannot be rated, the first is {name}: a"
            f" column among {', '.join(columns)} is empty. Fill it in.",
        )
    if plan.shape.peaks:
        _check_readings(connection, plan)
    if lowest is not None and lowest < 0:
        source, fact_id, total = connection.execute(
            f"SELECT source, fact_id, quantity_before + quantity FROM {rated}"
            f" WHERE quantity_before + quantity < 0"
            f" ORDER BY {', '.join(plan.keys)}, from_time, source, fact_id LIMIT 1"
        ).fetchone()
        raise below_zero(source, fact_id, total)


def _check_readings(connection: Any, plan: RatingPlan) -> None:
    """No reading of a peak is below zero (RATE-210)."""
    lowest = connection.execute(f"SELECT min(quantity) FROM {plan.usage}").fetchone()[0]
    if lowest is None or lowest >= 0:
        return
    found = connection.execute(
        f"SELECT facts.source, fact_id, quantity FROM {plan.usage} AS facts"
        f" JOIN {plan.known} AS known ON {same_origin(plan)}"
        " WHERE engine_peak AND quantity < 0 ORDER BY facts.source, fact_id LIMIT 1"
    ).fetchone()
    if found:
        raise reading_below_zero(*found)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """DuckDB's refusals in our words."""
    try:
        yield
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise EngineError(
            "RATE-204",
            "A quantity or a count of blocks has more than 12 digits before the point, or an amount"
            f" more than 18. Check the quantities. DuckDB says: {error}",
        ) from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise EngineError(
            "RATE-301",
            "The rated lines could not be written; nothing was kept. Free disk space and run"
            f" again. DuckDB says: {error}",
        ) from error


def rate_to_table(
    connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel], table: str
) -> RatingResult:
    """Rate the plan's usage into a new table of the connection; models by rate version's text."""
    with _plain_errors():
        plan, facts, groups = _prepare(connection, plan, models)
        text = rated_sql(plan) if facts else _nothing_sql(plan)
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS {text}")
        _check(connection, plan, table, facts)
    return RatingResult(facts, groups)


def rate_to_parquet(
    connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel], out: Path
) -> RatingResult:
    """Rate the plan's usage into one ordered Parquet file, all or nothing.

    The same input gives the same bytes, whatever the threads and the memory limit. The file's
    columns are `plan.columns`: quantities DECIMAL(18,6), amounts DECIMAL(27,9).
    """
    partial = out.with_name(out.name + ".part")
    try:
        with _plain_errors():
            plan, facts, groups = _prepare(connection, plan, models)
            text = rated_sql(plan) if facts else _nothing_sql(plan)
            connection.execute(f"COPY ({text}) TO {quoted(partial)} ({PARQUET_OPTIONS})")
            _check(connection, plan, relation_of(partial), facts)
        digest = _settle(partial)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return RatingResult(facts, groups, digest)


def _settle(path: Path) -> str:
    """Flush a file to disk; its SHA-256."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nothing_sql(plan: RatingPlan) -> str:
    columns = ", ".join((*plan.keys, *plan.carried, "source", "fact_id", "from_time"))
    return (
        f"SELECT {columns}, CAST(quantity AS DECIMAL(18,6)) AS quantity,"
        " CAST(0 AS DECIMAL(18,6)) AS quantity_before, CAST(0 AS DECIMAL(27,9)) AS amount"
        f" FROM {plan.usage} WHERE 1 = 0"
    )
