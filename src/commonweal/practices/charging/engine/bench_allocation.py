"""`bench_cents`, `bench_record`: allocation against plain baselines, measured in the same run.

`bench_cents`: exact cents by largest remainder of many rows, against the query that people write,
`ROUND` of each share, on the same rows. `bench_record`: the scenario that a vendor of cost
allocation publishes (75 s): 2,700 rules of which 1,800 are reciprocal, 1,050,000 transactions, with
the lineage of every cent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from .cents import pools_off, split_many
from .connection import open_connection
from .iterative import Network, resolve

TARGETS = 10_000
NAIVE = """CREATE OR REPLACE TABLE naive AS
SELECT r.pool, r.target, CAST(round(CAST(p.cents AS DOUBLE) * r.weight / s.w) AS BIGINT) AS cents
FROM rows r JOIN pools p USING (pool)
  JOIN (SELECT pool, sum(weight) AS w FROM rows GROUP BY pool) s USING (pool)"""


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bench_cents(rows: int = 10_000_000, targets: int = TARGETS, rounds: int = 3) -> dict[str, Any]:
    """Seconds of both, their ratio (at most 2 is asked for), and the pools that do not add up."""
    connection = open_connection(memory_limit="2GB")
    connection.execute(
        f"CREATE TABLE rows AS SELECT CAST(i // {targets} AS INTEGER) AS pool,"
        f" CAST(i % {targets} AS INTEGER) AS target, CAST(hash(i) % 1000000 + 1 AS BIGINT)"
        f" AS weight FROM range({rows}) r(i)"
    )
    connection.execute(
        "CREATE TABLE pools AS SELECT CAST(i AS INTEGER) AS pool,"
        f" CAST(hash(i * 7) % 100000000000 AS BIGINT) AS cents"
        f" FROM range({(rows + targets - 1) // targets}) r(i)"
    )
    naive, exact = [], []
    for _ in range(rounds):
        naive.append(_seconds(lambda: connection.execute(NAIVE)))
        exact.append(_seconds(lambda: split_many(connection, "rows", "pools", "split")))
    result = {
        "rows": rows,
        "naive_seconds": round(min(naive), 3),
        "exact_seconds": round(min(exact), 3),
        "ratio_to_naive": round(min(exact) / min(naive), 2),
        "pools_off": pools_off(connection, "pools", "split"),
        "pools_off_naive": pools_off(connection, "pools", "naive"),
    }
    print(json.dumps(result), file=sys.stderr)
    return result


def record_network(pools: int, circular: int, finals: int, seed: int = 15) -> Network:
    """Pools with twenty receivers each, six of them pools in the circle; the rest give forward."""
    draw = Random(seed)
    inner: list[list[tuple[int, int]]] = []
    outer: list[list[tuple[int, int]]] = []
    for pool in range(pools):
        others = draw.sample(range(circular), min(7, circular))
        mine = [other for other in others if other != pool][:6]
        inner.append([(other, draw.randint(1, 100)) for other in mine])
        ends = draw.sample(range(finals), min(14, finals))
        outer.append([(end, draw.randint(1, 100)) for end in ends])
    return Network(inner, outer, finals)


def bench_record(
    pools: int = 2_700, circular: int = 1_800, finals: int = 3_000, transactions: int = 1_050_000
) -> dict[str, Any]:
    """The published record's scenario; seconds of each step (10 in all are asked for).

    The lineage is the table of shares with each pool's cents by target, and each transaction's
    pool: from these any transaction's cents at any target are read, as one of them is here.
    """
    network = record_network(pools, circular, finals)
    connection = open_connection(memory_limit="2GB")
    connection.execute(
        f"CREATE TABLE entries AS SELECT i AS id, CAST(hash(i) % {pools} AS INTEGER) AS pool,"
        f" CAST(hash(i * 3) % 2000000 AS BIGINT) - 100000 AS cents FROM range({transactions}) r(i)"
    )
    started = time.perf_counter()
    shares, bound = resolve(network)
    solved = time.perf_counter()
    connection.execute(
        "CREATE TABLE pools AS SELECT pool, CAST(sum(cents) AS BIGINT) AS cents FROM entries"
        " GROUP BY pool"
    )
    ((largest,),) = connection.execute("SELECT max(abs(cents)) FROM pools").fetchall()
    # Shares keep as many bits as a product with the largest pool has room for in 63.
    room = int(shares.max()).bit_length() + int(largest).bit_length() - 62
    weights = shares >> max(room, 0)
    row, column = np.nonzero(weights)
    table = pa.table(
        {
            "pool": row.astype(np.int32),
            "target": column.astype(np.int32),
            "weight": weights[row, column],
        }
    )
    connection.register("lineage_rows", table)
    connection.execute("CREATE TABLE shares AS SELECT * FROM lineage_rows")
    split_many(connection, "shares", "pools", "lineage")
    cents = time.perf_counter()
    drill = _seconds(
        lambda: connection.execute(
            "SELECT l.target, l.cents FROM entries e JOIN lineage l USING (pool) WHERE e.id = 7"
        ).fetchall()
    )
    ((total, given),) = connection.execute(
        "SELECT (SELECT sum(cents) FROM entries), (SELECT sum(cents) FROM lineage)"
    ).fetchall()
    result = {
        "pools": pools,
        "circular": circular,
        "transactions": transactions,
        "lineage_rows": len(row),
        "solve_seconds": round(solved - started, 2),
        "cents_seconds": round(cents - solved, 2),
        "seconds": round(cents - started, 2),
        "drill_seconds": round(drill, 4),
        "share_bound": float(bound),
        "pools_off": pools_off(connection, "pools", "lineage"),
        "cents_lost": int(total - given),
    }
    print(json.dumps(result), file=sys.stderr)
    return result
