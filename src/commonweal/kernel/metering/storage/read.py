"""Reading sealed facts from Parquet; paths come from manifest rows only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from ..domain import UsageError
from ..models import Partition
from .files import absolute


def _open() -> Any:
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    return base


def places(partitions: Iterable[Partition]) -> list[str]:
    """The files of manifest rows; a missing one is an error, never an empty answer (law 6)."""
    found = []
    for partition in partitions:
        place = absolute(partition.path)
        if not place.is_file():
            raise UsageError(
                "USAGE-303", f"The file {partition.path} is missing. Restore it from the backup."
            )
        found.append(str(place))
    return found


def query_columns(
    partitions: Sequence[Partition], columns: str, rest: str, values: Sequence[Any]
) -> list[Any]:
    """Rows of `SELECT <columns> FROM files <rest>`; no files, no rows."""
    if not partitions:
        return []
    base = _open()
    try:
        return list(
            base.execute(
                f"SELECT {columns} FROM read_parquet(?) {rest}", [places(partitions), *values]
            ).fetchall()
        )
    finally:
        base.close()
