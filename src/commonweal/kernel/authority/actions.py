"""Writes: proposals, decisions, limits and second approvers."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from ..access.public import Actor, require
from ..audit.public import action, plain, record
from ..calendar.public import Span, now, today
from ..party.public import Delegation, Membership, centre
from ..schema.public import Conflict, NotFound
from .domain import AuthorityError, NotYours
from .models import AmountLimit, Decision, SecondApprover
from .registry import subject_of
from .rules import check_may_decide, check_may_spend, in_force


def _record(actor: Actor, verb: str, decision: Decision) -> None:
    record(
        actor=actor,
        verb=verb,
        target=decision,
        agency_id=decision.agency_id,
        payload={
            "subject": [decision.subject_type, decision.subject_id],
            "state": decision.state,
            "amount_minor": decision.amount_minor,
            "currency": decision.currency,
        },
    )


@action
def propose(
    *,
    actor: Actor,
    subject_type: str,
    subject_id: UUID,
    label: str,
    statement: str,
    permission: str,
    effect: dict[str, Any] | None = None,
    amount_minor: int | None = None,
    currency: str | None = None,
    agency_id: UUID | None = None,
) -> Decision:
    """Propose something that a second person must approve before it counts.

    `statement`: what is decided, in plain words and without names. `effect`: the figures that
    `on_approved` will apply. `amount_minor`: minor units of `currency`. `permission`: what the
    proposer needs. AUTHORITY-103 if a proposal for the same thing is open.
    """
    require(actor, permission, agency_id)
    subject_of(subject_type)
    if not statement.strip() or not label.strip():
        raise AuthorityError("AUTHORITY-102", "Say in plain words what is to be decided.")
    try:
        with transaction.atomic():
            decision = Decision.objects.create(
                agency_id=agency_id,
                subject_type=subject_type,
                subject_id=subject_id,
                subject_label=label.strip()[:200],
                statement=statement.strip(),
                effect=plain(effect or {}),
                amount_minor=amount_minor,
                currency=currency or (centre().currency if amount_minor is not None else ""),
                proposed_by=actor.user_id,
                proposed_by_person=actor.person_id,
                proposed_at=now(),
            )
    except IntegrityError as error:
        raise Conflict(
            "AUTHORITY-103", f"A proposal for {label} is waiting already. Decide or withdraw it."
        ) from error
    _record(actor, "authority.proposed", decision)
    return decision


def _open(actor: Actor, decision_id: UUID) -> Decision:
    decision = Decision.objects.select_for_update(of=("self",)).filter(pk=decision_id).first()
    if decision is None or not (actor.centre or decision.agency_id in actor.agencies):
        raise NotFound("AUTHORITY-404", "There is no such decision, or you may not see it.")
    if decision.state != "proposed":
        raise Conflict("AUTHORITY-104", f"This was {decision.state} already and stays so.")
    return decision


def _close(actor: Actor, decision: Decision, state: str, reason: str) -> None:
    decision.state = state
    decision.decided_by, decision.decided_by_person = actor.user_id, actor.person_id
    decision.decided_at = now()
    decision.reason = reason.strip()
    decision.save(
        update_fields=["state", "decided_by", "decided_by_person", "decided_at", "reason"]
    )
    _record(actor, f"authority.{state}", decision)


@action
def approve(*, actor: Actor, decision_id: UUID, reason: str = "") -> Decision:
    """Approve as the second person; the subject's effect happens in the same transaction.

    Errors: AUTHORITY-104 decided already, -105 and -106 same person, -107 above the limit,
    -108 not a person, ACCESS-403 no permission.
    """
    decision = _open(actor, decision_id)
    subject = subject_of(decision.subject_type)
    check_may_decide(actor, decision, subject)
    check_may_spend(actor, decision)
    _close(actor, decision, "approved", reason)
    subject.on_approved(actor, decision)
    return decision


@action
def reject(*, actor: Actor, decision_id: UUID, reason: str) -> Decision:
    """Reject as the second person, with a reason of at least ten characters (AUTHORITY-110)."""
    decision = _open(actor, decision_id)
    subject = subject_of(decision.subject_type)
    check_may_decide(actor, decision, subject)
    if len(reason.strip()) < 10:
        raise AuthorityError("AUTHORITY-110", "Say in at least ten characters why you reject this.")
    _close(actor, decision, "rejected", reason)
    if subject.on_rejected is not None:
        subject.on_rejected(actor, decision)
    return decision


@action
def withdraw(*, actor: Actor, decision_id: UUID, reason: str = "") -> Decision:
    """Take back one's own proposal; its effect never happens (AUTHORITY-111 for anybody else)."""
    decision = _open(actor, decision_id)
    if decision.proposed_by != actor.user_id:
        raise NotYours("AUTHORITY-111", "Only its proposer can withdraw this. You may reject it.")
    subject = subject_of(decision.subject_type)
    _close(actor, decision, "withdrawn", reason)
    if subject.on_rejected is not None:
        subject.on_rejected(actor, decision)
    return decision


@action
def set_limit(
    *,
    actor: Actor,
    role: str,
    subject_type: str,
    max_minor: int,
    currency: str | None = None,
    starts: date | None = None,
    ends: date | None = None,
) -> AmountLimit:
    """Set up to which amount (minor units) a role may approve a subject, from `starts` (today).

    A running limit of the same role and subject ends where this one starts; one that lies later
    must be ended first (AUTHORITY-112).
    """
    require(actor, "authority.set_limits")
    subject_of(subject_type)
    span = Span(starts or today(centre().zone), ends)
    if max_minor < 0:
        raise AuthorityError("AUTHORITY-113", "A limit is zero or more. Enter such an amount.")
    same = AmountLimit.objects.select_for_update().filter(role_id=role, subject_type=subject_type)
    same.filter(in_force(span.start)).update(ends=span.start)
    try:
        with transaction.atomic():
            limit = AmountLimit.objects.create(
                role_id=role,
                subject_type=subject_type,
                max_minor=max_minor,
                currency=currency or centre().currency,
                starts=span.start,
                ends=span.end,
            )
    except IntegrityError as error:
        raise Conflict("AUTHORITY-112", "Another limit begins within these days.") from error
    record(
        actor=actor,
        verb="authority.limit_set",
        target=limit,
        payload={"role": role, "subject": subject_type, "max_minor": max_minor},
    )
    return limit


@action
def name_second_approver(
    *,
    actor: Actor,
    agency_id: UUID,
    person_id: UUID,
    starts: date | None = None,
    ends: date | None = None,
) -> SecondApprover:
    """Name who approves what the agency's only officer proposes.

    The person must hold a role in the agency, or borrow one by recorded delegation from another
    agency (AUTHORITY-114). Nobody names themself (AUTHORITY-115).
    """
    require(actor, "authority.name_second_approver", agency_id)
    if actor.person_id == person_id:
        raise NotYours("AUTHORITY-115", "Somebody else must name you as second approver.")
    span = Span(starts or today(centre().zone), ends)
    day = in_force(span.start)
    member = Membership.objects.filter(day, agency_id=agency_id, person_id=person_id)
    lent = Delegation.objects.filter(day, agency_id=agency_id, to_person_id=person_id)
    if not member.exists() and not lent.exists():
        raise AuthorityError(
            "AUTHORITY-114",
            "The second approver needs a role in this agency, or one lent to them from it. "
            "Give or lend them a role first.",
        )
    overlapping = Q(ends__isnull=True) | Q(ends__gt=span.start)
    SecondApprover.objects.filter(
        overlapping, agency_id=agency_id, person_id=person_id, starts__lte=span.start
    ).update(ends=span.start)
    named = SecondApprover.objects.create(
        agency_id=agency_id,
        person_id=person_id,
        starts=span.start,
        ends=span.end,
        recorded_by=actor.user_id,
    )
    record(
        actor=actor,
        verb="authority.second_approver_named",
        target=named,
        agency_id=agency_id,
        payload={"person": person_id, "starts": span.start, "ends": span.end},
    )
    return named


@action
def end_second_approver(*, actor: Actor, second_approver_id: UUID) -> SecondApprover:
    """End a second approver's naming today."""
    named = SecondApprover.objects.select_for_update().filter(pk=second_approver_id).first()
    if named is None:
        raise NotFound("AUTHORITY-405", "There is no such second approver, or you may not see it.")
    require(actor, "authority.name_second_approver", named.agency_id)
    named.ends = max(named.starts, today(centre().zone))
    named.save(update_fields=["ends"])
    record(
        actor=actor,
        verb="authority.second_approver_ended",
        target=named,
        agency_id=named.agency_id,
        payload={"ends": named.ends},
    )
    return named
