"""What programs hear of cases, by webhook: ids, codes and times; what was said is fetched by API.

Hooks that run in the writer's transaction, so that nothing is announced that was rolled back.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext_noop

from ..access.public import SYSTEM, Actor
from ..calendar.public import now
from ..notices.public import EventType, announce, register_event
from ..party.public import Agency
from ..schema.public import uuid7
from .clocks.bulk import Moves, Preview
from .clocks.replacing import Replaced
from .models import Case, CaseEvent, Clock

OPENED = "commonweal.case.opened.v1"
MOVED = "commonweal.case.moved.v1"
CLOSED = "commonweal.case.closed.v1"
ANSWERED = "commonweal.case.answered.v1"
WRITTEN = "commonweal.case.written.v1"
CHANGED = "commonweal.case.changed.v1"
MERGED = "commonweal.case.merged.v1"
AT_RISK = "commonweal.case.promise_at_risk.v1"
MISSED = "commonweal.case.promise_missed.v1"
HOURS = "commonweal.case.hours_applied.v1"
PROMISES = "commonweal.case.promises_applied.v1"

FIELDS = {
    "agency": gettext_noop("The code of the agency whose case it is."),
    "case": gettext_noop("The case's id."),
    "number": gettext_noop("The case's number."),
    "href": gettext_noop("Where the API has the case."),
    "seq": gettext_noop("How many things had happened to the case, this one with them."),
    "happened": gettext_noop("What happened, as the case's history calls it."),
    "type": gettext_noop("The code of the kind of case."),
    "category": gettext_noop("The code of its subject; empty: none."),
    "state": gettext_noop("The state that the case is in now."),
    "phase": gettext_noop("What the state means: open, waiting, resolved or closed."),
    "standing": gettext_noop("How it stands to its promises: on_time, late, paused, done or none."),
    "priority": gettext_noop("The case's priority."),
    "channel": gettext_noop("The channel by which the case came."),
    "due_at": gettext_noop("When the next promise is due; null: none runs."),
}
_MOVES = {
    "from": gettext_noop("The state before."),
}
_SAID = {
    "by": gettext_noop("The channel by which it was said."),
    "automatic": gettext_noop("Whether a program wrote it, such as a receipt."),
}
_PROMISE = {
    "promise": gettext_noop("The promise's code."),
    "metric": gettext_noop("What is promised: first_response, resolution and so on."),
    "cycle": gettext_noop("Which run of this promise's clock, counted from 1."),
    "promised_at": gettext_noop("When the promise is due."),
}
_LEVEL = {"level": gettext_noop("The code of the warning that was reached.")}
_INTO = {"into": gettext_noop("The id of the case that goes on.")}

for _code, _title, _more in (
    (OPENED, gettext_noop("A case was opened"), {}),
    (MOVED, gettext_noop("A case came into another state, but was not closed"), _MOVES),
    (CLOSED, gettext_noop("A case was closed"), _MOVES),
    (ANSWERED, gettext_noop("Whoever asked was answered"), _SAID),
    (WRITTEN, gettext_noop("Whoever asked wrote again"), _SAID),
    (CHANGED, gettext_noop("Something else about a case changed"), {}),
    (MERGED, gettext_noop("A case was merged into another, which goes on"), _INTO),
    (AT_RISK, gettext_noop("A promised time is near"), _PROMISE | _LEVEL),
    (MISSED, gettext_noop("A promised time was missed"), _PROMISE),
):
    register_event(EventType(_code, _title, FIELDS | _more))

register_event(
    EventType(
        HOURS,
        gettext_noop("Changed opening hours moved promises of open cases"),
        {
            "agency": gettext_noop("The code of the agency whose cases they are."),
            "calendar": gettext_noop("The code of the calendar."),
            "earlier": gettext_noop("How many promises are due earlier now."),
            "later": gettext_noop("How many promises are due later now."),
            "newly_missed": gettext_noop("How many are missed by it; each is told besides."),
            "no_longer_missed": gettext_noop("How many are not missed any more."),
        },
    )
)

register_event(
    EventType(
        PROMISES,
        gettext_noop("Open cases go by other promises now"),
        {
            "agency": gettext_noop("The code of the agency whose cases they are."),
            "cases": gettext_noop("How many open cases go by other promises now."),
            "earlier": gettext_noop("How many promises are due earlier now."),
            "later": gettext_noop("How many promises are due later now."),
            "newly_missed": gettext_noop("How many are missed by it; each is told besides."),
        },
    )
)

OTHERS = frozenset(
    {"classified", "assigned", "absorbed", "split", "callback", "visit", "attached", "approval",
     "rated", "terms"}
)  # fmt: skip
"""Told as `changed`. Nothing of notes, tasks and identity checks, which are the desk's own."""


def tell_programs(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Webhooks hear of what happened to a case."""
    code, more = _kind(case, event)
    if code:
        data = _data(case) | {"seq": event.seq, "happened": event.kind} | more
        announce(actor, case.agency_id, code, event.pk, data, at=event.at)


def tell_promise(
    case: Case, clock: Clock, level: str = "", planned: datetime | None = None
) -> None:
    """Webhooks hear of a promise to whoever asked that is near (`level`) or was missed: once for
    each level and each run of a clock, whoever notices it. What the centre and its suppliers
    promise one another is their own."""
    if clock.kind != "sla" or (level and not _before(planned, clock.due_at)):
        return
    code = AT_RISK if level else MISSED
    words = f"{code}/{clock.definition_id}/{clock.cycle}/{level}"
    data: dict[str, Any] = _data(case) | {
        "happened": "level" if level else "breached",
        "promise": _code_of(clock.definition.code),
        "metric": clock.metric,
        "cycle": clock.cycle,
        "promised_at": clock.due_at,
    }
    if level:
        data["level"] = _code_of(level)
    moment = planned if level else clock.breached_at
    announce(SYSTEM, case.agency_id, code, uuid5(case.pk, words), data, at=moment)


def tell_hours(actor: Actor, calendar: str, found: Preview) -> None:
    """Webhooks hear once for each agency, and step, that changed hours moved its promises, not case
    by case: a hundred thousand messages would keep them busy for hours. Who repeats due moments
    reads the open cases again."""
    moved = {agency: each for agency, each in found.agencies.items() if each.any}
    rows = Agency.objects.in_bulk(list(moved))
    for agency, each in sorted(moved.items()):
        data = {
            "agency": _code_of(rows[agency].code),
            "calendar": _code_of(calendar),
            "earlier": each.earlier,
            "later": each.later,
            "newly_missed": each.newly_passed,
            "no_longer_missed": each.no_longer_passed,
        }
        announce(actor, agency, HOURS, uuid7(), data)


def tell_promises(actor: Actor, found: Replaced) -> None:
    """The same of other promises that were put on open cases, once for each agency."""
    rows = Agency.objects.in_bulk(list(found.cases_of))
    for agency, cases in sorted(found.cases_of.items()):
        moves = found.agencies.get(agency, Moves())
        data = {
            "agency": _code_of(rows[agency].code),
            "cases": cases,
            "earlier": moves.earlier,
            "later": moves.later,
            "newly_missed": moves.newly_passed,
        }
        announce(actor, agency, PROMISES, uuid7(), data)


def _before(planned: datetime | None, due: datetime | None) -> bool:
    """A level after the due moment is no warning: that the promise was missed is told already."""
    return planned is not None and due is not None and planned < due


def _kind(case: Case, event: CaseEvent) -> tuple[str, dict[str, Any]]:
    """What an event of a case is told as, with what is said besides; empty: it is not told."""
    found = event.data
    if event.kind == "opened":
        return OPENED, {}
    if event.kind == "state":
        code = CLOSED if found["phase"] == "closed" else MOVED
        return code, {"from": _code_of(found["from"])}
    if event.kind == "message":
        code = WRITTEN if found.get("direction") == "in" else ANSWERED
        said = _code_of(found.get("channel", ""))
        return code, {"by": said, "automatic": not found.get("human", True)}
    if event.kind == "merged":
        return MERGED, {"into": UUID(found["into"])}
    return (CHANGED, {}) if event.kind in OTHERS else ("", {})


def _data(case: Case) -> dict[str, Any]:
    return {
        "agency": _code_of(case.agency.code),
        "case": case.pk,
        "number": case.number,
        "href": f"{settings.BASE_URL}/api/v1/cases/{case.number}",
        "seq": case.last_event,
        "type": _code_of(case.case_type.code),
        "category": _code_of(case.category.code) if case.category else "",
        "state": _code_of(case.state),
        "phase": case.phase,
        "standing": _standing(case),
        "priority": case.priority,
        "channel": _code_of(case.channel),
        "due_at": case.due_at,
    }


def _standing(case: Case) -> str:
    if case.phase in ("resolved", "closed"):
        return "done"
    if case.breached or (case.due_at is not None and case.due_at < now()):
        return "late"
    if case.due_at is not None:
        return "on_time"
    return "paused" if case.phase == "waiting" else "none"


def _code_of(text: str) -> str:
    """A code that a centre chose itself, with a dash for every sign that events may not carry."""
    return re.sub(r"[^A-Za-z0-9._:+/-]", "-", text)[:120]
