"""Putting a changed calendar or promise on the cases that are open, after its preview (R10).

Closed months change only by an explicit restatement; nothing here touches a clock that has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import WorkingCalendar, now, today
from ...party.public import centre
from ..announcing import tell_hours
from ..clocks import bulk
from ..clocks.calendars import working_calendar
from ..clocks.definitions import all_definitions, best_of, facts_of, on_calendar, tracks_of
from ..models import Case, ClockDefinition
from ..rules import MANAGE
from .events import append

_LOCK = "SELECT pg_advisory_xact_lock(730401)"


@action
def apply_calendar(
    *,
    actor: Actor,
    code: str,
    calendar: Callable[[str], WorkingCalendar] = working_calendar,
) -> bulk.Preview:
    """Compute every open clock of a calendar anew, as the calendar is now; what it did is told.

    Programs hear of it once for each agency of which something moved; what was missed only by it is
    noticed by the timer, case by case.
    """
    require(actor, MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    found = bulk.apply(on_calendar(code), calendar, now())
    record(
        actor=actor,
        verb="casework.calendar_applied",
        target=("party.Agency", centre().agency_id),
        payload={
            "calendar": code,
            "clocks": found.clocks,
            "earlier": found.earlier,
            "later": found.later,
            "newly_passed": found.newly_passed,
            "no_longer_passed": found.no_longer_passed,
            "digest": found.digest.hexdigest(),
        },
    )
    tell_hours(actor, code, found)
    return found


@action
def apply_promises(*, actor: Actor, limit: int = 1_000_000) -> dict[str, Any]:
    """Put the promises that are in force today on every open case that goes by others: an event
    `terms` in each, its old clocks kept as superseded or withdrawn (R9, R11)."""
    require(actor, MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    changed = _changed(actor, limit)
    record(
        actor=actor,
        verb="casework.promises_applied",
        target=("party.Agency", centre().agency_id),
        payload={"cases": changed},
    )
    return {"cases": changed}


def _changed(who: Actor, limit: int) -> int:
    definitions, changed = all_definitions(), 0
    rows = Case.objects.filter(phase__in=["open", "waiting"]).select_related(
        "case_type", "category", "agency", "queue", "requester"
    )
    for case in rows.order_by("id").iterator(chunk_size=500):
        if changed == limit:
            break
        events = list(case.events.order_by("seq"))
        before = {(track[-1][1].pk if track[-1][1] else None)
                  for track in tracks_of(case, events, definitions)}  # fmt: skip
        after = held_today(case, definitions)
        if before - {None} != after:
            locked_case = Case.objects.select_for_update(of=("self",)).select_related(
                "case_type", "category", "agency", "queue", "requester"
            ).get(pk=case.pk)  # fmt: skip
            append(who, locked_case, "terms")
            changed += 1
    return changed


def held_today(case: Case, definitions: list[ClockDefinition]) -> set[Any]:
    """The definitions that a case would go by if it came today."""
    day = today(centre().zone)
    return {each.pk for each in best_of(definitions, facts_of(case), day, now())}
