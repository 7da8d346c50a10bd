"""Who may decide."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Q

from ..access.public import Actor, require
from ..calendar.public import today
from ..party.public import centre, permission_sources, roles_held
from .domain import (
    FOUR_EYES,
    SECOND_ROLE,
    AuthorityError,
    Limit,
    NotYours,
    check_amount,
    check_two_people,
    limits_in_force,
)
from .models import AmountLimit, Decision, SecondApprover
from .registry import Subject


def in_force(day: date) -> Q:
    """Rows whose span holds a local day."""
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def second_approver_in(actor: Actor) -> frozenset[UUID]:
    """The agencies for which the actor is named today, and in which they hold a role at all."""
    if actor.person_id is None or not actor.agencies:
        return frozenset()
    day = today(centre().zone)
    named = SecondApprover.objects.filter(in_force(day), person_id=actor.person_id)
    return frozenset(named.values_list("agency_id", flat=True)) & actor.agencies


def is_second_approver(actor: Actor, agency_id: UUID | None) -> bool:
    """Whether the actor is named as the agency's second approver today."""
    return agency_id in second_approver_in(actor)


def limits_for(subject_type: str, side: str, agency_id: UUID | None, day: date) -> list[Limit]:
    """The limits of one side's roles that are in force for a subject on a local day."""
    found = AmountLimit.objects.filter(
        in_force(day), Q(agency__isnull=True) | Q(agency_id=agency_id),
        subject_type=subject_type, role__side=side,
    )  # fmt: skip
    rows = [(row.agency_id, Limit(row.role_id, row.max_minor, row.currency)) for row in found]
    own = [limit for place, limit in rows if place is not None]
    return limits_in_force((limit for place, limit in rows if place is None), own)


def check_limit(
    actor: Actor,
    *,
    subject_type: str,
    side: str,
    agency_id: UUID | None,
    amount_minor: int | None,
    currency: str,
) -> None:
    """Refuse a decision above the limit of the roles that the actor holds on this side.

    A second approver reaches as far as the agency's approver (AUTHORITY-107).
    """
    if amount_minor is None or actor.user_id is None:
        return
    limits = limits_for(subject_type, side, agency_id, today(centre().zone))
    if not limits:
        return
    roles = roles_held(actor.user_id, agency_id)
    if side == "agency" and is_second_approver(actor, agency_id):
        roles |= {SECOND_ROLE}
    check_amount(amount_minor=amount_minor, currency=currency, limits=limits, roles=roles)


def check_may_decide(actor: Actor, decision: Decision, subject: Subject) -> None:
    """Refuse unless this person may decide this proposal now."""
    if decision.kind != FOUR_EYES:
        raise AuthorityError(
            "AUTHORITY-109", "This is not decided by a second person but in another way."
        )
    if actor.kind != "person" or actor.user_id is None:
        raise NotYours("AUTHORITY-108", "Only a signed-in person can decide this.")
    second = is_second_approver(actor, decision.agency_id)
    if not second:
        require(actor, subject.approve_permission, decision.agency_id)
    sources = permission_sources(actor.user_id, subject.approve_permission, decision.agency_id)
    check_two_people(
        proposer_user=decision.proposed_by,
        proposer_person=decision.proposed_by_person,
        user_id=actor.user_id,
        person_id=actor.person_id,
        sources=frozenset() if second else sources,
    )


def check_may_spend(actor: Actor, decision: Decision) -> None:
    """Refuse an approval above the limit of the roles held for the decision's agency."""
    check_limit(
        actor,
        subject_type=decision.subject_type,
        side="centre" if actor.centre else "agency",
        agency_id=decision.agency_id,
        amount_minor=decision.amount_minor,
        currency=decision.currency,
    )
