"""Cases of which another room keeps the matter itself: it opens them, and says how they stand.

Charging does so for disputes: what is held and given back is its own, the conversation, the queue,
the clocks and the history are those of any case.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ...access.public import Actor
from ...audit.public import action, record
from ...party.public import own_person
from ...schema.public import Forbidden
from ..domain.errors import CaseError
from ..models import Case, CaseType, Interaction, Queue
from ..rules import ASK, CASE
from .contacts import put_contact
from .events import append, locked, require_whole
from .moving import machine, put_state
from .opening import NewCase, Opened, open_of
from .talking import Said, write

OWNED = ("dispute",)
"""Families whose matter another room keeps."""


@action
def open_owned(*, actor: Actor, agency_id: UUID, new: NewCase) -> Opened:
    """Open a case for a room that has checked the actor by its own permissions (CASE-112)."""
    kind = CaseType.objects.filter(code=new.case_type, active=True, family__in=OWNED).first()
    if kind is None:
        raise CaseError("CASE-112", "There is no such kind of case that a room opens itself.")
    person = None if actor.centre else own_person(actor)
    if person is not None:
        requester = put_contact(
            actor=_asker(actor, agency_id),
            agency_id=agency_id,
            person_id=actor.person_id,
            name=person.name,
            email=person.email,
        )
        new = replace(new, requester=requester)
    return open_of(actor, agency_id, new, kind, None)


def _asker(actor: Actor, agency_id: UUID) -> Actor:
    scopes = actor.scopes | {ASK} if actor.scopes is not None else None
    return replace(actor, grants=actor.grants | {(ASK, agency_id)}, scopes=scopes)


@action
def settle_case(
    *,
    actor: Actor,
    case_id: UUID,
    state: str = "",
    queue: str = "",
    to: UUID | None = None,
) -> Case:
    """Say how a case of a room's own stands: its state, whose queue it is in, who has it.

    Only for whoever the room trusts with this case (`trusted`), or the room itself. Errors:
    CASE-101 no such state, 121 no such queue.
    """
    case = locked(actor, case_id)
    if case.case_type.family not in OWNED or not _let(actor, case_id):
        raise Forbidden("ACCESS-403", "This is decided where the matter itself is kept.")
    require_whole(case)
    if queue and queue != case.queue.code:
        found = Queue.objects.filter(code=queue, active=True).first()
        if found is None:
            raise CaseError("CASE-121", f"There is no queue “{queue[:40]}”.", field="queue")
        case.queue, case.team_id = found, found.team_id
        append(actor, case, "assigned", {"queue": str(found.pk), "team": str(found.team_id)})
    if to != case.assignee:
        case.assignee = to
        append(actor, case, "given", {"to": str(to) if to else None}, reproject=False)
    if state and state != case.state:
        put_state(actor, case, machine(case).state(state))
    record(actor=actor, verb="case.settled", target=case, agency_id=case.agency_id)
    return case


@action
def bring_words(
    *, actor: Actor, case_id: UUID, text: str, at: datetime, out: bool, author: UUID | None
) -> Interaction:
    """Keep in a case of a room's own what was said before there was a case, as it was said then;
    nobody is told of it. Only for the room itself (ACCESS-403)."""
    case = locked(actor, case_id)
    if case.case_type.family not in OWNED or actor.kind != "system":
        raise Forbidden("ACCESS-403", "This is decided where the matter itself is kept.")
    side = "out" if out else "in"
    made = write(actor, case, Said(text, at=at), side)
    made.author = author
    made.save(update_fields=["author"])
    append(
        actor, case, "message",
        {"direction": side, "human": True, "public": True, "channel": made.channel,
         "interaction": str(made.pk), "brought": True},
        at=at,
    )  # fmt: skip
    return made


def _let(actor: Actor, case_id: UUID) -> bool:
    return actor.kind == "system" or (CASE, case_id) in actor.grants
