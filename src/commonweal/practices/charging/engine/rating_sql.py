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
from dataclasses import dataclass

from .errors import EngineError

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
KEYS = ("agency_id", "charge_item", "rate_version")
_RESERVED = frozenset({"source", "fact_id", "from_time", "quantity", "quantity_before", "amount"})


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """What to rate: relation and column names (checked) and the largest number of tiers.

    `keys` make a group (`rate_version` among them). `carry` columns are passed through; they are
    kept once for each of their combinations, so carry few values (an order line, a bureau), never
    one for each fact. The usage
    relation also has `source`, `fact_id`, `from_time` and `quantity` (cast to DECIMAL(18,6)).
    """

    usage: str = "usage"
    keys: tuple[str, ...] = KEYS
    carry: tuple[str, ...] = ("order_line",)
    tiers: int = 1
    prefix: str = "rating_"

    def __post_init__(self) -> None:
        columns = (*self.keys, *self.carry)
        for name in (self.usage, self.prefix, *columns):
            if not _NAME.match(name) or name in _RESERVED or name.startswith("engine_"):
                raise EngineError("RATE-110", f"“{name}” cannot be used as a name here. Rename it.")
        if len(set(columns)) != len(columns) or "rate_version" not in self.keys:
            raise EngineError(
                "RATE-110", "Key columns are listed once each, rate_version among them."
            )
        if self.tiers < 1:
            raise EngineError("RATE-110", "A price has at least one tier.")

    @property
    def origins(self) -> str:
        """The table of origins: keys, source and carried columns, numbered in their order."""
        return f"{self.prefix}origins"

    @property
    def prices(self) -> str:
        """The table of prices, one wide row for each rate version."""
        return f"{self.prefix}prices"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a rated fact, in order."""
        return (
            *self.keys,
            *self.carry,
            *("source", "fact_id", "from_time", "quantity", "quantity_before", "amount"),
        )


def origins_sql(plan: RatingPlan) -> str:
    """Every combination of keys, source and carried columns, with its group and source numbers.

    One small row stands for them all while facts are sorted.
    """
    shared = ", ".join((*plan.keys, "source", *plan.carry))
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
    total, whole, part = f"engine_{end}", f"engine_{end}_whole", f"engine_{end}_part"
    cases = [f"WHEN {first} THEN CAST(0 AS DECIMAL(31,9))"] if first else []
    cases += [
        f"WHEN {total} > bound_{k} THEN CAST({_tier(k, whole, part)} AS DECIMAL(31,9))"
        for k in range(plan.tiers - 1, 0, -1)
    ]
    last = f"CAST({_tier(0, whole, part)} AS DECIMAL(31,9))"
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else last


def rated_sql(plan: RatingPlan) -> str:
    """Every fact with the quantity before it and its amount, ordered by keys, time, source, id."""
    shared = ", ".join((*plan.keys, "source", *plan.carry))
    same = " AND ".join(
        [f"facts.{name} = known.{name}" for name in (*plan.keys, "source")]
        + [f"facts.{name} IS NOT DISTINCT FROM known.{name}" for name in plan.carry]
    )
    order = "PARTITION BY engine_group ORDER BY from_time, engine_source, fact_id"
    return f"""
WITH numbered AS (
  SELECT engine_origin, engine_group, engine_source, from_time, fact_id,
    CAST(quantity AS DECIMAL(18,6)) AS quantity
  FROM {plan.usage} AS facts
  JOIN {plan.origins} AS known ON {same}
), running AS (
  SELECT engine_origin, engine_group, from_time, fact_id, quantity,
    sum(quantity) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS engine_prior,
    row_number() OVER ({order}) AS engine_place
  FROM numbered
), totals AS (
  SELECT running.engine_group, engine_place, fact_id, from_time, quantity, {shared},
    engine_prior IS NULL AS engine_first,
    CAST(coalesce(engine_prior, 0) AS DECIMAL(18,6)) AS engine_before,
    CAST(coalesce(engine_prior, 0) + quantity AS DECIMAL(18,6)) AS engine_after
  FROM running
  JOIN {plan.origins} AS known ON running.engine_origin = known.engine_origin
), wholes AS (
  SELECT totals.*, CAST(floor(engine_before) AS DECIMAL(18,0)) AS engine_before_whole,
    CAST(floor(engine_after) AS DECIMAL(18,0)) AS engine_after_whole
  FROM totals
), split AS (
  SELECT wholes.*, CAST(engine_before - engine_before_whole AS DECIMAL(6,6)) AS engine_before_part,
    CAST(engine_after - engine_after_whole AS DECIMAL(6,6)) AS engine_after_part
  FROM wholes
), priced AS (
  SELECT split.*, {_price(plan, "after")} AS engine_price_after,
    {_price(plan, "before", "engine_first")} AS engine_price_before
  FROM split
  JOIN {plan.prices} AS price ON split.rate_version = price.rate_version
)
SELECT {", ".join((*plan.keys, *plan.carry))}, source, fact_id, from_time, quantity,
  engine_before AS quantity_before,
  CAST(engine_price_after - engine_price_before AS DECIMAL(27,9)) AS amount
FROM priced
ORDER BY engine_group, engine_place
"""


def totals_sql(relation: str, keys: tuple[str, ...], measure: str) -> str:
    """A plain aggregate by group: the second path's only view of single facts."""
    columns = ", ".join(keys)
    return f"""
SELECT {columns}, count(*) AS facts, count({measure}) AS filled, sum({measure}) AS total
FROM {relation} AS whole
GROUP BY {columns}
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
