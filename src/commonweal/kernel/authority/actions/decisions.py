"""Proposing, approving, rejecting and withdrawing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ...access.public import Actor, require
from ...audit.public import action, plain, record
from ...calendar.public import now
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain import AuthorityError, NotYours
from ..models import Decision
from ..registry import subject_of
from ..rules import check_may_decide, check_may_spend


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
    replace: bool = False,
) -> Decision:
    """Propose something that a second person must approve before it counts.

    `statement`: what is decided, in plain words and without names. `effect`: the figures that
    `on_approved` will apply. `amount_minor`: minor units of `currency`. `permission`: what the
    proposer needs. AUTHORITY-103 if a proposal for the same thing is open; with `replace` the open
    one is withdrawn instead, without its effect on the subject.
    """
    require(actor, permission, agency_id)
    subject_of(subject_type)
    if not statement.strip() or not label.strip():
        raise AuthorityError("AUTHORITY-102", "Say in plain words what is to be decided.")
    if replace:
        _replace(actor, subject_type, subject_id)
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


def _replace(actor: Actor, subject_type: str, subject_id: UUID) -> None:
    known = Decision.objects.select_for_update(of=("self",)).filter(
        subject_type=subject_type, subject_id=subject_id, state="proposed"
    )
    for decision in known:
        _close(actor, decision, "withdrawn", "Another proposal took its place.")


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
        raise AuthorityError(
            "AUTHORITY-110",
            "Say in at least ten characters why you reject this.",
            field="reason",
        )
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
