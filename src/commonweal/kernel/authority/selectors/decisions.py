"""Reads: what waits for whom, and what was decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from ...access.public import Actor, Role
from ...audit.public import plain
from ...calendar.public import today
from ...party.public import centre
from ...schema.public import FIRST, CommonwealError, Listing, NotFound, Place, listing
from ..models import AmountLimit, Decision, SecondApprover
from ..registry import amounts_of, subject_of, subjects
from ..rules import check_may_decide, check_may_spend, in_force, second_approver_in


def _visible(actor: Actor) -> QuerySet[Decision]:
    found = Decision.objects.select_related("agency")
    return found if actor.centre else found.filter(agency_id__in=actor.agencies)


def waiting(actor: Actor, *, place: Place = FIRST) -> Listing[Decision]:
    """Open proposals that this person may decide, oldest first: not their own, and within their
    permissions."""
    found = _visible(actor).filter(_decidable(actor), state="proposed", kind="four_eyes")
    if actor.user_id is not None:
        found = found.filter(Q(proposed_by__isnull=True) | ~Q(proposed_by=actor.user_id))
    return listing(found, ["id"], place)


def _decidable(actor: Actor) -> Q:
    """What the actor's permissions let them decide, and what they are named second approver for."""
    known = subjects()
    mine = Q(pk__in=[])
    for subject in known:
        of_type = Q(subject_type=subject.subject_type)
        if actor.may(subject.approve_permission):
            mine |= of_type
        elif agencies := actor.agencies_with(subject.approve_permission):
            mine |= of_type & Q(agency_id__in=agencies)
    types = [subject.subject_type for subject in known]
    return mine | Q(subject_type__in=types, agency_id__in=second_approver_in(actor))


def decisions(
    actor: Actor,
    *,
    subject: tuple[str, UUID] | None = None,
    types: Collection[str] = (),
    agency_id: UUID | None = None,
    state: str = "",
    place: Place = FIRST,
) -> Listing[Decision]:
    """A page of decisions in scope, newest first; `subject`: (type, id), `types`: some of them."""
    found = _visible(actor)
    if types:
        found = found.filter(subject_type__in=types)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if subject:
        found = found.filter(subject_type=subject[0], subject_id=subject[1])
    if state:
        found = found.filter(state=state)
    return listing(found, ["-id"], place)


def open_proposals(
    actor: Actor, subject_type: str, subject_ids: Iterable[UUID]
) -> dict[UUID, Decision]:
    """The proposals that wait about some things of one kind, by the thing's id."""
    found = _visible(actor).filter(
        state="proposed", subject_type=subject_type, subject_id__in=list(subject_ids)
    )
    return {row.subject_id: row for row in found}


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


def limitable_roles(actor: Actor, subject_type: str) -> list[Role]:
    """The roles that decide on a subject with amounts, the centre's first; they are no secret."""
    permissions = amounts_of(subject_type).permissions
    return [
        role
        for role in Role.objects.order_by("-side", "name")
        if permissions.get(role.side) in role.permissions
    ]


def second_approvers(
    actor: Actor, agency_id: UUID, place: Place = FIRST
) -> Listing[SecondApprover]:
    """Who is named as an agency's second approver today.

    Only ids: the person may be of another agency, whose people this scope does not show.
    """
    if not actor.centre and agency_id not in actor.agencies:
        return Listing(())
    found = SecondApprover.objects.filter(agency_id=agency_id)
    return listing(found.filter(in_force(today(centre().zone))), ["starts", "id"], place)


def why_not(actor: Actor, decision: Decision) -> str:
    """Why this actor may not decide an open proposal; empty if they may."""
    try:
        check_may_decide(actor, decision, subject_of(decision.subject_type))
        check_may_spend(actor, decision)
    except CommonwealError as error:
        return error.message
    return ""
