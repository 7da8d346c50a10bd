"""How something that happened to a case is written: one event, the row, its clocks, its audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ...access.public import Actor
from ...audit.public import record
from ...calendar.public import now
from ...schema.public import Conflict
from ..clocks.projection import project
from ..models import Case, CaseEvent, Clock
from ..registry import tell, told_promise
from ..rules import require_case

CLOCKED = frozenset(
    {
        "opened", "state", "message", "classified", "assigned", "supplier", "merged", "absorbed",
        "callback", "update", "visit", "terms", "rebuilt",
    }
)  # fmt: skip
"""Kinds of events that a clock may start, stop, pause or change at, and its being built anew."""


def moves_clocks(kind: str, data: dict[str, Any]) -> bool:
    """Whether clocks have to be computed anew: what a program wrote starts and stops none."""
    return kind in CLOCKED and (kind != "message" or bool(data.get("human", True)))


def locked(actor: Actor, case_id: UUID) -> Case:
    """The case, held until the transaction ends, if the actor may see it (CASE-404)."""
    found = Case.objects.select_for_update(of=("self",)).select_related(
        "case_type", "category", "requester", "reporter", "agency", "queue"
    )
    return require_case(actor, found.filter(pk=case_id).first())


def require_whole(case: Case) -> None:
    """Refuse what was merged into another case: that one goes on (CASE-111)."""
    if case.merged_into_id is not None:
        into = Case.objects.values_list("number", flat=True).get(pk=case.merged_into_id)
        raise Conflict(
            "CASE-111",
            f"This case was merged into {into} and goes on there. Do it in that case.",
        )


def append(
    actor: Actor,
    case: Case,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    reproject: bool = True,
) -> CaseEvent:
    """Write one event of a locked case, and save the case with its clocks.

    `at`: when it took effect, if that was earlier than now. The audit event of it carries its kind
    and number; its data stay with the case.
    """
    moment = now()
    case.last_event += 1
    event = CaseEvent.objects.create(
        agency_id=case.agency_id,
        case=case,
        seq=case.last_event,
        at=at or moment,
        recorded_at=moment,
        kind=kind,
        actor_kind=actor.kind[:10],
        actor_id=actor.user_id,
        data=data or {},
    )
    case.updated_at = max(case.updated_at, event.at)
    missed: list[Clock] = []
    event.settles = reproject and moves_clocks(kind, event.data)
    if event.settles:
        found = project(case)
        missed, event.settles = found.missed, found.ended
    case.save()
    record(
        actor=actor,
        verb=f"case.{kind}",
        target=case,
        agency_id=case.agency_id,
        payload={"seq": event.seq},
    )
    tell(actor, case, event)
    for clock in missed:
        told_promise(case, clock)
    return event
