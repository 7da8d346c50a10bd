"""Writes: the rule of a service about late usage, and the decision on each record that it holds."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ...access.public import Actor, require
from ...audit.public import action, record
from ...authority.public import Decision, approve, propose, reject
from ...calendar.public import now, today
from ...catalogue.public import Service
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ...words import public as words
from ..domain import UsageError
from ..intake.take import closed_periods
from ..late_words import policy_text
from ..models import LATE_KINDS, LatePolicy, LateRecord
from ..storage import locks

PROPOSE = "metering.propose_late_policy"
APPROVE = "metering.approve_late_policy"
DECIDE = "metering.decide_late"
SUBJECT = "metering.LatePolicy"
ENOUGH = 10
MOST_DAYS = 366


@action
def propose_late_policy(
    *, actor: Actor, service: str, kind: str, starts: date, reason: str, days: int = 0
) -> LatePolicy:
    """Propose what becomes of a service's late usage from a day on; a second person decides.

    `kind`: correct, window (with `days`) or hold. Refused: a past day (USAGE-432), days that make
    no sense (USAGE-433), no reason (USAGE-434).
    """
    require(actor, PROPOSE)
    found = Service.objects.filter(code=service).first()
    if found is None:
        raise NotFound("USAGE-435", f"There is no service “{service[:40]}”. Choose one.")
    if kind not in dict(LATE_KINDS):
        raise UsageError(
            "USAGE-436", "Choose what becomes of late usage: correct, window or hold.", field="kind"
        )
    if starts < today(centre().zone):
        raise UsageError(
            "USAGE-432",
            f"{starts} is past. A rule about late usage never reaches back: start it today or "
            "later.",
            field="starts",
        )
    if (kind == "window") is not (1 <= days <= MOST_DAYS) or (kind != "window" and days):
        raise UsageError(
            "USAGE-433",
            "Give 1 to 366 days where usage is taken for some days after the month, and none "
            "otherwise.",
            field="days",
        )
    if len(reason.strip()) < ENOUGH:
        raise UsageError(
            "USAGE-434", "Say in at least ten characters why. Everybody can read it.",
            field="reason",
        )  # fmt: skip
    row = LatePolicy.objects.create(
        service=found, kind=kind, days=days, starts=starts, reason=reason.strip()[:500]
    )
    with override(centre().locale):
        statement = _("%(service)s, from %(day)s: %(rule)s") % {
            "service": found.name, "day": words.day(starts), "rule": policy_text(kind, days),
        }  # fmt: skip
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=f"Late usage of {found.code}",
        statement=f"{statement} {row.reason}",
        permission=PROPOSE,
        effect={"service": found.code, "kind": kind, "days": days, "starts": starts},
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb="usage.late_policy_proposed",
        target=row,
        payload={"service": found.code, "kind": kind, "days": days, "starts": starts},
    )
    return row


def _policy(policy_id: UUID) -> tuple[LatePolicy, UUID]:
    row = LatePolicy.objects.filter(pk=policy_id).first()
    if row is None or row.decision_id is None:
        raise NotFound("USAGE-437", "There is no such rule about late usage. See the list.")
    return row, row.decision_id


@action
def decide_late_policy(
    *, actor: Actor, policy_id: UUID, approved: bool, reason: str = ""
) -> LatePolicy:
    """Approve or reject a proposed rule, as a second person; a rejection says why."""
    row, decision_id = _policy(policy_id)
    record(actor=actor, verb="usage.late_policy_asked", target=row, payload={"approved": approved})
    (approve if approved else reject)(actor=actor, decision_id=decision_id, reason=reason)
    row.refresh_from_db()
    return row


def put_policy(actor: Actor, decision: Decision) -> None:
    """What an approval does: the rule holds from its first day (USAGE-438 for a day with one)."""
    row = LatePolicy.objects.get(pk=decision.subject_id)
    row.state, row.approved_at = "approved", now()
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "approved_at"])
    except IntegrityError as twice:
        raise Conflict(
            "USAGE-438", "Another rule of this service starts on that day. Reject one of them."
        ) from twice
    record(
        actor=actor,
        verb="usage.late_policy_approved",
        target=row,
        payload={"decision": decision.pk, "kind": row.kind, "days": row.days},
    )


def drop_policy(actor: Actor, decision: Decision) -> None:
    """What a rejection or withdrawal does: the proposal keeps its word and changes nothing."""
    row = LatePolicy.objects.get(pk=decision.subject_id)
    row.state = decision.state
    row.save(update_fields=["state"])
    record(
        actor=actor, verb="usage.late_policy_refused", target=row,
        payload={"decision": decision.pk, "state": decision.state},
    )  # fmt: skip


def _held(actor: Actor, record_id: UUID, reason: str) -> tuple[LateRecord, LateRecord | None]:
    """A held record, locked, and the late record that it replaces, if it does."""
    locks.share_periods()
    row = LateRecord.objects.select_for_update().filter(pk=record_id).first()
    if row is None or not (actor.centre or row.agency_id in actor.agencies):
        raise NotFound("USAGE-431", "There is no such late record. Go back to the list.")
    require(actor, DECIDE)
    if row.state != "held":
        raise UsageError("USAGE-439", "This record was decided before. Open the list again.")
    if len(reason.strip()) < ENOUGH:
        raise UsageError(
            "USAGE-440", "Say in at least ten characters why. The agency reads it.", field="reason"
        )
    before = None
    if row.replaces:
        before = LateRecord.objects.filter(
            source_id=row.source_id, external_id=row.replaces
        ).first()
    if before is not None and before.state == "held":
        raise UsageError(
            "USAGE-441",
            f"This record replaces {before.external_id}, which is held too. Decide that one first.",
        )
    return row, before


def _settle(actor: Actor, row: LateRecord, state: str, reason: str) -> LateRecord:
    row.state, row.reason = state, reason.strip()[:500]
    row.decided_by, row.decided_at = actor.user_id, now()
    row.save()
    record(
        actor=actor,
        verb=f"usage.late_{state}",
        target=row,
        agency_id=row.agency_id,
        payload={"booked_in": row.booked_in, "counts": row.delta},
    )
    return row


@action
def accept_late(*, actor: Actor, record_id: UUID, reason: str) -> LateRecord:
    """Accept a held late record: it is booked as a correction in the open month, with the reason.

    It counts on top of what counts in its place by now (a declined record counts nothing).
    """
    row, before = _held(actor, record_id, reason)
    if before is not None:
        row.base = before.base if before.state == "declined" else before.quantity
    row.booked_in = closed_periods().get(row.arrived_in, row.arrived_in)
    return _settle(actor, row, "accepted", reason)


@action
def decline_late(*, actor: Actor, record_id: UUID, reason: str) -> LateRecord:
    """Decline a held late record: it is never charged, and the agency reads why."""
    row, before = _held(actor, record_id, reason)
    if before is not None:
        row.base = before.base if before.state == "declined" else before.quantity
    return _settle(actor, row, "declined", reason)
