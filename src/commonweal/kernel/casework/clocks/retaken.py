"""Clocks that took over from other terms (R9), computed from the events of their cases: when they
took over decides their breach, its reason and their levels, and only the events know when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ...calendar.public import WorkingCalendar
from ..domain.clocks import Cycle
from ..models import Case, CaseEvent
from .definitions import Reader, all_definitions
from .projection import cycles_of

CHUNK = 500


class Key(NamedTuple):
    """A clock of a case: its definition and the number of its cycle."""

    definition: UUID
    cycle: int


def cycles_from_events(
    cases: Sequence[UUID], calendar: Callable[[str], WorkingCalendar], as_of: datetime
) -> Iterator[tuple[UUID, dict[Key, Cycle]]]:
    """The cycles of each case as of a moment, on the calendars given."""
    terms = Reader(calendar)
    definitions = all_definitions() if cases else []
    for place in range(0, len(cases), CHUNK):
        some = cases[place : place + CHUNK]
        events: dict[UUID, list[CaseEvent]] = {}
        for event in CaseEvent.objects.filter(case_id__in=some).order_by("case_id", "seq"):
            events.setdefault(event.case_id, []).append(event)
        rows = Case.objects.select_related("case_type", "category").filter(pk__in=some)
        for case in rows.order_by("id"):
            found = cycles_of(case, events.get(case.pk, []), definitions, as_of, terms)
            yield case.pk, {Key(each.pk, cycle.number): cycle for each, cycle in found}
