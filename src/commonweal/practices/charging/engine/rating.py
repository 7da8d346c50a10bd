"""Rating with DuckDB, and the second path that proves it from totals."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from commonweal.kernel.money.public import round_quotient

from .errors import EngineDefect, EngineError
from .price import PriceModel, below_zero, plain
from .rating_sql import (
    KEYS,
    RatingPlan,
    origins_sql,
    price_columns,
    rated_sql,
    totals_sql,
)

_BATCH = 100
PARQUET_OPTIONS = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880"


@dataclass(frozen=True, slots=True)
class RatingResult:
    """What one rating wrote: number of facts and groups, and the file's SHA-256 if it is a file."""

    facts: int
    groups: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A group whose facts do not add up to the price of its total (`None`: group is missing)."""

    group: tuple[str, ...]
    facts: int | None
    quantity: Decimal | None
    expected: Decimal | None
    found_facts: int | None
    found: Decimal | None


def _quoted(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def relation_of(place: Path | str) -> str:
    """A Parquet file as a relation, or a relation's name unchanged."""
    return f"read_parquet({_quoted(place)})" if isinstance(place, Path) else place


def price_row(model: PriceModel, tiers: int) -> list[str | None]:
    """The wide price row after rate_version, as decimal text; missing tiers are empty."""
    bounds: list[str | None] = [plain(tier.lo) for tier in model.tiers[1:]]
    bounds += [None] * (tiers - len(model.tiers))
    row = bounds
    reached = Fraction(model.fixed)
    for tier in model.tiers:
        rate = Fraction(tier.rate)
        base = reached - Fraction(tier.lo) * rate
        if tier.hi is not None:
            reached += (Fraction(tier.hi) - Fraction(tier.lo)) * rate
        base_15 = int(base * 10**15)
        rate_9 = int(rate * 10**9)
        row = [
            *row,
            _shifted(base_15 // 10**6, 9),
            _shifted(base_15 % 10**6, 15),
            _shifted(rate_9, 9),
            _shifted(rate_9 // 10**6, 3),
            _shifted(rate_9 % 10**6, 9),
        ]
    return row + [None] * (5 * (tiers - len(model.tiers)))


def _shifted(number: int, places: int) -> str:
    digits = str(abs(number)).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _load_prices(connection: Any, plan: RatingPlan, models: Mapping[str, PriceModel]) -> None:
    kind = connection.execute(f"SELECT rate_version FROM {plan.usage} LIMIT 0").description[0][1]
    columns = price_columns(plan.tiers)
    typed = "".join(f", {name} {type_}" for name, type_ in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {plan.prices} (rate_version {kind}{typed})")
    row = f"(?{', ?' * len(columns)})"
    versions = sorted(models)
    for start in range(0, len(versions), _BATCH):
        batch = versions[start : start + _BATCH]
        values = [v for key in batch for v in (key, *price_row(models[key], plan.tiers))]
        connection.execute(
            f"INSERT INTO {plan.prices} VALUES {', '.join([row] * len(batch))}", values
        )


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
    plan = replace(plan, tiers=max((len(model.tiers) for model in needed.values()), default=1))
    if needed:
        _load_prices(connection, plan, needed)
    groups = connection.execute(
        f"SELECT coalesce(max(engine_group), 0) FROM {plan.origins}"
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
    if lowest is not None and lowest < 0:
        source, fact_id, total = connection.execute(
            f"SELECT source, fact_id, quantity_before + quantity FROM {rated}"
            f" WHERE quantity_before + quantity < 0"
            f" ORDER BY {', '.join(plan.keys)}, from_time, source, fact_id LIMIT 1"
        ).fetchone()
        raise below_zero(source, fact_id, total)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """DuckDB's refusals in our words."""
    try:
        yield
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise EngineError(
            "RATE-204",
            "A quantity has more than 12 digits before the point, or an amount more than 18."
            f" Check the quantities. DuckDB says: {error}",
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
            connection.execute(f"COPY ({text}) TO {_quoted(partial)} ({PARQUET_OPTIONS})")
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
    columns = ", ".join((*plan.keys, *plan.carry, "source", "fact_id", "from_time"))
    return (
        f"SELECT {columns}, CAST(quantity AS DECIMAL(18,6)) AS quantity,"
        " CAST(0 AS DECIMAL(18,6)) AS quantity_before, CAST(0 AS DECIMAL(27,9)) AS amount"
        f" FROM {plan.usage} WHERE 1 = 0"
    )


def price_of_total(model: PriceModel, quantity: Decimal) -> Decimal:
    """R9(F(quantity)) from a total, in rational arithmetic: the second path's own formula.

    Walks down from the top tier, unlike the oracle and the kernel.
    """
    left = Fraction(quantity)
    exact = Fraction(model.fixed)
    for tier in reversed(model.tiers):
        lo = Fraction(tier.lo)
        if left > lo:
            exact += (left - lo) * Fraction(tier.rate)
            left = lo
    nano = exact * 10**9
    return Decimal(_shifted(round_quotient(nano.numerator, nano.denominator, "half_up"), 9))


def prove_totals(
    connection: Any,
    usage: Path | str,
    rated: Path | str,
    models: Mapping[str, PriceModel],
    keys: Sequence[str] = KEYS,
) -> list[Difference]:
    """The second path: price every group's total apart, and compare with its facts' amounts.

    Reads `usage` and `rated` with two plain aggregates, prices in Fractions, and returns every
    group that differs in amount or in its number of facts, ordered. Empty means proved.
    """
    names = tuple(keys)
    version = names.index("rate_version")
    sides: list[dict[tuple[str, ...], tuple[int, Decimal]]] = []
    for place, measure in ((usage, "quantity"), (rated, "amount")):
        rows = connection.execute(totals_sql(relation_of(place), names, measure)).fetchall()
        sides.append({tuple(map(str, row[:-3])): (row[-2], row[-1]) for row in rows})
    totals, sums = sides
    differences = []
    for group in sorted(totals.keys() | sums.keys()):
        facts, quantity = totals.get(group, (None, None))
        found_facts, found = sums.get(group, (None, None))
        model = models.get(group[version])
        expected = None
        if model is not None and quantity is not None:
            expected = price_of_total(model, quantity)
        if expected is None or expected != found or facts != found_facts:
            differences.append(Difference(group, facts, quantity, expected, found_facts, found))
    return differences


def require_proof(differences: Sequence[Difference]) -> None:
    """Raise RATE-902 naming the first differing group, so that nothing is billed."""
    if differences:
        first = differences[0]
        raise EngineDefect(
            "RATE-902",
            f"{len(differences)} groups differ between the two paths; in {' / '.join(first.group)}"
            f" facts add up to {first.found}, the total's price is {first.expected}."
            " Nothing may be billed: keep the files and report this.",
            groups=[difference.group for difference in differences[:100]],
        )
