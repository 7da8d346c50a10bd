"""The SQL text of the rating kernel: a portable subset in exact decimals.

Only integers and DECIMAL, explicit casts, no division, no avg, no floating type; a test lints it
with sqlglot. The shape follows three measurements on DuckDB 2.0 (docs/reference/engine.md):

- sorting dense integers (group, source and origin numbers) instead of ids halves the sort;
- the final ORDER BY reuses the window's row number, so it never compares text;
- casting a DECIMAL(38,15) product to 9 decimals costs 0.5 µs a row. So F(q) is split into a part
  that is exact at 9 decimals and a tail below 1e-3 that fits 64 bits, and only the tail is rounded:
  with q = whole + part and rate = coarse (3 decimals) + fine,
  F(q) = [base + whole × rate + part × coarse] + (base_tail + part × fine).
  The bracket is a multiple of 1e-9, the tail is never negative, and F(q) ≥ 0; so
  R9(F(q)) = bracket + R9(tail).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import EngineError

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
KEYS = ("agency_id", "charge_item", "rate_version")
_RESERVED = frozenset({"source", "fact_id", "from_time", "quantity", "quantity_before", "amount"})


_DIMENSION = "dimension_"
POOL = ("start", "rate", "rest", "half", "total")
"""What the kernel knows of a pooled group: where it starts in its pool, and the pool's price."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the prices at hand need beyond straight pieces of a running sum; the text of the SQL
    differs by it, so that plain prices pay for nothing."""

    cells: bool = False
    blocks: bool = False
    peaks: bool = False
    pools: bool = False
    openings: bool = False

    @property
    def plain(self) -> bool:
        """Nothing more is needed."""
        return not (self.cells or self.blocks or self.peaks or self.pools or self.openings)


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """What to rate: relation and column names (checked) and the largest number of tiers.

    `keys` make a group (`rate_version` among them). `carry` columns are passed through; they are
    kept once for each of their combinations, so carry few values (an order line, a bureau), never
    one for each fact. The usage
    relation also has `source`, `fact_id`, `from_time` and `quantity` (cast to DECIMAL(18,6)), and a
    text column `dimension_NAME` for each of `dimensions` (NULL or empty: it has none); these are
    carried along too. `openings` names a relation of the keys and `quantity`, one row a group:
    what was counted and charged before, for prices that run over the year.
    """

    usage: str = "usage"
    keys: tuple[str, ...] = KEYS
    carry: tuple[str, ...] = ("order_line",)
    tiers: int = 1
    prefix: str = "rating_"
    dimensions: tuple[str, ...] = ()
    openings: str = ""
    shape: Shape = Shape()

    def __post_init__(self) -> None:
        columns = (*self.keys, *self.carried)
        for name in (self.usage, self.prefix, self.openings or self.usage, *columns):
            if not _NAME.match(name) or name in _RESERVED or name.startswith("engine_"):
                raise EngineError("RATE-110", f"“{name}” cannot be used as a name here. Rename it.")
        if len(set(columns)) != len(columns) or "rate_version" not in self.keys:
            raise EngineError(
                "RATE-110", "Key columns are listed once each, rate_version among them."
            )
        if self.tiers < 1:
            raise EngineError("RATE-110", "A price has at least one tier.")

    @property
    def carried(self) -> tuple[str, ...]:
        """Columns that are passed through: `carry`, and the dimensions'."""
        return (*self.carry, *(_DIMENSION + name for name in self.dimensions))

    @property
    def shared(self) -> tuple[str, ...]:
        """The columns whose combinations are kept once."""
        return (*self.keys, "source", *self.carried)

    @property
    def origins(self) -> str:
        """The table of origins: keys, source and carried columns, numbered in their order."""
        return f"{self.prefix}origins"

    @property
    def known(self) -> str:
        """The origins, with what the shape needs to know of each."""
        return self.origins if self.shape.plain else f"{self.prefix}known"

    @property
    def cases(self) -> str:
        """The table of price cases: rate version and dimensions, to the price that applies."""
        return f"{self.prefix}cases"

    @property
    def pools(self) -> str:
        """The table of pooled groups: where each starts in its pool, and the pool's price."""
        return f"{self.prefix}pools"

    @property
    def prices(self) -> str:
        """The table of prices, one wide row for each rate version, or for each case."""
        return f"{self.prefix}prices"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a rated fact, in order."""
        return (
            *self.keys,
            *self.carried,
            *("source", "fact_id", "from_time", "quantity", "quantity_before", "amount"),
        )


def origins_sql(plan: RatingPlan) -> str:
    """Every combination of keys, source and carried columns, with its group and source numbers.

    One small row stands for them all while facts are sorted.
    """
    shared = ", ".join(plan.shared)
    return f"""
SELECT CAST(row_number() OVER (ORDER BY {shared}) AS INTEGER) AS engine_origin,
  CAST(dense_rank() OVER (ORDER BY {", ".join(plan.keys)}) AS INTEGER) AS engine_group,
  CAST(dense_rank() OVER (ORDER BY source) AS INTEGER) AS engine_source, {shared}, facts
FROM (SELECT {shared}, count(*) AS facts FROM {plan.usage} GROUP BY {shared}) AS counted
"""


def price_columns(tiers: int) -> list[tuple[str, str]]:
    """(name, type) of the price table after rate_version. See `_tier` for their use."""
    columns = [(f"bound_{k}", "DECIMAL(18,6)") for k in range(1, tiers)]
    for k in range(tiers):
        columns += [
            (f"base_{k}", "DECIMAL(31,9)"),
            (f"base_tail_{k}", "DECIMAL(15,15)"),
            (f"rate_{k}", "DECIMAL(18,9)"),
            (f"coarse_{k}", "DECIMAL(12,3)"),
            (f"fine_{k}", "DECIMAL(9,9)"),
        ]
    return columns


def _tier(k: int, whole: str, part: str) -> str:
    return (
        f"base_{k} + CAST(CAST({whole} AS DECIMAL(19,0)) * rate_{k} AS DECIMAL(31,9))"
        f" + {part} * coarse_{k}"
        f" + CAST(base_tail_{k} + {part} * fine_{k} AS DECIMAL(10,9))"
    )


def _price(plan: RatingPlan, end: str, first: str = "") -> str:
    """R9(F(quantity)) for the running total named `end`; `first` tells that nothing came before."""
    x = f"{end}_count" if plan.shape.blocks else end
    total, whole, part = f"engine_{x}", f"engine_{x}_whole", f"engine_{x}_part"
    cases = [_pool_price(end)] if plan.shape.pools else []
    cases += [f"WHEN {first} THEN CAST(0 AS DECIMAL(31,9))"] if first else []
    cases += [
        f"WHEN {total} > bound_{k} THEN CAST({_tier(k, whole, part)} AS DECIMAL(31,9))"
        for k in range(plan.tiers - 1, 0, -1)
    ]
    last = f"CAST({_tier(0, whole, part)} AS DECIMAL(31,9))"
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else last


def _pool_price(end: str) -> str:
    """The pool's price up to a place in it, half up, in whole numbers (1e-9).

    With s the place in millionths: rate × s + (rest × s + half) ÷ total, one exact floor. Where
    that would pass 128 bits (pools above nine billion units) there is no half, rate and rest are in
    1e-15, and the sum is rounded once more: a floor of a floor is the floor.
    """
    place = f"(engine_pool_start + {_micro(end)})"
    fine = f"engine_pool_rate * {place} + (engine_pool_rest * {place} + engine_pool_half)"
    coarse = f"engine_pool_rate * {place} + (engine_pool_rest * {place}) // engine_pool_total"
    return " ".join(
        f"WHEN {test} IS NOT NULL"
        f" THEN CAST(CAST({nano} AS DECIMAL(29,0)) * engine_nano AS DECIMAL(31,9))"
        for test, nano in (
            ("engine_pool_half", f"{fine} // engine_pool_total"),
            ("engine_pool_total", f"({coarse} + 500000) // 1000000"),
        )
    )


def _micro(end: str) -> str:
    """A quantity in millionths, by 64-bit steps."""
    return (
        f"(CAST(engine_{end}_whole AS BIGINT) * 1000000"
        f" + CAST(engine_{end}_part * 1000000 AS BIGINT))"
    )


def _running(plan: RatingPlan, order: str) -> str:
    before = f"OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    text = f"sum(quantity) {before} AS engine_prior,"
    return f"{text}\n    max(quantity) {before} AS engine_top," if plan.shape.peaks else text


def _totals(plan: RatingPlan) -> str:
    """The first fact, and the quantity before and after each."""
    prior, first = "coalesce(engine_prior, 0)", "engine_prior IS NULL"
    top = "coalesce(engine_top, 0)"
    if plan.shape.openings:
        prior = f"{prior} + coalesce(engine_opening, 0)"
        top = f"greatest({top}, coalesce(engine_opening, 0))"
        first = f"{first} AND engine_opening IS NULL"
    before, after = f"CAST({prior} AS DECIMAL(18,6))", f"CAST({prior} + quantity AS DECIMAL(18,6))"
    if plan.shape.peaks:
        before = f"CASE WHEN engine_peak THEN {top} ELSE {before} END"
        after = f"CASE WHEN engine_peak THEN greatest({top}, quantity) ELSE {after} END"
    return f"""{first} AS engine_first,
    {before} AS engine_before,
    {after} AS engine_after"""


def _facts(plan: RatingPlan) -> str:
    """What the shape needs to know of each fact's origin."""
    shape = plan.shape
    names = [] if shape.plain else ["engine_case"]
    names += ["engine_block"] if shape.blocks else []
    names += ["engine_peak"] if shape.peaks else []
    names += ["engine_opening"] if shape.openings else []
    if shape.pools:
        names += [f"engine_pool_{name}" for name in POOL]
    return "".join(f", {name}" for name in names)


def _counted(plan: RatingPlan) -> str:
    """Started blocks in place of quantities, where the price is by blocks."""
    if not plan.shape.blocks:
        return ""
    columns = ""
    for end in ("before", "after"):
        started = f"({_micro(end)} + engine_block - 1) // engine_block"
        for suffix, type_, blocks in (
            ("", "DECIMAL(18,6)", started),
            ("_whole", "DECIMAL(18,0)", started),
            ("_part", "DECIMAL(6,6)", "0"),
        ):
            columns += (
                f",\n    CASE WHEN engine_block IS NULL THEN engine_{end}{suffix}"
                f" ELSE CAST({blocks} AS {type_}) END AS engine_{end}_count{suffix}"
            )
    return f"""
), counted AS (
  SELECT split.*{columns}
  FROM split"""


def same_origin(plan: RatingPlan) -> str:
    """That a fact (`facts`) belongs to an origin (`known`)."""
    return " AND ".join(
        [f"facts.{name} = known.{name}" for name in (*plan.keys, "source")]
        + [f"facts.{name} IS NOT DISTINCT FROM known.{name}" for name in plan.carried]
    )


def rated_sql(plan: RatingPlan) -> str:
    """Every fact with the quantity before it and its amount, ordered by keys, time, source, id."""
    shared = ", ".join(plan.shared)
    order = "PARTITION BY engine_group ORDER BY from_time, engine_source, fact_id"
    last = "counted" if plan.shape.blocks else "split"
    price_key = "rate_version" if plan.shape.plain else "engine_case"
    return f"""
WITH numbered AS (
  SELECT engine_origin, engine_group, engine_source, from_time, fact_id,
    CAST(quantity AS DECIMAL(18,6)) AS quantity
  FROM {plan.usage} AS facts
  JOIN {plan.known} AS known ON {same_origin(plan)}
), running AS (
  SELECT engine_origin, engine_group, from_time, fact_id, quantity,
    {_running(plan, order)}
    row_number() OVER ({order}) AS engine_place
  FROM numbered
), totals AS (
  SELECT running.engine_group, engine_place, fact_id, from_time, quantity, {shared}{_facts(plan)},
    {_totals(plan)}
  FROM running
  JOIN {plan.known} AS known ON running.engine_origin = known.engine_origin
), wholes AS (
  SELECT totals.*, CAST(floor(engine_before) AS DECIMAL(18,0)) AS engine_before_whole,
    CAST(floor(engine_after) AS DECIMAL(18,0)) AS engine_after_whole
  FROM totals
), split AS (
  SELECT wholes.*, CAST(engine_before - engine_before_whole AS DECIMAL(6,6)) AS engine_before_part,
    CAST(engine_after - engine_after_whole AS DECIMAL(6,6)) AS engine_after_part
  FROM wholes{_counted(plan)}
), priced AS (
  SELECT {last}.*, {_price(plan, "after")} AS engine_price_after,
    {_price(plan, "before", "engine_first")} AS engine_price_before
  FROM {last}
  JOIN {plan.prices} AS price ON {last}.{price_key} = price.{price_key}
)
SELECT {", ".join((*plan.keys, *plan.carried))}, source, fact_id, from_time, quantity,
  engine_before AS quantity_before,
  CAST(engine_price_after - engine_price_before AS DECIMAL(27,9)) AS amount
FROM priced
ORDER BY engine_group, engine_place
"""


def known_sql(plan: RatingPlan) -> str:
    """The origins with their groups by cell, and what the shape needs to know of each."""
    same = " AND ".join(
        ["origin.rate_version = cases.rate_version"]
        + [
            f"origin.{_DIMENSION}{name} IS NOT DISTINCT FROM cases.{_DIMENSION}{name}"
            for name in plan.dimensions
        ]
    )
    extra, joins = "", ""
    for wanted, table, columns in (
        (plan.shape.openings, "openings",
         ", CAST(openings.quantity AS DECIMAL(18,6)) AS engine_opening"),
        (plan.shape.pools, "pools",
         "".join(f", engine_pool_{name}" for name in POOL)),
    ):  # fmt: skip
        if wanted:
            equal = " AND ".join(f"origin.{name} = {table}.{name}" for name in plan.keys)
            relation = plan.openings if table == "openings" else plan.pools
            extra += columns
            joins += f"\nLEFT JOIN {relation} AS {table} ON {equal}"
    ranked = ", ".join(f"origin.{name}" for name in plan.keys)
    return f"""
SELECT engine_origin, engine_source,
  CAST(dense_rank() OVER (ORDER BY {ranked}, engine_case) AS INTEGER) AS engine_group,
  {", ".join(f"origin.{name}" for name in plan.shared)}, facts,
  engine_case, engine_block, engine_peak{extra}
FROM {plan.origins} AS origin
JOIN {plan.cases} AS cases ON {same}{joins}
"""


def totals_sql(relation: str, keys: tuple[str, ...], measure: str) -> str:
    """A plain aggregate by group: the second path's only view of single facts."""
    columns = ", ".join(keys)
    return f"""
SELECT {columns}, count(*) AS facts, count({measure}) AS filled, sum({measure}) AS total
FROM {relation} AS whole
GROUP BY {columns}
"""


def dimension_columns(names: Iterable[str], json_column: str = "dimensions") -> str:
    """SELECT items that make the `dimension_NAME` columns of a plan from a JSON object column."""
    return ", ".join(
        f"json_extract_string({json_column}, '$.{name}') AS {_DIMENSION}{name}" for name in names
    )


def largest_sql(relation: str, columns: tuple[str, ...]) -> str:
    """The largest quantity by group, for the second path of peaks."""
    listed = ", ".join(columns)
    return f"""
SELECT {listed}, max(quantity) AS largest
FROM {relation} AS whole
GROUP BY {listed}
"""


def self_test_sql(rows: int) -> str:
    """Rows whose ordered window sum is wrong: none, unless the defect duckdb#24985 is present."""
    return f"""
SELECT count(*) AS wrong
FROM (
  SELECT place, sum(quantity) OVER (
    ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS prior
  FROM (SELECT place, CAST(1 AS DECIMAL(18,6)) AS quantity FROM range({rows}) AS r(place)) AS ones
) AS summed
WHERE coalesce(prior, 0) <> CAST(place AS DECIMAL(18,6))
"""
