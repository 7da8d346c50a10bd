"""Drafting, proposing, modifying and withdrawing orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Max

from ...access.public import Actor
from ...audit.public import action, record
from ...calendar.public import Span
from ..domain import (
    ORDER_MOVES,
    CatalogueError,
    NewFunding,
    NewLine,
    OrderDraft,
    compare,
    move,
    profile,
    refuse,
)
from ..drafts import Terms, checked, funded, problems_of
from ..models import Agreement, ChargeItem, FundingSource, Order, OrderLine
from ..rules import PROPOSE, check_reach, side_of
from ..selectors import draft_of
from .parties import (
    close,
    locked_agreement,
    locked_order,
    own_side,
    proposer,
)


@action
def create_order(
    *,
    actor: Actor,
    agreement_id: UUID,
    starts: date,
    lines: Sequence[NewLine],
    funding: Sequence[NewFunding] = (),
    ends: date | None = None,
    total_minor: int | None = None,
    currency: str | None = None,
    advance_total_minor: int | None = None,
    advance_recognition: str = "",
    payment_days: int = 30,
    billing_frequency: str = "monthly",
    location_code: str = "",
    draft: bool = False,
) -> Order:
    """Propose an order under an agreement, or keep it as a draft.

    `funding` pays for every line that names no sources of its own. `ends` None: the agreement's
    end. `total_minor` None: the sum of the lines. `currency` None: the centre's. The order binds
    once both sides signed (`sign_order`).

    Errors: `CatalogueError` with all problems (CATALOGUE-201 to 247), nothing written.
    """
    agreement = locked_agreement(actor, agreement_id)
    who = proposer(actor, agreement.agency_id)
    _must_be_open(agreement)
    terms = Terms(
        starts, ends or agreement.ends, currency, total_minor, advance_total_minor,
        advance_recognition, payment_days, billing_frequency, location_code,
    )  # fmt: skip
    sequence = _next_sequence(agreement)
    number = profile(agreement.profile).number(
        agreement=agreement.number,
        starts=starts,
        sequence=sequence,
        requesting_aid=agreement.requesting_aid,
        servicing_aid=agreement.servicing_aid,
    )
    numbered = {"number": number, "sequence": sequence}
    wanted = checked(agreement, terms, funded(lines, funding), number)
    return _write(actor, agreement, wanted, {**who, **numbered}, draft)


@action
def modify_order(
    *,
    actor: Actor,
    order_id: UUID,
    starts: date,
    lines: Sequence[NewLine],
    reason: str,
    funding: Sequence[NewFunding] = (),
    ends: date | None = None,
    total_minor: int | None = None,
    advance_total_minor: int | None = None,
    draft: bool = False,
) -> Order:
    """Propose a modification: a new row of the same order that replaces it from `starts` on.

    Needs the signatures of both sides again; until then the present order stays in force. The
    other terms (payment, billing, currency) are those of the order. `starts` lies in no closed
    month (CATALOGUE-250), and something must change (CATALOGUE-252).
    """
    old = locked_order(actor, order_id)
    who = proposer(actor, old.agency_id)
    agreement = locked_agreement(actor, old.agreement_id)
    _must_be_open(agreement)
    if old.state != "active":
        raise CatalogueError(
            "CATALOGUE-224",
            f"Order {old} is {old.state}. Modify the version that is in force.",
        )
    if old.modifications.filter(state__in=["draft", "proposed"]).exists():
        raise CatalogueError(
            "CATALOGUE-227",
            f"A modification of order {old} waits for signatures. Sign or withdraw it first.",
        )
    if not Span(old.starts, old.ends).covers(starts) or not reason.strip():
        raise CatalogueError(
            "CATALOGUE-228",
            f"Say why, and from which day of order {old} on ({old.starts} or later).",
        )
    check_reach(old, starts, "A modification")
    last = Order.objects.filter(agency_id=old.agency_id, number=old.number).aggregate(
        last=Max("modification")
    )["last"]
    terms = Terms(
        starts, ends or old.ends, old.currency, total_minor, advance_total_minor,
        old.advance_recognition, old.payment_days, old.billing_frequency, old.location_code,
    )  # fmt: skip
    chain = {
        "number": old.number,
        "sequence": old.sequence,
        "modification": last + 1,
        "supersedes": old,
        "reason": reason.strip(),
    }
    wanted = checked(agreement, terms, funded(lines, funding), old.number)
    if not compare(draft_of(old), wanted):
        raise CatalogueError(
            "CATALOGUE-252", f"Nothing of order {old} would change. Change something first."
        )
    return _write(actor, agreement, wanted, {**who, **chain}, draft)


@action
def revise_order(
    *,
    actor: Actor,
    order_id: UUID,
    starts: date,
    lines: Sequence[NewLine],
    funding: Sequence[NewFunding] = (),
    ends: date | None = None,
    total_minor: int | None = None,
    advance_total_minor: int | None = None,
) -> Order:
    """Replace the dates, lines and sums of a draft. It stays a draft, with its number."""
    order = locked_order(actor, order_id)
    side_of(actor, PROPOSE, order.agency_id)
    if order.state != "draft":
        raise CatalogueError(
            "CATALOGUE-229",
            f"Order {order} is {order.state}, no draft. Withdraw it, or propose a modification.",
        )
    if order.supersedes and not Span(order.supersedes.starts, order.supersedes.ends).covers(starts):
        raise CatalogueError(
            "CATALOGUE-228", f"Order {order} must begin while the order that it replaces runs."
        )
    terms = Terms(
        starts, ends or order.ends, order.currency, total_minor, advance_total_minor,
        order.advance_recognition, order.payment_days, order.billing_frequency,
        order.location_code,
    )  # fmt: skip
    full = funded(lines, funding)
    wanted = checked(order.agreement, terms, full, order.number)
    FundingSource.objects.filter(order_line__order=order).delete()
    OrderLine.objects.filter(order=order).delete()
    for name, value in _header(wanted).items():
        setattr(order, name, value)
    order.save()
    _write_lines(order, wanted)
    record(
        actor=actor,
        verb="agreements.order_revised",
        target=order,
        agency_id=order.agency_id,
        payload=_summary(order, wanted),
    )
    return order


@action
def propose_order(*, actor: Actor, order_id: UUID) -> Order:
    """Propose a draft to both sides; from now on only signatures can be added.

    Whoever proposes counts as the proposer, even if somebody else drafted it.
    """
    order = locked_order(actor, order_id)
    who = proposer(actor, order.agency_id)
    order.state = move(ORDER_MOVES, order.state, "proposed", f"Order {order}")
    refuse(problems_of(draft_of(order), order.agreement))
    for name, value in who.items():
        setattr(order, name, value)
    order.save()
    record(
        actor=actor,
        verb="agreements.order_proposed",
        target=order,
        agency_id=order.agency_id,
        payload={"number": order.number, "modification": order.modification},
    )
    return order


@action
def withdraw_order(*, actor: Actor, order_id: UUID, reason: str) -> Order:
    """Take one's own side's order back while it does not bind yet. Its number stays used."""
    order = locked_order(actor, order_id)
    side = own_side(actor, order)
    order.state = move(ORDER_MOVES, order.state, "withdrawn", f"Order {order}")
    close(actor, order, side, reason)
    order.save()
    record(
        actor=actor,
        verb="agreements.order_withdrawn",
        target=order,
        agency_id=order.agency_id,
        payload={"number": order.number, "modification": order.modification},
    )
    return order


def _must_be_open(agreement: Agreement) -> None:
    if agreement.state not in ("draft", "proposed", "active"):
        raise CatalogueError(
            "CATALOGUE-214",
            f"Agreement {agreement.number} is {agreement.state}. Make a new agreement first.",
        )


def _next_sequence(agreement: Agreement) -> int:
    orders = Order.objects.filter(agency_id=agreement.agency_id)
    if profile(agreement.profile).counts_per_agency:
        orders = orders.filter(agreement__profile=agreement.profile)
    else:
        orders = orders.filter(agreement=agreement)
    return (orders.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _header(wanted: OrderDraft) -> dict[str, Any]:
    return {
        "starts": wanted.span.start,
        "ends": wanted.span.end,
        "currency": wanted.currency,
        "total_minor": wanted.total_minor,
        "advance_total_minor": wanted.advance_total_minor,
        "advance_recognition": wanted.advance_recognition,
        "payment_days": wanted.payment_days,
        "billing_frequency": wanted.billing_frequency,
        "location_code": wanted.location_code,
    }


def _summary(order: Order, wanted: OrderDraft) -> dict[str, Any]:
    return {
        "number": order.number,
        "modification": order.modification,
        "starts": wanted.span.start,
        "ends": wanted.span.end,
        "total_minor": wanted.total_minor,
        "currency": wanted.currency,
        "items": [line.item for line in wanted.lines],
    }


def _write(
    actor: Actor,
    agreement: Agreement,
    wanted: OrderDraft,
    columns: dict[str, Any],
    draft: bool,
) -> Order:
    order = Order.objects.create(
        agency_id=agreement.agency_id,
        agreement=agreement,
        state="draft",
        **_header(wanted),
        **columns,
    )
    _write_lines(order, wanted)
    if not draft:
        order.state = move(ORDER_MOVES, order.state, "proposed", f"Order {order}")
        order.save(update_fields=["state"])
    record(
        actor=actor,
        verb="agreements.order_drafted" if draft else "agreements.order_proposed",
        target=order,
        agency_id=order.agency_id,
        payload={**_summary(order, wanted), "side": order.proposed_side},
    )
    return order


def _write_lines(order: Order, wanted: OrderDraft) -> None:
    codes = {line.item for line in wanted.lines}
    items = dict(ChargeItem.objects.filter(code__in=codes).values_list("code", "pk"))
    lines, sources = [], []
    for number, given in enumerate(wanted.lines, start=1):
        span = wanted.line_span(given)
        line = OrderLine(
            agency_id=order.agency_id,
            order=order,
            number=number,
            charge_item_id=items[given.item],
            bureau_id=given.bureau_id,
            description=given.description.strip(),
            estimated_quantity=given.estimated_quantity,
            estimated_amount_minor=given.estimated_amount_minor,
            advance_minor=given.advance_minor,
            starts=span.start,
            ends=span.end,
            agreed_ends=span.end,
        )
        lines.append(line)
        sources += [
            FundingSource(
                agency_id=order.agency_id,
                order_line=line,
                name=source.name.strip(),
                account_string=source.account_string.strip(),
                share_numerator=source.share_numerator,
                share_denominator=source.share_denominator,
                grant=source.grant,
                grant_ref=source.grant_ref.strip(),
            )
            for source in given.funding
        ]
    OrderLine.objects.bulk_create(lines)
    FundingSource.objects.bulk_create(sources)
