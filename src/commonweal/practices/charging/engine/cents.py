"""Many pools' cents over many targets at once, by largest remainder, in DuckDB.

The same split as the money room's `largest_remainder`, exact in whole numbers: floor and remainder
of cents · weight ÷ sum, then one cent each to the largest remainders, ties to the smaller target.

No row's remainder is written down and no pool is sorted. The smallest remainder t that still has a
cent says it all: a row's part with its cent is ⌊(cents · weight + sum − t) ÷ sum⌋, one division.
How far these add up from the pool, with half the sum for t, says near which remainder t lies where
remainders are spread evenly. The rows in a window there are gathered and put in order, and their
number proves the window or refutes it. Where it is refuted, all remainders of the pool are counted
by their leading bits, which says in which step t lies for certain. `HUGEINT` holds any product of
63-bit numbers; where the largest fits 63 bits, `BIGINT` gives the same thirty times faster.
"""

from __future__ import annotations

from typing import Any

BITS = 7
"""A pool's remainders are counted in at most 2⁷ steps: a step is one of their leading bits' values.
Any number gives the same cents; with this one, counting and gathering take the least together."""
SPARE = 4
"""How many square roots of the rows expected in a window it is made wider; any number is exact."""
NARROW = 2**63 - 1


def split_many(connection: Any, rows: str, pools: str, out: str) -> int:
    """Split each pool's `cents` over its rows by `weight` into the table `out`; how many rows.

    `rows`: pool, target, weight (BIGINT, zero or more; not all zero in a pool); `pools`: pool,
    cents (BIGINT, any sign). Every pool of `rows` is in `pools`, and each (pool, target) once.
    """
    connection.execute(_whole(rows, pools))
    kind = _kind(connection)
    for statement in (_sizes(kind), _halves(rows), _guesses(kind), _near(rows), EDGES):
        connection.execute(statement)
    if _number(connection, f"SELECT count(*) {OPEN}"):
        for statement in (_steps(rows), _windows(kind), _near(rows), f"INSERT INTO {FOUND}"):
            connection.execute(statement)
    tied = _number(connection, "SELECT count(*) FROM cents_edge WHERE tied")
    connection.execute(_parts(rows, out, tied=tied > 0))
    return _number(connection, f"SELECT count(*) FROM {out}")


def _number(connection: Any, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _kind(connection: Any) -> str:
    """The narrowest type in which cents · weight + sum fits for every row."""
    most = _number(
        connection,
        "SELECT coalesce(max(most), 0) * coalesce(max(abs(cents)), 0) + coalesce(max(w), 0)"
        " FROM cents_whole",
    )
    return "BIGINT" if most <= NARROW else "HUGEINT"


def _whole(rows: str, pools: str) -> str:
    """Each pool's rows, sum and largest of weights, and its cents."""
    return f"""CREATE OR REPLACE TEMP TABLE cents_whole AS
SELECT s.pool, s.n, s.w, CAST(s.most AS HUGEINT) AS most, CAST(p.cents AS HUGEINT) AS cents
FROM (SELECT pool, count(*) AS n, sum(weight) AS w, max(weight) AS most FROM {rows} GROUP BY pool) s
JOIN {pools} p USING (pool)"""


def _sizes(kind: str) -> str:
    """The same in the type to reckon with; `fine`: how many bits of a remainder are left out.

    The logarithm may be off in its last place; then there are twice or half as many steps.
    """
    return f"""CREATE OR REPLACE TEMP TABLE cents_size AS
SELECT pool, n, CAST(w AS {kind}) AS w, CAST(abs(cents) AS {kind}) AS size,
  CAST(sign(cents) AS BIGINT) AS side,
  CAST(greatest(ceil(log2(CAST(w AS DOUBLE))) - {BITS}, 0) AS {kind}) AS fine
FROM cents_whole"""


def _halves(rows: str) -> str:
    """How many cents each pool gives if remainders from a half on have one."""
    return f"""CREATE OR REPLACE TEMP TABLE cents_half AS
SELECT pool, sum((product + w // 2) // w) AS given
FROM (SELECT r.pool, r.weight * s.size AS product, s.w
  FROM {rows} r JOIN cents_size s USING (pool))
GROUP BY pool"""


def _guesses(kind: str) -> str:
    """A window below the half where cents are left, above it where too many are given: `count` of
    its rows have a cent, or (`from_end`) have none."""
    return f"""CREATE OR REPLACE TEMP TABLE cents_window AS
WITH off AS (
  SELECT s.pool, s.w, s.size, s.n, s.w - s.w // 2 AS half,
    CAST(s.size - h.given AS BIGINT) AS left_over
  FROM cents_half h JOIN cents_size s USING (pool)
), sized AS (
  SELECT *, CAST(CAST(w AS DOUBLE) * least(0.75,
    (abs(left_over) + {SPARE} * sqrt(abs(left_over)) + 2 * {SPARE}) / n) AS {kind}) + 1 AS broad
  FROM off
)
SELECT pool, w, size, left_over < 0 AS from_end, abs(left_over) AS count,
  CASE WHEN left_over < 0 THEN w - half ELSE w - half + least(broad, half) END AS turn,
  CASE WHEN left_over < 0 THEN least(broad, w - half) ELSE least(broad, half) END AS wide
FROM sized"""


def _steps(rows: str) -> str:
    """How many remainders of each pool that is still open are in each step, and their sum."""
    return f"""CREATE OR REPLACE TEMP TABLE cents_steps AS
SELECT pool, step, count(*) AS n, sum(rest) AS rest
FROM (SELECT pool, rest, CAST(rest >> fine AS USMALLINT) AS step
  FROM (SELECT r.pool, (r.weight * s.size) % s.w AS rest, s.fine
    FROM {rows} r JOIN (SELECT s.* {OPEN}) s USING (pool)))
GROUP BY pool, step"""


def _windows(kind: str) -> str:
    """The step in which the last cent falls. A pool whose floors add up has its end: no remainder
    is as large as the sum."""
    return f"""CREATE OR REPLACE TEMP TABLE cents_window AS
WITH ranked AS (
  SELECT c.pool, c.step, c.n, s.w, s.size, s.fine,
    sum(c.rest) OVER (PARTITION BY c.pool) // s.w AS missing,
    sum(c.n) OVER (PARTITION BY c.pool ORDER BY c.step DESC) AS upto
  FROM cents_steps c JOIN cents_size s USING (pool)
), found AS (
  SELECT pool, w, size, CAST(missing - (upto - n) AS BIGINT) AS count,
    CAST(step AS {kind}) << fine AS lo, CAST(1 AS {kind}) << fine AS wide
  FROM ranked WHERE upto >= greatest(missing, 1) AND upto - n < greatest(missing, 1)
)
SELECT pool, w, size, false AS from_end, count, w - lo AS turn, least(wide, w - lo) AS wide
FROM found"""


def _near(rows: str) -> str:
    """The rows of each window in the order of their cents: how far above its start (negated, so
    that the largest is first), then the target. A window begins at the sum − `turn`.

    Gathered as lists: as a condition on rows, the same is a join's, and takes half as long again.
    """
    return f"""CREATE OR REPLACE TEMP TABLE cents_near AS
SELECT pool, coalesce(list_sort(list(struct_pack(below := -over, target := target))
  FILTER (over < wide)), []) AS near
FROM (SELECT r.pool, r.target, v.wide, (r.weight * v.size + v.turn) % v.w AS over
  FROM {rows} r JOIN cents_window v USING (pool))
GROUP BY pool"""


OPEN = "FROM cents_size s ANTI JOIN cents_edge e USING (pool)"
FOUND = """cents_edge
SELECT s.pool, s.w, s.size, s.side, tied, near[needed].target AS last,
  CASE WHEN needed = 0 THEN turn - wide ELSE turn + near[needed].below - CAST(tied AS BIGINT) END
    AS more
FROM (SELECT *, coalesce(near[needed].below = near[needed + 1].below, false) AS tied
  FROM (SELECT v.*, n.near, CASE WHEN from_end THEN len(near) - count ELSE count END AS needed
    FROM cents_near n JOIN cents_window v USING (pool))
  WHERE needed BETWEEN 0 AND len(near)) f JOIN cents_size s USING (pool)"""
EDGES = "CREATE OR REPLACE TEMP TABLE " + FOUND.replace("cents_edge", "cents_edge AS", 1)
"""What to add before the division (`more`: sum − t), of the pools whose window held t. Where rows
beyond the last with a cent have the same remainder (`tied`), one less, and those up to the target
`last` have theirs besides."""


def _parts(rows: str, out: str, *, tied: bool) -> str:
    """Every row's cents; a second look at the remainders of the few pools that need it."""
    above = "r.weight * e.size + e.more"
    cent = f"CAST(r.target <= e.last AND ({above}) % e.w = e.w - 1 AS BIGINT)"
    made = f"CREATE OR REPLACE TABLE {out} AS {_given(rows, f'({above}) // e.w', 'NOT e.tied')}"
    if tied:
        made += f" UNION ALL {_given(rows, f'(({above}) // e.w + {cent})', 'e.tied')}"
    return made


def _given(rows: str, part: str, which: str) -> str:
    return f"""
SELECT r.pool, r.target, CAST(e.side * ({part}) AS BIGINT) AS cents
FROM {rows} r JOIN (FROM cents_edge e WHERE {which}) e USING (pool)"""


def pools_off(connection: Any, pools: str, out: str) -> int:
    """How many pools' parts do not add up to the pool: the second, plain query."""
    found = connection.execute(
        f"SELECT count(*) FROM (SELECT pool, sum(cents) AS given FROM {out} GROUP BY pool) g"
        f" JOIN {pools} p USING (pool) WHERE g.given <> p.cents"
    ).fetchall()
    return int(found[0][0])
