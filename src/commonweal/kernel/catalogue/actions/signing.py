"""Signing orders and estimates: what makes an order binding."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ..domain import ORDER_MOVES, CatalogueError, Problem, move, refuse
from ..drafts import problems_of
from ..models import EstimateSignature, Order, OrderLine
from ..rules import check_reach
from ..selectors import draft_of
from .endings import cut_lines
from .parties import (
    check_refusal,
    close,
    locked_order,
    put_signature,
    signed_already,
)

ESTIMATE = "agreements.sign_estimate"


@action
def sign_order(*, actor: Actor, order_id: UUID, side: str) -> Order:
    """Sign an order for the “agency” or the “centre”; the second signature makes it binding.

    The agency's signature also stands under each estimated quantity that nobody signed yet. When
    it becomes binding, its lines begin to cover usage, and a modification replaces the order
    before it from its first day on.
    """
    order = locked_order(actor, order_id)
    if order.state != "proposed" or signed_already(order, side):
        raise CatalogueError(
            "CATALOGUE-222",
            f"Order {order} is {order.state}; there is nothing for you to sign.",
        )
    if order.agreement.state != "active":
        raise CatalogueError(
            "CATALOGUE-214",
            f"Agreement {order.agreement.number} is {order.agreement.state}. Both sides sign the "
            "agreement before its orders.",
        )
    if order.supersedes is not None:
        check_reach(order.supersedes, order.starts, f"Modification {order}")
    refuse(problems_of(draft_of(order), order.agreement))
    both = put_signature(actor, order, side)
    if side == "agency":
        refuse(_refused_estimates(order))
        _sign_estimates(actor, order)
    if both:
        _activate(order)
    else:
        order.save()
    record(
        actor=actor,
        verb="agreements.order_signed",
        target=order,
        agency_id=order.agency_id,
        payload={"side": side, "state": order.state, "supersedes": order.supersedes_id},
    )
    return order


@action
def refuse_order(*, actor: Actor, order_id: UUID, side: str, reason: str) -> Order:
    """Refuse an order or modification for the “agency” or the “centre”, with a reason.

    The order before it stays in force.
    """
    order = locked_order(actor, order_id)
    check_refusal(actor, order, side, reason)
    order.state = move(ORDER_MOVES, order.state, "refused", f"Order {order}")
    close(actor, order, side, reason)
    order.save()
    record(
        actor=actor,
        verb="agreements.order_refused",
        target=order,
        agency_id=order.agency_id,
        payload={"side": side, "number": order.number, "modification": order.modification},
    )
    return order


@action
def refuse_estimate(*, actor: Actor, order_line_id: UUID, reason: str) -> EstimateSignature:
    """Refuse the quantity that one line estimates, with a reason of at least ten characters.

    While the refusal stands, the agency cannot sign the order; signing the quantity lifts it.
    """
    line, order = _line_to_answer(actor, order_line_id)
    if len(reason.strip()) < 10:
        raise CatalogueError(
            "CATALOGUE-251",
            "Say in at least ten characters why you refuse the quantity, and what you expect.",
        )
    answer = _signature(line, line.estimated_quantity, actor.user_id)
    answer.refusal = reason.strip()
    answer.save(force_insert=True)
    record(
        actor=actor,
        verb="agreements.estimate_refused",
        target=line,
        agency_id=order.agency_id,
        payload={"quantity": line.estimated_quantity},
    )
    return answer


@action
def sign_estimate(*, actor: Actor, order_line_id: UUID, quantity: Decimal) -> EstimateSignature:
    """Sign the quantity that the agency expects to use under one line.

    In a draft, another quantity becomes the line's estimate; later the signature must fit it.
    """
    line, order = _line_to_answer(actor, order_line_id)
    if quantity != line.estimated_quantity:
        _change_estimate(order, line, quantity)
    signature = _signature(line, quantity, actor.user_id)
    signature.save(force_insert=True)
    record(
        actor=actor,
        verb="agreements.estimate_signed",
        target=line,
        agency_id=order.agency_id,
        payload={"quantity": quantity},
    )
    return signature


def _line_to_answer(actor: Actor, order_line_id: UUID) -> tuple[OrderLine, Order]:
    """A line whose estimate the actor may answer now, with its order."""
    line = OrderLine.objects.filter(pk=order_line_id).first()
    order = locked_order(actor, line.order_id if line else order_line_id)
    line = order.lines.get(pk=order_line_id)
    require(actor, ESTIMATE, order.agency_id)
    if actor.kind != "person":
        raise CatalogueError("CATALOGUE-232", "Only a person can sign. Sign in and try again.")
    if order.state not in ("draft", "proposed"):
        raise CatalogueError(
            "CATALOGUE-235", f"Order {order} is {order.state}. Propose a modification instead."
        )
    return line, order


def _refused_estimates(order: Order) -> list[Problem]:
    """Lines whose estimated quantity the agency refused last."""
    answers = EstimateSignature.objects.filter(order_line__order=order).order_by("signed_at", "id")
    last = {answer.order_line_id: answer for answer in answers}
    return [
        Problem(
            "CATALOGUE-260",
            f"Line {line.number}",
            f"your agency refused the quantity {line.estimated_quantity.normalize():f}: "
            f"{last[line.pk].refusal} Sign the quantity first, or refuse the order.",
        )
        for line in order.lines.all()
        if line.pk in last and last[line.pk].refusal
    ]


def _change_estimate(order: Order, line: OrderLine, quantity: Decimal) -> None:
    if order.state != "draft":
        raise CatalogueError(
            "CATALOGUE-236",
            f"Order {order} proposes {line.estimated_quantity} in line {line.number}, not "
            f"{quantity}. Sign that quantity, or withdraw the order and propose another.",
        )
    line.estimated_quantity = quantity
    wanted = draft_of(order, changed=line)
    refuse(problems_of(wanted, order.agreement))
    line.save(update_fields=["estimated_quantity"])


def _signature(line: OrderLine, quantity: Decimal, user_id: UUID | None) -> EstimateSignature:
    assert user_id is not None, "only a person answers an estimate"
    return EstimateSignature(
        agency_id=line.agency_id,
        order_line=line,
        quantity=quantity,
        signed_by=user_id,
        signed_at=now(),
    )


def _sign_estimates(actor: Actor, order: Order) -> None:
    signed = set(
        EstimateSignature.objects.filter(
            order_line__order=order, refusal="", quantity=F("order_line__estimated_quantity")
        ).values_list("order_line_id", flat=True)
    )
    EstimateSignature.objects.bulk_create(
        _signature(line, line.estimated_quantity, actor.user_id)
        for line in order.lines.all()
        if line.pk not in signed and actor.user_id
    )


def _activate(order: Order) -> None:
    """Make an order binding: close the one it replaces, then let its own lines cover usage."""
    old = order.supersedes
    if old is not None:
        old = Order.objects.select_for_update().get(pk=old.pk)
        old.state = move(ORDER_MOVES, old.state, "superseded", f"Order {old}")
        old.ended_on = order.starts
        cut_lines(old, order.starts)
        old.save(update_fields=["state", "ended_on"])
    refuse(_overlaps(order))
    order.state = move(ORDER_MOVES, order.state, "active", f"Order {order}")
    order.save()
    order.lines.update(active=True, activated_at=now())


def _overlaps(order: Order) -> list[Problem]:
    """Lines of other orders that already cover the same item and bureau on some of the days."""
    problems = []
    for line in order.lines.select_related("charge_item"):
        other = (
            OrderLine.objects.filter(
                agency_id=order.agency_id, charge_item_id=line.charge_item_id, active=True
            )
            .filter(Q(bureau_id=line.bureau_id) if line.bureau_id else Q(bureau__isnull=True))
            .filter(Q(ends__isnull=True) | Q(ends__gt=line.starts))
            .filter(Q(starts__lt=line.ends) if line.ends else Q())
            .select_related("order")
            .first()
        )
        if other is not None:
            problems.append(
                Problem(
                    "CATALOGUE-211",
                    f"Line {line.number}",
                    f"order {other.order} already covers {line.charge_item.code} from "
                    f"{other.starts}. Modify that order, or change the dates.",
                )
            )
    return problems
