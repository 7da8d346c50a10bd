"""Reads: what waits for whom, and what was decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from ...access.public import Actor
from ...audit.public import plain
from ...calendar.public import today
from ...party.public import centre
from ...schema.public import CommonwealError, NotFound
from ..models import AmountLimit, Decision, SecondApprover
from ..registry import subject_of, subjects
from ..rules import check_may_decide, check_may_spend, in_force, second_approver_in


def _visible(actor: Actor) -> QuerySet[Decision]:
    found = Decision.objects.select_related("agency")
    return found if actor.centre else found.filter(agency_id__in=actor.agencies)


def waiting(actor: Actor, *, limit: int = 100) -> list[Decision]:
    """Open proposals that this person may decide: not their own, and within their permissions."""
    permission = {item.subject_type: item.approve_permission for item in subjects()}
    found = _visible(actor).filter(state="proposed", kind="four_eyes").order_by("id")
    mine, second = [], second_approver_in(actor)
    for decision in found[: limit * 5]:
        own = decision.proposed_by is not None and decision.proposed_by == actor.user_id
        needed = permission.get(decision.subject_type)
        if own or needed is None:
            continue
        if actor.may(needed, decision.agency_id) or decision.agency_id in second:
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


def limits(actor: Actor, agency_id: UUID | None = None) -> list[AmountLimit]:
    """The amount limits that hold today or later: the centre's, and those of agencies in scope.

    `agency_id`: only the centre's for roles of agencies, and that agency's own.
    """
    day = today(centre().zone)
    found = AmountLimit.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=day) & Q(ends__gt=F("starts"))
    )
    if not actor.centre:
        found = found.filter(Q(agency__isnull=True) | Q(agency_id__in=actor.agencies))
    if agency_id:
        own = Q(agency_id=agency_id) | Q(agency__isnull=True, role__side="agency")
        found = found.filter(own)
    order = ("subject_type", "agency__code", "role_id", "starts")
    return list(found.select_related("agency", "role").order_by(*order))


def second_approvers(actor: Actor, agency_id: UUID) -> list[SecondApprover]:
    """Who is named as an agency's second approver today.

    Only ids: the person may be of another agency, whose people this scope does not show.
    """
    if not actor.centre and agency_id not in actor.agencies:
        return []
    found = SecondApprover.objects.filter(agency_id=agency_id)
    return list(found.filter(in_force(today(centre().zone))).order_by("starts"))


def why_not(actor: Actor, decision: Decision) -> str:
    """Why this actor may not decide an open proposal; empty if they may."""
    try:
        check_may_decide(actor, decision, subject_of(decision.subject_type))
        check_may_spend(actor, decision)
    except CommonwealError as error:
        return error.message
    return ""
