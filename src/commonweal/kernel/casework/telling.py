"""Telling people of what happens to their cases; a hook that runs in the writer's transaction."""

from __future__ import annotations

from typing import Any

from ..access.public import SYSTEM, Actor, act_as
from ..notices.public import notify_role, send
from ..party.public import Person
from .models import Case, CaseEvent

NEWS = ("message", "state", "approval", "fee")


def tell_people(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Whoever asked and watches learns of answers and states; who approves, of what waits."""
    if event.kind == "opened":
        rows = case.approvals.filter(state="open") if case.case_type.approval else ()
        for row in rows:
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
    watching = case.watchers.exclude(user_id=None).values_list("user_id", flat=True)
    accounts = {each for each in watching if each is not None and each != actor.user_id}
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
    """What came from whoever asked is no news to them; nor is what a case costs while it opens."""
    return data.get("direction") == "in" or data.get("by") == "rule"
