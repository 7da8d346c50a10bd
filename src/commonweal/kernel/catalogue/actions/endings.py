"""Ending an order or an agreement early: proposed by one party, signed by both."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction

from ...access.public import Actor
from ...audit.public import action, record
from ...calendar.public import Span, today
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ...words.public import day as day_words
from ..domain import AGREEMENT_MOVES, ENDING_MOVES, ORDER_MOVES, CatalogueError, move
from ..models import Agreement, Ending, Order, OrderLine
from ..rules import check_open, check_reach
from .parties import (
    check_refusal,
    close,
    lock_agency,
    locked_agreement,
    locked_order,
    own_side,
    proposer,
    put_signature,
    signed_already,
)


@action
def propose_ending(
    *,
    actor: Actor,
    ends: date,
    reason: str,
    agreement_id: UUID | None = None,
    order_id: UUID | None = None,
) -> Ending:
    """Propose that an order, or an agreement with all its orders, ends early.

    `ends`: the first day without it, today or later and in no closed month: what was used before
    was used under it. Errors: CATALOGUE-225 no reason, -226 and -250 the day, -257 it does not
    hold, -258 one waits.
    """
    found: Agreement | Order
    if order_id is not None and agreement_id is None:
        found = locked_order(actor, order_id)
    elif agreement_id is not None and order_id is None:
        found = locked_agreement(actor, agreement_id)
    else:
        raise CatalogueError("CATALOGUE-225", "Name the agreement or the order that shall end.")
    who = proposer(actor, found.agency_id)
    if len(reason.strip()) < 10:
        raise CatalogueError("CATALOGUE-225", "Say in at least ten characters why it ends.")
    _check_day(found, ends)
    try:
        with transaction.atomic():
            ending = Ending.objects.create(
                agency_id=found.agency_id,
                agreement=found if isinstance(found, Agreement) else None,
                order=found if isinstance(found, Order) else None,
                ends=ends,
                reason=reason.strip(),
                **who,
            )
    except IntegrityError as error:
        raise Conflict(
            "CATALOGUE-258", f"The end of {found} waits for signatures already. Sign or refuse it."
        ) from error
    ending.state = move(ENDING_MOVES, ending.state, "proposed", str(ending))
    ending.save(update_fields=["state"])
    record(
        actor=actor,
        verb="agreements.ending_proposed",
        target=ending,
        agency_id=ending.agency_id,
        payload={
            "agreement": agreement_id,
            "order": order_id,
            "ends": ends,
            "side": ending.proposed_side,
        },
    )
    return ending


def _check_day(found: Agreement | Order, ends: date) -> None:
    if found.state != "active":
        raise CatalogueError(
            "CATALOGUE-257", f"{found} is {found.state}. Only what is in force can be ended."
        )
    local = today(centre().zone)
    if ends < local or not Span(found.starts, found.ends).covers(ends):
        last = f"{day_words(found.ends)} (excluded)" if found.ends else "any later day"
        raise CatalogueError(
            "CATALOGUE-226",
            f"It can end on a day from {day_words(max(local, found.starts))} to {last}. Choose "
            "such a day.",
        )
    what = "The time without it"
    if isinstance(found, Order):
        check_reach(found, ends, what)
        return
    check_open(ends, what)
    for order in found.orders.filter(state__in=["active", "superseded"]):
        check_reach(order, ends, what)


def _locked(actor: Actor, ending_id: UUID) -> Ending:
    found = Ending.objects.filter(pk=ending_id).first()
    if found is None or not (actor.centre or found.agency_id in actor.agencies):
        raise NotFound(
            "CATALOGUE-407", "There is no such proposal among yours. Choose one from the list."
        )
    lock_agency(found.agency_id)
    return (
        Ending.objects.select_for_update(of=("self",))
        .select_related("order__agreement", "agreement")
        .get(pk=ending_id)
    )


@action
def sign_ending(*, actor: Actor, ending_id: UUID, side: str) -> Ending:
    """Sign an early end for the “agency” or the “centre”; the second signature brings it about."""
    ending = _locked(actor, ending_id)
    if ending.state != "proposed" or signed_already(ending, side):
        raise CatalogueError(
            "CATALOGUE-222", f"{ending} is {ending.state}; there is nothing for you to sign."
        )
    both = put_signature(actor, ending, side)
    ended: list[UUID] = []
    if both:
        ending.state = move(ENDING_MOVES, ending.state, "active", str(ending))
        ended = _bring_about(actor, ending)
    ending.save()
    record(
        actor=actor,
        verb="agreements.ending_signed",
        target=ending,
        agency_id=ending.agency_id,
        payload={"side": side, "state": ending.state, "ends": ending.ends, "orders": ended},
    )
    return ending


def _bring_about(actor: Actor, ending: Ending) -> list[UUID]:
    """End what was to end; its day is looked at again, because it may have passed meanwhile."""
    if ending.order is not None:
        _check_day(ending.order, ending.ends)
        return [_end_order(actor, ending.order, ending)]
    agreement = ending.agreement
    assert agreement is not None, "an ending names an order or an agreement"
    _check_day(agreement, ending.ends)
    agreement.state = move(AGREEMENT_MOVES, agreement.state, "ended", str(agreement))
    agreement.ended_on = ending.ends
    close(actor, agreement, ending.proposed_side, ending.reason)
    agreement.save()
    return [
        _end_order(actor, order, ending)
        for order in agreement.orders.exclude(state__in=["withdrawn", "refused", "ended"])
    ]


def _end_order(actor: Actor, order: Order, ending: Ending) -> UUID:
    """Cut an order short: proposals lapse, what binds covers nothing from the day on."""
    pending = order.modifications.filter(state__in=["draft", "proposed"])
    for paper in [*([order] if order.state in ("draft", "proposed") else []), *pending]:
        paper.state = move(ORDER_MOVES, paper.state, "withdrawn", f"Order {paper}")
        close(actor, paper, ending.proposed_side, ending.reason)
        paper.save()
    if order.state == "withdrawn":
        return order.pk
    cut_lines(order, ending.ends)
    if order.state == "active":
        order.state = move(ORDER_MOVES, order.state, "ended", f"Order {order}")
        order.ended_on = ending.ends
        close(actor, order, ending.proposed_side, ending.reason)
        order.save()
    return order.pk


def cut_lines(order: Order, day: date) -> None:
    """Let the order's lines cover nothing from a day on; what was agreed stays readable."""
    lines = OrderLine.objects.filter(order=order, active=True)
    lines.filter(starts__gte=day).update(active=False)
    lines.filter(starts__lt=day, ends__gt=day).update(ends=day)
    lines.filter(starts__lt=day, ends__isnull=True).update(ends=day)


@action
def withdraw_ending(*, actor: Actor, ending_id: UUID, reason: str) -> Ending:
    """Take a proposed end back, for the side that proposed it."""
    ending = _locked(actor, ending_id)
    side = own_side(actor, ending)
    ending.state = move(ENDING_MOVES, ending.state, "withdrawn", str(ending))
    close(actor, ending, side, reason)
    ending.save()
    record(
        actor=actor,
        verb="agreements.ending_withdrawn",
        target=ending,
        agency_id=ending.agency_id,
    )
    return ending


@action
def refuse_ending(*, actor: Actor, ending_id: UUID, side: str, reason: str) -> Ending:
    """Refuse a proposed end for the “agency” or the “centre”, with a reason."""
    ending = _locked(actor, ending_id)
    check_refusal(actor, ending, side, reason)
    ending.state = move(ENDING_MOVES, ending.state, "refused", str(ending))
    close(actor, ending, side, reason)
    ending.save()
    record(
        actor=actor,
        verb="agreements.ending_refused",
        target=ending,
        agency_id=ending.agency_id,
        payload={"side": side},
    )
    return ending
