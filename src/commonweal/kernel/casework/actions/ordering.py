"""Ordering from the catalogue: the price and the promise first, then the case that delivers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from ...access.public import Actor
from ...audit.public import action
from ...calendar.public import now
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..models import Approval, Case, CaseEvent, CaseOrder, Contact
from ..ordered import note_usage
from ..rules import require_work, side_of
from ..selectors.ordering import Offer, offer
from .events import append, locked
from .moving import machine, put_state
from .opening import NewCase, Opened, open_of, require_may_open

WAITS = "waiting_approval"


@dataclass(frozen=True)
class NewOrder:
    """What is ordered: an offer, how many, and the yearly price that was shown (minor units).

    The rest is as of any new case. `source`, `source_id`: the same pair never orders twice.
    """

    offer: str
    quantity: Decimal
    year_minor: int
    text: str = ""
    channel: str = "web"
    requester: Contact | None = None
    reporter: Contact | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    source_id: str = ""


@action
def place_order(*, actor: Actor, agency_id: UUID, order: NewOrder) -> Opened:
    """Order something for an agency at the price that was shown; it waits for its approval.

    The same source and id give what was ordered before, whatever the price is by now. Errors:
    CASE-413 no such offer, 240 how many, 243 no price can be said, 244 no agreement covers
    it, 245 the price is another by now; and those of opening a case.
    """
    shown = offer(actor, agency_id, order.offer, order.quantity)
    category = shown.category
    require_may_open(actor, agency_id, category.case_type)
    made = open_of(actor, agency_id, _as_case(order, shown), category.case_type, category)
    if not made.fresh:
        return made
    price = _require_price(shown, order.year_minor)
    case = locked(actor, made.case.pk)
    waits = case.approvals.filter(state="open").exists()
    CaseOrder.objects.create(
        agency_id=agency_id,
        case=case,
        charge_item=shown.item.code,
        quantity=order.quantity,
        recurs=shown.recurs,
        rate=price.rate,
        currency=price.currency,
        first_minor=price.first_minor,
        year_minor=price.year_minor,
        promised_at=shown.due,
        state="asked" if waits else "ordered",
    )
    append(
        actor, case, "ordered",
        {"item": shown.item.code, "quantity": format(order.quantity, "f"), "rate": price.rate,
         "year_minor": price.year_minor, "currency": price.currency},
        reproject=False,
    )  # fmt: skip
    if waits:
        put_state(actor, case, machine(case).state(WAITS))
    return Opened(case, made.tracking_code)


def _as_case(order: NewOrder, shown: Offer) -> NewCase:
    return NewCase(
        case_type="",
        category=order.offer,
        subject=shown.category.name,
        text=order.text,
        channel=order.channel,
        requester=order.requester,
        reporter=order.reporter,
        answers=order.answers,
        source=order.source,
        source_id=order.source_id,
    )


def _require_price(shown: Offer, agreed: int) -> Any:
    if shown.price is None:
        raise Conflict(
            "CASE-243",
            f"Nobody can say ahead what “{shown.category.name}” costs: no rate by quantity is in "
            "force. Ask the centre.",
        )
    if not shown.covered:
        raise Conflict(
            "CASE-244",
            f"No order of your agreement covers “{shown.item.name}” today, so that it may not be "
            "charged. Have it added to the agreement first.",
        )
    if shown.price.year_minor != agreed:
        raise Conflict(
            "CASE-245",
            "The price is not the one that was shown to you. Look at it again, and order then.",
            field="quantity",
        )
    return shown.price


def follow_order(actor: Actor, case: Case, event: CaseEvent) -> None:
    """What becomes of an order when its case moves; a hook of every event (CASE-246)."""
    if case.case_type.family != "order" or event.kind not in ("approval", "state"):
        return
    order = CaseOrder.objects.select_for_update().filter(case=case).first()
    if order is None:
        return
    if event.kind == "approval":
        _decided(actor, case, order, str(event.data["state"]))
    elif event.data["phase"] == "resolved":
        _serve(case, order, event)
    elif event.data["phase"] == "closed" and order.state in ("asked", "ordered"):
        order.state = "cancelled"
        order.save(update_fields=["state"])
        Approval.objects.filter(case=case, state="open").update(state="withdrawn")


def _decided(actor: Actor, case: Case, order: CaseOrder, state: str) -> None:
    if order.state != "asked":
        return
    if state == "refused":
        order.state = "refused"
        order.save(update_fields=["state"])
        Approval.objects.filter(case=case, state="open").update(state="withdrawn")
        put_state(actor, case, machine(case).state("closed"))
    elif not Approval.objects.filter(case=case).exclude(state="approved").exists():
        order.state = "ordered"
        order.save(update_fields=["state"])
        put_state(actor, case, machine(case).state("in_progress"))


def _serve(case: Case, order: CaseOrder, event: CaseEvent) -> None:
    if order.state in ("in_service", "ended"):
        return  # it was mended: what began stays as it began
    if order.state != "ordered":
        raise Conflict(
            "CASE-246",
            "This order was cancelled or not approved, so that nothing is delivered. It has to be "
            "ordered anew.",
        )
    order.state, order.in_service_at = "in_service", event.at
    order.save(update_fields=["state", "in_service_at"])
    note_usage(case, order, event.at)


@action
def end_order(*, actor: Actor, case_id: UUID) -> CaseOrder:
    """Give up what was ordered and is billed each month: the present month is its last (CASE-247).

    The agency's people do, or those who work on the case.
    """
    case = locked(actor, case_id)
    if side_of(actor, case) == "agent":
        require_work(actor, case)
    order = CaseOrder.objects.select_for_update().filter(case=case).first()
    if order is None or order.state != "in_service" or order.recurs != "monthly":
        raise CaseError(
            "CASE-247",
            "Only what is in service and billed every month can be given up. Cancel an order that "
            "is not approved yet.",
        )
    moment = now()
    note_usage(case, order, moment)
    order.state, order.ended_at = "ended", moment
    order.save(update_fields=["state", "ended_at"])
    append(actor, case, "ended", {"item": order.charge_item}, reproject=False)
    return order
