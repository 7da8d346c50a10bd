"""How long the database takes for what is asked of it, and by which plans."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection

SLOW = 50.0
"""Milliseconds from which on a plan is shown."""
BIG = ("casework_case", "casework_caseword", "casework_contact", "casework_caseevent")


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds."""
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, int(len(ordered) * 0.95))
    return {"count": len(ordered), "p50": statistics.median(ordered) * 1000,
            "p95": ordered[place] * 1000, "max": ordered[-1] * 1000}  # fmt: skip


class Watch:
    """Times what a look asks the database, the way there and back included, and explains each
    statement once."""

    def __init__(self) -> None:
        self.scans: set[str] = set()
        self.seconds = 0.0
        self.seen: list[tuple[str, Any]] = []

    def _asked(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        answer = execute(sql, params, many, context)
        self.seconds += time.perf_counter() - began
        self.seen.append((sql, params))
        return answer

    def times(self, look: Callable[[], Any], name: str, repeats: int) -> list[float]:
        """Seconds in the database, each of a few times, after one that is not counted."""
        found = []
        for turn in range(repeats + 1):
            self.seconds, self.seen = 0.0, []
            with connection.execute_wrapper(self._asked):
                look()
            if turn:
                found.append(self.seconds)
        self._explain(name)
        if summary(found)["p50"] > SLOW:
            self._show(name)
        return found

    def _show(self, name: str) -> None:
        """How the database works on a slow one, for whoever mends it."""
        for sql, params in self.seen:
            if sql.lstrip().startswith(("SELECT", "WITH")):
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
                    plan = "\n".join(row[0] for row in cursor.fetchall())
                print(f"{name}\n{sql}\n{plan}\n", file=sys.stderr, flush=True)

    def _explain(self, name: str) -> None:
        """No plan may read all of a big table."""
        for sql, params in self.seen:
            if sql.lstrip().startswith(("SELECT", "WITH")):
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                    plan = cursor.fetchone()[0]
                whole = json.loads(plan) if isinstance(plan, str) else plan
                self.scans |= {f"{name}: {table}" for table in _scanned(whole[0]["Plan"])}


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in BIG:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)
