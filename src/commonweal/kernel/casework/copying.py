"""Writing very many rows: COPY into a table beside, then one statement (row-level security refuses
COPY into a table itself), so that every rule, trigger and counter of the table holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, models


@contextmanager
def loaded(shape: str, columns: str, values: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """A cursor beside a table `loaded` of a shape with these rows, until the block ends.

    `shape` and `columns` are written in code, never anything that was read.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE loaded ({shape}) ON COMMIT DROP")
        with cursor.copy(f"COPY loaded ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        yield cursor
        cursor.execute("DROP TABLE loaded")


def copy_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Write rows of a model."""
    if not rows:
        return
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{each.column}"' for each in fields)
    read = [(each.attname, isinstance(each, models.JSONField)) for each in fields]
    values = (
        [json.dumps(getattr(row, name)) if is_json else getattr(row, name)
         for name, is_json in read]
        for row in rows
    )  # fmt: skip
    _insert(model._meta.db_table, columns, values)


def _insert(table: str, columns: str, values: Iterable[Sequence[Any]]) -> None:
    with loaded(f'LIKE "{table}"', columns, values) as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM loaded')


def copy_words(rows: Iterable[tuple[UUID, str, UUID]]) -> None:
    """Write by which words cases are found: (agency, word, case), each once."""
    _insert("casework_caseword", "agency_id, word, case_id", rows)
