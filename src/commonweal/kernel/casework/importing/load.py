"""Writing very many rows: COPY into a table beside, then one INSERT (row-level security refuses
COPY into the table itself), so that every rule, trigger and counter of the table holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models

from ..domain.numbers import number_text
from ..models import Case, CaseEvent, Clock, ClockFiring, Contact, Interaction
from .build import Built

_RESERVE = """
INSERT INTO casework_casenumber (id, agency_id, year, last)
VALUES (gen_random_uuid(), %(agency)s, %(year)s, %(many)s)
ON CONFLICT (agency_id, year) DO UPDATE SET last = casework_casenumber.last + %(many)s
RETURNING last"""


def reserve(agency_id: UUID, year: int, many: int) -> int:
    """Take so many numbers of an agency's year; the one before the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"agency": agency_id, "year": year, "many": many})
        (last,) = cursor.fetchone()
    return int(last) - many


def number_all(cases: Sequence[Case], year: int) -> None:
    """Give cases the next numbers of their agencies."""
    by_agency: dict[UUID, list[Case]] = {}
    for case in cases:
        by_agency.setdefault(case.agency_id, []).append(case)
    for agency_id, rows in sorted(by_agency.items()):
        before = reserve(agency_id, year, len(rows))
        for place, case in enumerate(rows, start=before + 1):
            case.number = number_text(case.agency.code, year, place)


def write(rows: Sequence[Built]) -> None:
    """Write cases with all their rows, in the caller's transaction."""
    for each in rows:
        if each.contact is not None:
            each.case.requester_id = each.contact.pk
            if each.interaction is not None:
                each.interaction.contact_id = each.contact.pk
    copy_rows(Contact, [each.contact for each in rows if each.contact is not None])
    copy_rows(Case, [each.case for each in rows])
    copy_rows(CaseEvent, [event for each in rows for event in each.events])
    copy_rows(Interaction, [each.interaction for each in rows if each.interaction is not None])
    copy_rows(Clock, [clock for each in rows for clock in each.clocks])
    copy_rows(ClockFiring, [firing for each in rows for firing in each.firings])
    copy_words((each.case.agency_id, word, each.case.pk) for each in rows for word in each.words)


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
    """`table` and `columns` are the model's own names, never anything that was read."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TEMPORARY TABLE loaded (LIKE "{table}") ON COMMIT DROP')
        with cursor.copy(f"COPY loaded ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM loaded')
        cursor.execute("DROP TABLE loaded")


def copy_words(rows: Iterable[tuple[UUID, str, UUID]]) -> None:
    """Write by which words cases are found: (agency, word, case), each once."""
    _insert("casework_caseword", "agency_id, word, case_id", rows)
