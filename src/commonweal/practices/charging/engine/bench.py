"""`bench_rating`: the kernel against a bare query and a plain Python loop, in the same run.

Usage lies as the product keeps it: one Parquet file for each agency and period (design law 9); the
kernel rates agency by agency and writes a file for each. The bare query orders the same rows by the
same columns and writes them with the same options (its amount is one product); it prices nothing.
The loop does the same job in plain Python: reads, sorts, prices with Decimal, writes CSV. Each
variant runs in its own process with the same threads and memory limit; peak memory is its own.
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from .connection import open_connection
from .models import Tier, Tiered
from .price import graduated
from .rating import PARQUET_OPTIONS, prove_totals, rate_to_parquet
from .rating_sql import RatingPlan

AGENCIES = 12
ITEMS = 25
LOOP_FACTS = 1_000_000
_ORDER = "agency_id, charge_item, rate_version, from_time, source, fact_id"
_ID = "CAST('00000000-0000-7000-8000-' || lpad(CAST({} AS VARCHAR), 12, '0') AS UUID)"


def bench_models() -> dict[str, Tiered]:
    """Three graduated tiers for each item, with rates of nine decimals."""
    models = {}
    for item in range(ITEMS):
        top = Decimal(item % 7) + Decimal("1.25")
        tiers = (
            Tier(Decimal(0), Decimal(10_000), top),
            Tier(Decimal(10_000), Decimal(40_000), top - Decimal("0.123456789")),
            Tier(Decimal(40_000), None, top - Decimal("0.223456789")),
        )
        models[f"00000000-0000-7000-8000-{1000 + item:012d}"] = graduated(tiers)
    return models


def make_usage(facts: int, folder: Path) -> None:
    """Scattered, reproducible usage: `usage-NN.parquet` for each agency."""
    connection = open_connection(spill=folder / "spill")
    for agency in range(AGENCIES):
        rows = facts // AGENCIES + (agency < facts % AGENCIES)
        connection.execute(
            f"""COPY (
            SELECT {_ID.format(agency)} AS agency_id,
              'item-' || lpad(CAST(item AS VARCHAR), 3, '0') AS charge_item,
              {_ID.format("1000 + item")} AS rate_version,
              {_ID.format(f"5000 + {agency} * 25 + item")} AS order_line,
              'source-' || CAST(h % 5 AS VARCHAR) AS source,
              'f-' || lpad(CAST(i AS VARCHAR), 10, '0') AS fact_id,
              TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_seconds((h // 1000) % 2678400)
                AS from_time,
              CAST(CAST((h // 7919) % 100000 + 1 AS DECIMAL(18,3)) * CAST(0.001 AS DECIMAL(4,3))
                AS DECIMAL(18,6)) AS quantity
            FROM (
              SELECT i, h, CAST((h // 100003) % {ITEMS} AS INTEGER) AS item
              FROM (SELECT i, CAST(hash(i * {AGENCIES} + {agency}) % 9000000000000000 AS BIGINT)
                AS h FROM range({rows}) AS r(i)) AS hashed
            ) AS drawn
            ) TO '{folder / f"usage-{agency:02d}.parquet"}' (FORMAT parquet)"""
        )
    connection.close()


def _connection(folder: Path, files: str = "usage-*.parquet") -> Any:
    connection = open_connection(spill=folder / "spill")
    _view(connection, folder / files)
    return connection


def _view(connection: Any, files: Path) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW usage AS SELECT * FROM read_parquet('{files}')")


def _bare_sql(out: Path) -> str:
    return (
        "COPY (SELECT *, CAST(quantity * CAST(1.234567891 AS DECIMAL(18,9)) AS DECIMAL(27,9))"
        f" AS amount FROM usage ORDER BY {_ORDER}) TO '{out}' ({PARQUET_OPTIONS})"
    )


def _bare(folder: Path) -> None:
    _connection(folder).execute(_bare_sql(folder / "bare.parquet"))


def _bare_by_agency(folder: Path) -> None:
    connection = _connection(folder)
    for usage in sorted(folder.glob("usage-*.parquet")):
        _view(connection, usage)
        connection.execute(_bare_sql(folder / usage.name.replace("usage", "bare")))


def _kernel(folder: Path) -> None:
    connection = _connection(folder)
    models = bench_models()
    for usage in sorted(folder.glob("usage-*.parquet")):
        _view(connection, usage)
        out = folder / usage.name.replace("usage", "rated")
        rate_to_parquet(connection, RatingPlan(), models, out)


def _proof(folder: Path) -> None:
    connection = _connection(folder)
    models = bench_models()
    differences = prove_totals(connection, "usage", folder / "rated-*.parquet", models)
    if differences:
        raise SystemExit(f"{len(differences)} groups differ")


def _loop(folder: Path) -> None:
    """The loop a careful person writes; on at most a million facts, of the first agencies."""
    nine = Decimal("0.000000001")
    models = bench_models()
    rows = (
        _connection(folder)
        .execute(
            "SELECT agency_id, charge_item, rate_version, epoch_us(from_time), source, fact_id,"
            f" quantity, order_line FROM usage LIMIT {LOOP_FACTS}"
        )
        .fetchall()
    )
    rows.sort()
    sorted_at = time.perf_counter()
    running: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {}
    rated = []
    for row in rows:
        key = row[:3]
        quantity, before = running.get(key, (Decimal(0), Decimal(0)))
        quantity += row[6]
        after = Decimal(0)
        for tier in models[str(row[2])].tiers:
            if quantity <= tier.lo:
                break
            top = quantity if tier.hi is None else min(quantity, tier.hi)
            after += (top - tier.lo) * tier.rate
        after = after.quantize(nine, ROUND_HALF_UP)
        rated.append((*row, quantity, after - before))
        running[key] = (quantity, after)
    priced_at = time.perf_counter()
    with (folder / "loop.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rated)
    elapsed = f"{priced_at - sorted_at:.6f}"
    (folder / "loop.json").write_text(json.dumps([len(rows), elapsed]))


VARIANTS: dict[str, Callable[[Path], None]] = {
    "bare": _bare,
    "bare_by_agency": _bare_by_agency,
    "kernel": _kernel,
    "proof": _proof,
    "loop": _loop,
}


def _measure(variant: str, folder: Path) -> dict[str, Any]:
    """Run a variant in a fresh process; its seconds (after imports) and peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, variant, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _keep_best(runs: dict[str, dict[str, Any]], variant: str, run: dict[str, Any]) -> None:
    best = runs.setdefault(variant, run)
    best["seconds"] = min(best["seconds"], run["seconds"])
    best["peak_mb"] = max(best["peak_mb"], run["peak_mb"])


def bench_rating(
    n_facts: int = 10_000_000, folder: Path | None = None, rounds: int = 2
) -> dict[str, Any]:
    """Measure all variants on `n_facts`; seconds, ratios and peak memory (MB), printed too.

    `ratio_to_bare` should be at most 1.5, `times_faster_than_loop` at least 15, `peak_mb` at most
    1,000. Of `rounds` interleaved rounds the best time of each variant counts, so that other work
    on the machine disturbs less. The loop runs once, on at most a million facts, and is scaled up;
    `loop_pricing_only` leaves its reading, sorting and writing out.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        make_usage(n_facts, place)
        runs: dict[str, dict[str, Any]] = {}
        for _ in range(rounds):
            for variant in VARIANTS:
                if variant != "loop" or variant not in runs:
                    _keep_best(runs, variant, _measure(variant, place))
        rows, pricing = json.loads((place / "loop.json").read_text())
    seconds = {variant: run["seconds"] for variant, run in runs.items()}
    loop = seconds["loop"] * n_facts / rows
    kernel = seconds["kernel"]
    result = {
        "facts": n_facts,
        "bare_seconds": seconds["bare"],
        "bare_by_agency_seconds": seconds["bare_by_agency"],
        "kernel_seconds": kernel,
        "proof_seconds": seconds["proof"],
        "loop_seconds_scaled": round(loop, 2),
        "loop_pricing_only_seconds_scaled": round(float(pricing) * n_facts / rows, 2),
        "ratio_to_bare": round(kernel / seconds["bare"], 2),
        "ratio_to_bare_by_agency": round(kernel / seconds["bare_by_agency"], 2),
        "times_faster_than_loop": round(loop / kernel, 1),
        "peak_mb": runs["kernel"]["peak_mb"],
        "bare_peak_mb": runs["bare"]["peak_mb"],
    }
    print(json.dumps(result), file=sys.stderr)
    return result


def _main(variant: str, folder: Path) -> None:
    open_connection().close()  # the self-test runs once a process, not once a rating
    started = time.perf_counter()
    VARIANTS[variant](folder)
    seconds = round(time.perf_counter() - started, 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
