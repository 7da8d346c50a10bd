"""Many pools' cents over many targets at once, by largest remainder, in DuckDB.

The same split as the money room's `largest_remainder`, exact in whole numbers: floor and remainder
of cents · weight ÷ sum, then one cent each to the largest remainders, ties to the smaller target.
No pool is sorted whole: remainders are counted in 256 steps of their size, so that only the step in
which the last cent falls is put in order. `HUGEINT` holds any product of 63-bit numbers; where the
largest product fits 63 bits, `BIGINT` gives the same thirty times faster.
"""

from __future__ import annotations

from typing import Any

STEPS = 256
NARROW = 2**63 - 1


def split_many(connection: Any, rows: str, pools: str, out: str) -> int:
    """Split each pool's `cents` over its rows by `weight` into the table `out`; how many rows.

    `rows`: pool, target, weight (BIGINT, zero or more; not all zero in a pool); `pools`: pool,
    cents (BIGINT, any sign). Every pool of `rows` is in `pools`, and each (pool, target) once.
    """
    ((weight, together, cents),) = connection.execute(
        f"SELECT (SELECT max(weight) FROM {rows}), (SELECT sum(weight) FROM {rows}),"
        f" (SELECT max(abs(CAST(cents AS HUGEINT))) FROM {pools})"
    ).fetchall()
    most = max(int(weight or 0) * int(cents or 0), int(together or 0) * STEPS)
    kind = "BIGINT" if most <= NARROW else "HUGEINT"
    for statement in _statements(rows, pools, out, kind):
        connection.execute(statement)
    return int(connection.execute(f"SELECT count(*) FROM {out}").fetchall()[0][0])


def _statements(rows: str, pools: str, out: str, kind: str) -> list[str]:
    """The split in steps; each table is read once or twice, and none is sorted whole."""
    return [
        f"""CREATE OR REPLACE TEMP TABLE cents_whole AS
SELECT s.pool, CAST(s.w AS {kind}) AS w, CAST(abs(p.cents) AS {kind}) AS size,
  CAST(sign(p.cents) AS BIGINT) AS side
FROM (SELECT pool, sum(weight) AS w FROM {rows} GROUP BY pool) s JOIN {pools} p USING (pool)""",
        f"""CREATE OR REPLACE TEMP TABLE cents_parts AS
SELECT pool, target, CAST(base AS BIGINT) AS base, rest,
  CAST(rest * {STEPS} // w AS USMALLINT) AS step
FROM (SELECT pool, target, w, base, product - base * w AS rest
  FROM (SELECT pool, target, w, product, product // w AS base
    FROM (SELECT r.pool, r.target, w.w, r.weight * w.size AS product
      FROM {rows} r JOIN cents_whole w USING (pool))))""",
        """CREATE OR REPLACE TEMP TABLE cents_cut AS
WITH counted AS (
  SELECT pool, step, count(*) AS n, sum(base) AS base FROM cents_parts GROUP BY pool, step
), ranked AS (
  SELECT c.pool, c.step, w.side, c.n,
    CAST(w.size AS HUGEINT) - sum(c.base) OVER (PARTITION BY c.pool) AS missing,
    sum(c.n) OVER (PARTITION BY c.pool ORDER BY c.step DESC) AS upto
  FROM counted c JOIN cents_whole w USING (pool)
)
SELECT pool, any_value(side) AS side,
  coalesce(max(step) FILTER (WHERE upto >= missing), 0) AS step,
  coalesce(min(missing - (upto - n)) FILTER (WHERE upto >= missing AND upto - n < missing), 0)
    AS needed
FROM ranked GROUP BY pool""",
        f"""CREATE OR REPLACE TABLE {out} AS
SELECT f.pool, f.target, c.side * (f.base + CAST(f.step > c.step AS BIGINT)) AS cents
FROM cents_parts f JOIN cents_cut c ON f.pool = c.pool AND f.step <> c.step
UNION ALL
SELECT f.pool, f.target, c.side * (f.base + CAST(row_number() OVER (
    PARTITION BY f.pool ORDER BY f.rest DESC, f.target) <= c.needed AS BIGINT))
FROM cents_parts f JOIN cents_cut c ON f.pool = c.pool AND f.step = c.step""",
    ]


def pools_off(connection: Any, pools: str, out: str) -> int:
    """How many pools' parts do not add up to the pool: the second, plain query."""
    found = connection.execute(
        f"SELECT count(*) FROM (SELECT pool, sum(cents) AS given FROM {out} GROUP BY pool) g"
        f" JOIN {pools} p USING (pool) WHERE g.given <> p.cents"
    ).fetchall()
    return int(found[0][0])
