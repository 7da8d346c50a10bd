"""The benches of casework as the verb calls them: each in a process and a database of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import told
from .told import Rows

NAMES = ("what", "result", "unit", "target", "baseline")


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
    """Every list of cases, the counters and the search."""
    return rows_of(told.lists(measured("lists", folder, cases=cases)))


def bench_mails(folder: Path, mails: int) -> list[dict[str, str]]:
    """E-mails over LMTP into the database."""
    return rows_of(told.mails(measured("mails", folder, mails=mails)))


def bench_load(folder: Path, seconds: int) -> list[dict[str, str]]:
    """A mixed load against the real server."""
    return rows_of(told.load(measured("load", folder, seconds=seconds)))


def bench_thresholds(folder: Path, cases: int, seconds: int, kills: int) -> list[dict[str, str]]:
    """Levels on time, while workers are killed."""
    found = measured("thresholds", folder, cases=cases, seconds=seconds, kills=kills)
    return rows_of(told.thresholds(found))


def bench_apply(folder: Path, cases: int) -> list[dict[str, str]]:
    """A changed calendar on open cases."""
    return rows_of(told.apply(measured("apply", folder, cases=cases)))


def bench_history(folder: Path, cases: int) -> list[dict[str, str]]:
    """A history taken in from a file."""
    return rows_of(told.history(measured("history", folder, cases=cases)))
