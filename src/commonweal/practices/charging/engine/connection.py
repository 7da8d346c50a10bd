"""A DuckDB connection that may price: bounded, in UTC, and self-tested."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from .errors import EngineDefect
from .rating_sql import self_test_sql

# Ordered window sums were wrong from 1,041,747 rows on before DuckDB 2.0 (duckdb#24985).
SELF_TEST_ROWS = 1_060_000


def open_connection(
    *, memory_limit: str = "640MB", threads: int = 2, spill: Path | None = None
) -> Any:
    """An in-memory DuckDB with limits set; the self-test has passed in this process.

    `memory_limit` bounds DuckDB's buffers; larger work spills into the folder `spill`.
    """
    _tested(duckdb.__version__)
    return _connect(memory_limit, threads, spill)


def _connect(memory_limit: str, threads: int, spill: Path | None) -> Any:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET threads = {int(threads)}")
    connection.execute("SET memory_limit = ?", [memory_limit])
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET enable_progress_bar = false")
    if spill is not None:
        connection.execute("SET temp_directory = ?", [str(spill)])
    return connection


@cache
def _tested(version: str) -> None:
    """Once per process: the engine refuses to price on a database that fails its self-test."""
    with _connect("640MB", 2, None) as connection:
        self_test(connection, version)


def require_engine() -> str:
    """The version of the DuckDB that is installed, once it has passed the self-test (RATE-901).

    Server and workers call this before they begin: a centre that cannot price exactly does not
    start, instead of failing at the month's close.
    """
    _tested(duckdb.__version__)
    return str(duckdb.__version__)


def self_test(connection: Any, version: str, rows: int = SELF_TEST_ROWS) -> None:
    """Ordered window sums, rounding half away from zero, floor, and 128-bit products are exact."""
    wrong = connection.execute(self_test_sql(rows)).fetchone()[0]
    probes = connection.execute(
        "SELECT CAST(CAST(0.0000000005 AS DECIMAL(15,15)) AS DECIMAL(10,9)),"
        " CAST(CAST(0.000000000499999 AS DECIMAL(15,15)) AS DECIMAL(10,9)),"
        " floor(CAST(999999999999.999999 AS DECIMAL(18,6))),"
        " CAST(CAST(999999999999 AS DECIMAL(19,0))"
        " * CAST(0.000000001 AS DECIMAL(18,9)) AS DECIMAL(31,9))"
    ).fetchone()
    found = [f"{value:f}" for value in probes]
    expected = ["0.000000001", "0.000000000", "999999999999", "999.999999999"]
    if wrong or found != expected:
        raise EngineDefect(
            "RATE-901",
            f"DuckDB {version} fails the engine's self-test ({wrong} wrong window sums, probes"
            f" {found}). Nothing can be rated with it: install DuckDB 2.0 or later.",
        )
