"""The benches of casework as the verb calls them: each in a process and a database of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

NAMES = ("what", "result", "unit", "target", "baseline")
Rows = list[tuple[str, str, str, str, str]]


def rows_of(found: Rows) -> list[dict[str, str]]:
    """Rows of the bench's table."""
    return [dict(zip(NAMES, row, strict=True)) for row in found]


def measured(part: str, folder: Path, **given: int) -> dict[str, Any]:
    """What one part measures in a process and a database of its own, which is deleted then."""
    from commonweal.ops.localdb import discard_database

    folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{part}-", dir=folder))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "commonweal.ops.bench.cases.child", str(place / "data"), part,
             json.dumps(given)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
    finally:
        discard_database(place / "data")
        shutil.rmtree(place, ignore_errors=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def bench_lists(folder: Path, cases: int) -> list[dict[str, str]]:
    """Rows for the bench's table."""
    return rows_of(lists_told(measured("lists", folder, cases=cases)))


def lists_told(found: dict[str, Any]) -> Rows:
    """What was measured as rows."""
    made = f"{found['cases']:,} cases"
    lists, base = found["lists"], f"a bare SELECT of a case by its key {found['bare']:.2f} ms"
    worst = lists["worst"]
    search, counters = found["search"], found["counters"]
    rows: Rows = [
        (f"{made}: {lists['count']} lists (filters, orders, first, next and deep pages), in the "
         "database, p95", f"{lists['p95']:.1f}", "ms", "≤ 50",
         f"p50 {lists['p50']:.1f}; worst {worst[0]}: {worst[1]:.1f} ms; {base}"),
        ("lists with a p95 above 50 ms", str(len(lists["slow"])), "lists", "0",
         "; ".join(lists["slow"][:4])),
        ("plans that read all cases (Seq Scan)", str(len(found["scans"])), "plans", "0",
         "; ".join(found["scans"][:3])),
        (f"counters, {counters['count']} looks, {counters['rows']} rows kept, p95",
         f"{counters['p95']:.1f}", "ms", "≤ 20", f"p50 {counters['p50']:.1f}"),
        (f"search by words, {search['words']:,} words kept, {search['count']} searches, p95",
         f"{search['p95']:.1f}", "ms", "≤ 300",
         f"p50 {search['p50']:.1f}; worst {search['worst'][0]}: {search['worst'][1]:.1f} ms"),
    ]  # fmt: skip
    rows += [
        (f"whole page {name}, p95", f"{took['p95']:.0f}", "ms", "≤ 200", f"p50 {took['p50']:.0f}")
        for name, took in found["pages"].items()
    ]
    rows.append(("making them", f"{found['rows_seconds']:.0f}", "s", "none",
                 f"and indexes {found['index_seconds']:.0f} s"))  # fmt: skip
    return rows
