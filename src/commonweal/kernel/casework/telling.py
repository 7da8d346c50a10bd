"""Telling people of what happens to their cases; a hook that runs in the writer's transaction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from ..access.public import SYSTEM, Actor, act_as
from ..notices.public import EventType, announce, notify_role, register_event, send
from ..party.public import Person
from .models import Case, CaseEvent

NEWS = ("message", "state", "approval")
EVENT = "commonweal.case.v1"
ANNOUNCED = frozenset(
    {
        "opened", "state", "message", "classified", "assigned", "merged", "absorbed", "split",
        "callback", "visit", "attached", "approval", "rated",
    }
)  # fmt: skip
"""What webhooks hear of: nothing of notes, tasks and identity checks, which are the desk's own."""

register_event(
    EventType(
        EVENT,
        gettext_noop("Something happened to a case"),
        {
            "agency": gettext_noop("The agency's id."),
            "case": gettext_noop("The case's id."),
            "number": gettext_noop("The case's number."),
            "kind": gettext_noop("What happened: opened, state, message, assigned and so on."),
            "seq": gettext_noop("Which event of its case it is, counted from 1."),
            "type": gettext_noop("The code of the kind of case."),
            "state": gettext_noop("The state that the case is in now."),
            "phase": gettext_noop("What the state means: open, waiting, resolved or closed."),
            "priority": gettext_noop("The case's priority."),
            "channel": gettext_noop("The channel by which the case came."),
            "due_at": gettext_noop("When the next promise is due, if one runs."),
        },
    )
)


def tell_programs(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Webhooks hear of what happened: ids and codes; what was said is fetched with a token."""
    if event.kind not in ANNOUNCED:
        return
    data = {
        "agency": case.agency_id,
        "case": case.pk,
        "number": case.number,
        "kind": event.kind,
        "seq": event.seq,
        "type": case.case_type.code,
        "state": case.state,
        "phase": case.phase,
        "priority": case.priority,
        "channel": case.channel,
        "due_at": case.due_at,
    }
    announce(actor, case.agency_id, EVENT, event.pk, data, at=event.at)


def tell_people(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Whoever asked and watches learns of answers and states; who approves, of what waits."""
    if event.kind == "opened":
        for row in case.approvals.filter(state="open"):
            with act_as(SYSTEM):
                notify_role(
                    actor=SYSTEM,
                    agency_id=case.agency_id,
                    permission=row.permission,
                    template="case_to_approve",
                    context={"number": case.number, "approval": str(row.pk)},
                )
        return
    if event.kind not in NEWS or _in_silence(event.data):
        return
    if case.case_type.family == "dispute" and event.kind == "state":
        return  # whoever keeps the money says what was decided, with the amount
    rows = case.watchers.exclude(user_id=None).values_list("user_id", flat=True)
    accounts = {each for each in rows if each is not None and each != actor.user_id}
    people = set(Person.objects.filter(user_id__in=accounts).values_list("pk", flat=True))
    asked = case.requester.person_id if case.requester else None
    if asked and asked != actor.person_id:
        people.add(asked)
    if not people:
        return
    with act_as(SYSTEM):
        for person in sorted(people, key=str):
            send(
                actor=SYSTEM,
                template="case_changed",
                context={"number": case.number, "seq": str(event.seq)},
                agency_id=case.agency_id,
                to_person_id=person,
            )


def _in_silence(data: dict[str, Any]) -> bool:
    """What came from whoever asked is no news to them."""
    return data.get("direction") == "in"
