"""Writes on unusual lines: tolerances, acknowledging, explaining; and the targets of bill dates."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.schema.public import CommonwealError, Conflict, NotFound

from ..closing.approval import window_open
from ..domain.anomalies import MOST_MONTHS
from ..domain.bill_dates import TARGETS
from ..models import AnomalyHold, BillTarget, CloseRun, ItemTolerance

TOLERANCES, ASK, ANSWER = (
    "charging.set_tolerances",
    "charging.query_lines",
    "charging.answer_queries",
)
RULES = "charging.set_dispute_rules"
ENOUGH = 10


class AnomalyError(CommonwealError):
    """A tolerance or a hold cannot be as asked; the message says what to do."""


@action
def put_tolerance(
    *, actor: Actor, charge_item_id: UUID, percent: int, minimum_minor: int, months: int = 6
) -> ItemTolerance:
    """Set how far an item may be from its usual amount before its bill waits; counts from the next
    drafting (ANOMALY-101 for figures that nobody can mean, ANOMALY-404 no such item)."""
    require(actor, TOLERANCES)
    if not 1 <= percent <= 1000 or minimum_minor < 0 or not 1 <= months <= MOST_MONTHS:
        raise AnomalyError(
            "ANOMALY-101",
            f"A tolerance is 1 to 1000 %, an amount from 0, and 1 to {MOST_MONTHS} months.",
            field="percent",
        )
    if not ChargeItem.objects.filter(pk=charge_item_id).exists():
        raise NotFound("ANOMALY-404", "There is no such charge item. Choose one of the list.")
    row, _created = ItemTolerance.objects.update_or_create(
        charge_item_id=charge_item_id,
        defaults={
            "percent": percent,
            "minimum_minor": minimum_minor,
            "months": months,
            "recorded_at": now(),
        },
    )
    record(
        actor=actor,
        verb="anomaly.tolerance_set",
        target=row,
        payload={
            "item": charge_item_id,
            "percent": percent,
            "minimum_minor": minimum_minor,
            "months": months,
        },
    )
    return row


def _locked(actor: Actor, hold_id: UUID) -> AnomalyHold:
    found = AnomalyHold.objects.select_for_update(of=("self",)).select_related("bill")
    hold = found.filter(pk=hold_id).exclude(bill__state="draft").first()
    if hold is None or not (actor.centre or hold.agency_id in actor.agencies):
        raise NotFound("ANOMALY-405", "There is no such unusual line among those you may see.")
    if hold.state != "open":
        raise Conflict("ANOMALY-409", "This line was acknowledged or explained already.")
    return hold


def _settle(actor: Actor, hold: AnomalyHold, state: str, reason: str) -> AnomalyHold:
    hold.state, hold.reason = state, reason.strip()[:500]
    hold.decided_by, hold.decided_at = actor.user_id, now()
    hold.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    record(
        actor=actor,
        verb="anomaly.acknowledged" if state == "acknowledged" else "anomaly.explained",
        target=hold,
        agency_id=hold.agency_id,
        payload={"bill": hold.bill_id, "line": hold.line_id},
    )
    return hold


@action
def acknowledge_hold(*, actor: Actor, hold_id: UUID, reason: str = "") -> AnomalyHold:
    """The agency has seen the unusual line; it holds nothing any more. It may still dispute it."""
    hold = _locked(actor, hold_id)
    require(actor, ASK, hold.agency_id)
    return _settle(actor, hold, "acknowledged", reason)


@action
def explain_hold(*, actor: Actor, hold_id: UUID, reason: str) -> AnomalyHold:
    """The centre explains an unusual line that the agency did not acknowledge in its time.

    ANOMALY-102 without a reason, ANOMALY-103 while the preview lasts.
    """
    require(actor, ANSWER)
    hold = _locked(actor, hold_id)
    if len(reason.strip()) < ENOUGH:
        raise AnomalyError(
            "ANOMALY-102",
            "Say in at least ten characters why the amount is right. The agency reads it.",
            field="reason",
        )
    run = CloseRun.objects.get(pk=hold.bill.run_id)
    if window_open(run):
        raise AnomalyError(
            "ANOMALY-103",
            f"The agency may look until {run.preview_ends} and acknowledge it itself. Explain it "
            "after that day.",
        )
    return _settle(actor, hold, "explained", reason)


@action
def put_bill_target(*, actor: Actor, code: str, days: int) -> BillTarget:
    """Set within how many working days bills are drafted or issued, or how long agencies may look
    (ANOMALY-104 for anything else)."""
    require(actor, RULES)
    if code not in TARGETS or not 1 <= days <= 60:
        raise AnomalyError(
            "ANOMALY-104",
            f"A target is {', '.join(TARGETS)}, with 1 to 60 working days.",
            field="days",
        )
    row, _created = BillTarget.objects.update_or_create(code=code, defaults={"days": days})
    record(actor=actor, verb="bill.target_set", target=row, payload={"code": code, "days": days})
    return row
