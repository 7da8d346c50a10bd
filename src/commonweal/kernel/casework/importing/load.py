"""Writing built cases with all their rows, and the numbers they get."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from ..copying import copy_rows, copy_words
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
