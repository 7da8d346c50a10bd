"""Reads: what waits for whom, and what was decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ..access.public import Actor
from ..audit.public import plain
from ..calendar.public import today
from ..party.public import centre
from ..schema.public import NotFound
from .models import AmountLimit, Decision, SecondApprover
from .registry import subjects
from .rules import in_force, is_second_approver


def _visible(actor: Actor) -> QuerySet[Decision]:
    found = Decision.objects.select_related("agency")
    return found if actor.centre else found.filter(agency_id__in=actor.agencies)


def waiting(actor: Actor, *, limit: int = 100) -> list[Decision]:
    """Open proposals that this person may decide: not their own, and within their permissions."""
    permission = {item.subject_type: item.approve_permission for item in subjects()}
    found = _visible(actor).filter(state="proposed", kind="four_eyes").order_by("id")
    mine = []
    for decision in found[: limit * 5]:
        own = decision.proposed_by is not None and decision.proposed_by == actor.user_id
        needed = permission.get(decision.subject_type)
        if own or needed is None:
            continue
        if actor.may(needed, decision.agency_id) or is_second_approver(actor, decision):
            mine.append(decision)
    return mine[:limit]


def decisions(
    actor: Actor,
    *,
    subject: tuple[str, UUID] | None = None,
    state: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Decision]:
    """Decisions in scope, newest first, keyset-paged by id; `subject`: (type, id)."""
    found = _visible(actor)
    if subject:
        found = found.filter(subject_type=subject[0], subject_id=subject[1])
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def get(actor: Actor, decision_id: UUID) -> Decision:
    """One decision in scope (AUTHORITY-404)."""
    found = _visible(actor).filter(pk=decision_id).first()
    if found is None:
        raise NotFound("AUTHORITY-404", "There is no such decision, or you may not see it.")
    return found


def decision_document(decision_id: UUID) -> dict[str, Any] | None:
    """A decision as a proof pack holds it: ids, times, words and figures, no name of a person.

    None if the scope does not show it.
    """
    found = Decision.objects.filter(pk=decision_id).first()
    if found is None:
        return None
    document: dict[str, Any] = plain(
        {
            "id": found.pk,
            "kind": found.kind,
            "subject": [found.subject_type, found.subject_id],
            "label": found.subject_label,
            "statement": found.statement,
            "effect": found.effect,
            "amount_minor": found.amount_minor,
            "currency": found.currency,
            "state": found.state,
            "proposed_by": found.proposed_by,
            "proposed_at": found.proposed_at,
            "decided_by": found.decided_by,
            "decided_at": found.decided_at,
        }
    )
    return document


def limits(actor: Actor) -> list[AmountLimit]:
    """The amount limits in force today; they are no secret."""
    day = today(centre().zone)
    return list(AmountLimit.objects.filter(in_force(day)).order_by("subject_type", "max_minor"))


def second_approvers(actor: Actor, agency_id: UUID) -> list[SecondApprover]:
    """Who is named as an agency's second approver today.

    Only ids: the person may be of another agency, whose people this scope does not show.
    """
    if not actor.centre and agency_id not in actor.agencies:
        return []
    found = SecondApprover.objects.filter(agency_id=agency_id)
    return list(found.filter(in_force(today(centre().zone))).order_by("starts"))
