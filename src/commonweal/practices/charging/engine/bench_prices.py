"""`bench_prices`: every other price model, and fifty million facts under a memory cap.

The same usage as `bench_rating`, as the product keeps it: one file for each agency. Each kind of
price is rated agency by agency and written, and compared with the bare ordering and writing of the
same rows in the same run; a pool goes over all agencies in one statement, as it must, and is
compared with the bare query over all of them at once.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from .bench import bench_models, make_usage, order_and_write
from .connection import open_connection
from .models import PriceModel, Tiered
from .price import (
    at_cost,
    channel,
    flat,
    matrix,
    minimum,
    package,
    peak,
    per_unit,
    percentage,
    pooled,
    step,
    volume,
)
from .rating import prove_totals, rate_to_parquet
from .rating_sql import RatingPlan
from .shared_models import Cell

CAP_MB = 2_000
"""What the process may take of memory, all told; DuckDB's buffers get what Python leaves."""
BUFFERS_MB = 1_300
_SOURCES = tuple(f"source-{number}" for number in range(5))
DIMENSIONS = ("channel", "grade")


def _matrix(model: Tiered) -> PriceModel:
    cells = [Cell((source, grade), model) for source in _SOURCES for grade in ("a", "b")]
    return matrix(DIMENSIONS, cells, model)


def _kinds(model: Tiered) -> dict[str, PriceModel]:
    """One price of each kind, of the size of the graduated one."""
    rate = model.tiers[0].rate
    return {
        "graduated": model,
        "flat": flat(rate),
        "per_unit": per_unit(rate),
        "volume": volume(model.tiers),
        "package": package(Decimal(100), rate),
        "step": step(Decimal(500), rate, Decimal(100_000)),
        "minimum": minimum(Decimal(100), model),
        "percentage": percentage(Decimal("2.5"), Decimal(10), Decimal(1000)),
        "at_cost": at_cost(Decimal("2.5"), Decimal(1000)),
        "peak": peak(model),
        "channel": channel({source: model for source in _SOURCES[1:]}, model),
        "matrix": _matrix(model),
        "pooled": pooled(model),
    }


KINDS = tuple(_kinds(next(iter(bench_models().values()))))


def models_of(kind: str) -> Mapping[str, PriceModel]:
    """The bench's rate versions, priced by a kind."""
    return {version: _kinds(model)[kind] for version, model in bench_models().items()}


def _plan(kind: str) -> RatingPlan:
    wanted = {"channel": DIMENSIONS[:1], "matrix": DIMENSIONS}.get(kind, ())
    return RatingPlan(dimensions=wanted)


def _view(connection: Any, files: Path, kind: str) -> None:
    """The usage; a matrix looks at the source and at a grade drawn from the record's id."""
    extra = "".join(
        f", {text} AS dimension_{name}"
        for name, text in (("channel", "source"), ("grade", "chr(97 + ascii(fact_id[-1]) % 2)"))
        if name in _plan(kind).dimensions
    )
    connection.execute(
        f"CREATE OR REPLACE VIEW usage AS SELECT *{extra} FROM read_parquet('{files}')"
    )


def _parts(folder: Path, kind: str) -> list[Path]:
    """Agency by agency; a pool, and its own bare query, over all at once."""
    every = sorted(folder.glob("usage-*.parquet"))
    return [folder / "usage-*.parquet"] if kind in ("pooled", "bare_at_once") else every


def rate_kind(folder: Path, kind: str, prove: bool) -> None:
    """Rate and write the whole usage by a kind of price, or only order and write it."""
    connection = open_connection(memory_limit=f"{BUFFERS_MB}MB", spill=folder / "spill")
    for files in _parts(folder, kind):
        _view(connection, files, kind)
        out = folder / files.name.replace("usage", "out").replace("*", "all")
        if kind.startswith("bare"):
            connection.execute(order_and_write(out))
            continue
        plan, models = _plan(kind), models_of(kind)
        rate_to_parquet(connection, plan, models, out)
        if prove:
            wrong = prove_totals(connection, "usage", out, models, dimensions=plan.dimensions)
            if wrong:
                raise SystemExit(f"{kind}: {len(wrong)} groups differ")
    connection.close()
    for path in folder.glob("out-*.parquet"):
        path.unlink()


def _measure(folder: Path, kind: str, prove: bool = False) -> dict[str, Any]:
    """Run in a fresh process; its seconds (after imports) and peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, kind, str(folder), "prove" if prove else ""],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def bench_prices(
    n_facts: int = 10_000_000,
    folder: Path | None = None,
    rounds: int = 2,
    kinds: Sequence[str] = KINDS,
) -> dict[str, Any]:
    """Every price model on `n_facts`, written: seconds, ratio to the bare query, peak memory (MB).

    Every ratio should be at most 3 (graduated 1.5). Of `rounds` interleaved rounds the best time
    of each counts.
    """
    seconds: dict[str, float] = {}
    peak_mb: dict[str, int] = {}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        make_usage(n_facts, place)
        for _ in range(rounds):
            for kind in ("bare", "bare_at_once", *kinds):
                run = _measure(place, kind)
                seconds[kind] = min(run["seconds"], seconds.get(kind, run["seconds"]))
                peak_mb[kind] = max(run["peak_mb"], peak_mb.get(kind, 0))
    rows = {}
    for kind in kinds:
        bare = seconds["bare_at_once" if kind == "pooled" else "bare"]
        rows[kind] = {
            "seconds": seconds[kind],
            "ratio_to_bare": round(seconds[kind] / bare, 2),
            "peak_mb": peak_mb[kind],
        }
    result = {
        "facts": n_facts,
        "bare_seconds": seconds["bare"],
        "bare_at_once_seconds": seconds["bare_at_once"],
        "models": rows,
    }
    print(json.dumps(result), file=sys.stderr)
    return result


def bench_capped(n_facts: int = 50_000_000, folder: Path | None = None) -> dict[str, Any]:
    """Graduated tiers on `n_facts`, written and proved by the second path in a process whose memory
    is capped at 2 GB (`CAP_MB`); the bare query under the same cap."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        make_usage(n_facts, place)
        bare = _measure(place, "bare")
        kernel = _measure(place, "graduated")
        proved = _measure(place, "graduated", prove=True)
    result = {
        "facts": n_facts,
        "cap_mb": CAP_MB,
        "seconds": kernel["seconds"],
        "seconds_with_proof": proved["seconds"],
        "bare_seconds": bare["seconds"],
        "ratio_to_bare": round(kernel["seconds"] / bare["seconds"], 2),
        "peak_mb": max(kernel["peak_mb"], proved["peak_mb"]),
        "within_cap": max(kernel["peak_mb"], proved["peak_mb"]) <= CAP_MB,
    }
    print(json.dumps(result), file=sys.stderr)
    return result


def _main(kind: str, folder: Path, prove: bool) -> None:
    open_connection().close()  # the self-test runs once a process, not once a rating
    started = time.perf_counter()
    rate_kind(folder, kind, prove)
    seconds = round(time.perf_counter() - started, 3)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb}))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "prove")
