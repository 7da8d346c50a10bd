"""Making, signing and ending general terms with an agency."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Max

from ...access.public import Actor
from ...audit.public import action, record
from ...calendar.public import Span, today
from ...party.public import centre
from ..domain import AGREEMENT_MOVES, ORDER_MOVES, CatalogueError, move, profile
from ..models import Agreement, Order, OrderLine
from .parties import (
    PROPOSE,
    SIGN,
    lock_agency,
    locked_agreement,
    proposer,
    put_signature,
    side_of,
    signed_already,
)


@action
def create_agreement(
    *,
    actor: Actor,
    agency_id: UUID,
    title: str,
    terms: str,
    starts: date,
    ends: date | None = None,
    profile_name: str = "plain",
    requesting_aid: str = "",
    servicing_aid: str = "",
    location_code: str = "",
) -> Agreement:
    """Propose general terms to an agency (or, by the agency, to the centre).

    It binds once both sides signed (`sign_agreement`). `requesting_aid`, `servicing_aid` (3 digits
    each) and `location_code` (8 digits) are asked for by profile 7600 only.
    """
    who = proposer(actor, agency_id)
    lock_agency(agency_id)
    Span(starts, ends)
    if not title.strip() or not terms.strip():
        raise CatalogueError(
            "CATALOGUE-221", "An agreement needs a title and its terms. Write both."
        )
    used = Agreement.objects.filter(agency_id=agency_id).aggregate(last=Max("sequence"))["last"]
    sequence = (used or 0) + 1
    number = profile(profile_name).agreement_number(
        starts=starts,
        sequence=sequence,
        requesting_aid=requesting_aid,
        servicing_aid=servicing_aid,
    )
    agreement = Agreement.objects.create(
        agency_id=agency_id,
        number=number,
        sequence=sequence,
        title=title.strip(),
        terms=terms.strip(),
        starts=starts,
        ends=ends,
        profile=profile_name,
        requesting_aid=requesting_aid,
        servicing_aid=servicing_aid,
        location_code=location_code,
        state="draft",
        **who,
    )
    agreement.state = move(AGREEMENT_MOVES, "draft", "proposed", f"Agreement {number}")
    agreement.save(update_fields=["state"])
    record(
        actor=actor,
        verb="agreements.agreement_proposed",
        target=agreement,
        agency_id=agency_id,
        payload={"number": number, "starts": starts, "ends": ends, "side": who["proposed_side"]},
    )
    return agreement


@action
def sign_agreement(*, actor: Actor, agreement_id: UUID, side: str) -> Agreement:
    """Sign general terms for the “agency” or the “centre”; both signatures make them binding."""
    agreement = locked_agreement(actor, agreement_id)
    if agreement.state != "proposed" or signed_already(agreement, side):
        raise CatalogueError(
            "CATALOGUE-222",
            f"Agreement {agreement.number} is {agreement.state}; there is nothing for you to sign.",
        )
    if put_signature(actor, agreement, side):
        agreement.state = move(
            AGREEMENT_MOVES, agreement.state, "active", f"Agreement {agreement.number}"
        )
    agreement.save()
    record(
        actor=actor,
        verb="agreements.agreement_signed",
        target=agreement,
        agency_id=agreement.agency_id,
        payload={"side": side, "state": agreement.state},
    )
    return agreement


@action
def withdraw_agreement(*, actor: Actor, agreement_id: UUID, reason: str) -> Agreement:
    """Take back proposed terms that do not bind yet; either side may. The number stays used."""
    agreement = locked_agreement(actor, agreement_id)
    side_of(actor, PROPOSE, agreement.agency_id)
    agreement.state = move(
        AGREEMENT_MOVES, agreement.state, "withdrawn", f"Agreement {agreement.number}"
    )
    agreement.closing_reason = reason.strip()
    agreement.save(update_fields=["state", "closing_reason"])
    record(
        actor=actor,
        verb="agreements.agreement_withdrawn",
        target=agreement,
        agency_id=agreement.agency_id,
    )
    return agreement


@action
def end_agreement(*, actor: Actor, agreement_id: UUID, on: date, reason: str) -> Agreement:
    """End an agreement and all its orders from a day on (`on` is the first day without them).

    Either side's signer may, with a reason, but never for days that are past: what was used then
    was used under the agreement.
    """
    agreement = locked_agreement(actor, agreement_id)
    agency_id = agreement.agency_id
    permission = (
        SIGN["agency"] if agency_id in actor.agencies_with(SIGN["agency"]) else SIGN["centre"]
    )
    side_of(actor, permission, agency_id)
    if not reason.strip():
        raise CatalogueError("CATALOGUE-225", "Say why the agreement ends.")
    local = today(centre().zone)
    if on < local or not Span(agreement.starts, agreement.ends).covers(on):
        raise CatalogueError(
            "CATALOGUE-226",
            f"It can end between {max(local, agreement.starts)} and the day before its own end. "
            "Choose such a day.",
        )
    agreement.state = move(
        AGREEMENT_MOVES, agreement.state, "ended", f"Agreement {agreement.number}"
    )
    agreement.ended_on = on
    agreement.closing_reason = reason.strip()
    agreement.save(update_fields=["state", "ended_on", "closing_reason"])
    ended = [end_order(order, on) for order in agreement.orders.exclude(state="withdrawn")]
    record(
        actor=actor,
        verb="agreements.agreement_ended",
        target=agreement,
        agency_id=agency_id,
        payload={"on": on, "orders": ended},
    )
    return agreement


def cut_lines(order: Order, day: date) -> None:
    """Let the order's lines cover nothing from a day on."""
    lines = OrderLine.objects.filter(order=order, active=True)
    lines.filter(starts__gte=day).update(active=False)
    lines.filter(starts__lt=day, ends__gt=day).update(ends=day)
    lines.filter(starts__lt=day, ends__isnull=True).update(ends=day)


def end_order(order: Order, day: date) -> UUID:
    """End an order with its agreement: proposals lapse, what binds is cut short."""
    what = f"Order {order.number}"
    if order.state in ("draft", "proposed"):
        order.state = move(ORDER_MOVES, order.state, "withdrawn", what)
        order.save(update_fields=["state"])
        return order.pk
    cut_lines(order, day)
    if order.state == "active":
        order.state = move(ORDER_MOVES, order.state, "ended", what)
        order.ended_on = day
        order.save(update_fields=["state", "ended_on"])
    return order.pk
