"""Who may decide."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from ..access.public import Actor, require
from ..calendar.public import today
from ..party.public import centre, permission_sources, roles_held
from .domain import FOUR_EYES, AuthorityError, Limit, NotYours, check_amount, check_two_people
from .models import AmountLimit, Decision, SecondApprover
from .registry import Subject

SECOND_ROLE = "agency_approver"


def in_force(day: date) -> Q:
    """Rows whose span holds a local day."""
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def is_second_approver(actor: Actor, decision: Decision) -> bool:
    """Whether the actor is named for the decision's agency today, and has a role there at all."""
    if actor.person_id is None or decision.agency_id not in actor.agencies:
        return False
    day = today(centre().zone)
    named = SecondApprover.objects.filter(
        in_force(day), agency_id=decision.agency_id, person_id=actor.person_id
    )
    return named.exists()


def limits_for(subject_type: str, day: date) -> list[Limit]:
    """The limits in force for a subject on a local day."""
    found = AmountLimit.objects.filter(in_force(day), subject_type=subject_type)
    return [Limit(row.role_id, row.max_minor, row.currency) for row in found]


def check_may_decide(actor: Actor, decision: Decision, subject: Subject) -> None:
    """Refuse unless this person may decide this proposal now."""
    if decision.kind != FOUR_EYES:
        raise AuthorityError(
            "AUTHORITY-109", "This is not decided by a second person but in another way."
        )
    if actor.kind != "person" or actor.user_id is None:
        raise NotYours("AUTHORITY-108", "Only a signed-in person can decide this.")
    second = is_second_approver(actor, decision)
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
    limits = limits_for(decision.subject_type, today(centre().zone))
    if not limits or decision.amount_minor is None or actor.user_id is None:
        return
    roles = roles_held(actor.user_id, decision.agency_id)
    if is_second_approver(actor, decision):
        roles |= {SECOND_ROLE}
    check_amount(
        amount_minor=decision.amount_minor,
        currency=decision.currency,
        limits=limits,
        roles=roles,
    )
