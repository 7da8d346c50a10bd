"""Putting a changed calendar or promise on the cases that are open, after its preview (R10).

Closed months change only by an explicit restatement; nothing here touches a clock that has ended.
Both go on from a place that an earlier call gave, so that a hundred thousand cases are put on in
steps, each its own transaction; what is put on twice comes out as it is already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from uuid import UUID

from django.db import connection

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import WorkingCalendar, now
from ...jobs.public import Job, enqueue_again
from ...party.public import centre
from ..announcing import tell_hours, tell_promises
from ..clocks import bulk, putting, replacing
from ..clocks.calendars import working_calendar
from ..clocks.definitions import Chooser, all_definitions, on_calendar
from ..models import Case
from ..rules import MANAGE

_LOCK = "SELECT pg_advisory_xact_lock(730401)"


@action
def apply_calendar(
    *,
    actor: Actor,
    code: str,
    calendar: Callable[[str], WorkingCalendar] = working_calendar,
    after: bulk.Place | None = None,
    step: bool = False,
) -> bulk.Preview:
    """Compute the open clocks of a calendar anew, as the calendar is now: all of them, or one step
    from a place on, which says how far it came. What it did is told.

    Programs hear of it once for each agency of which something moved; what was missed only by it is
    noticed by the timer, case by case.
    """
    require(actor, MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    found, moment = bulk.Preview(), now()
    for place, moves in bulk.steps(on_calendar(code), calendar, moment, after):
        for moved in moves:
            found.add(moved)
        putting.put(moves, moment)
        if step:
            found.place = place
            break
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
def put_promises_on(*, actor: Actor) -> Job:
    """Have the promises in force today put on every open case by a worker, as this actor
    (JOBS-409 while that is at work)."""
    require(actor, MANAGE)
    return enqueue_again(actor=actor, kind=replacing.PUT_ON, key=replacing.PUT_ON, payload={})


@action
def apply_promises(
    *, actor: Actor, after: UUID | None = None, step: bool = False
) -> replacing.Replaced:
    """Put the promises that are in force today on every open case that goes by others, or on those
    of one step from a case on: an event `terms` in each, its old clocks kept as superseded or
    withdrawn (R9, R11)."""
    require(actor, MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    found, best = replacing.Replaced(), Chooser(all_definitions())
    changed: list[UUID] = []
    while cases := replacing.open_cases(after, replacing.STEP):
        after = cases[-1].pk
        changed += _put(actor, replacing.other_promises(cases, best).keys(), best, found)
        if step:
            found.place = after
            break
    record(
        actor=actor,
        verb="casework.promises_applied",
        target=("party.Agency", centre().agency_id),
        payload={
            "cases": found.cases,
            "earlier": found.earlier,
            "later": found.later,
            "newly_passed": found.newly_passed,
            "withdrawn": found.withdrawn,
            "digest": sha256(b"".join(each.bytes for each in changed)).hexdigest(),
        },
    )
    tell_promises(actor, found)
    return found


def _put(actor: Actor, ids: Iterable[UUID], best: Chooser, found: replacing.Replaced) -> list[UUID]:
    """Hold the cases, look again, and write; which cases go by others now."""
    held = Case.objects.select_for_update().filter(pk__in=list(ids)).order_by("id")
    if not (pks := list(held.values_list("pk", flat=True))):
        return []
    cases = replacing.open_cases_of(pks)
    pairs, moment = replacing.other_promises(cases, best), now()
    turned = replacing.turn([case for case in cases if case.pk in pairs], pairs, moment)
    replacing.count(found, turned, moment)
    replacing.put(turned, moment, actor.user_id)
    return [case.pk for case in turned.all_cases]
