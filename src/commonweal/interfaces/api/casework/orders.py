"""Ordering from the catalogue: the price and the promised time first, then the order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Query
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as the_centre

from ..kit import paging
from ..kit.doors import Asked
from ..kit.types import AgencyKey, Exact, In, Long, Money, Out, Page, Text
from .desk import OfferCode
from .desk import door as desk
from .reads import door
from .shapes import SEE, Answer, CaseDetail, CaseKey, CaseOrderOut, Word, detail, found

Many = Annotated[Exact, Field(gt=0, le=1_000_000, max_digits=13, decimal_places=6)]


class OrderPriceOut(Out):
    """What an order adds to the agency's bills. `unit`: the rate in force, in words; `first`: once,
    or the present month; `year`: once, or the twelve months that begin with this one, each at the
    rate decided for it; `later`: rates that begin within them, in words."""

    rate: str
    unit: str
    currency: str
    first: Money
    year: Money
    later: list[str]


class OrderPromiseOut(Out):
    """By when it is in service, if it were approved at once. `stops`: what stops the clock."""

    promise: str
    name: str
    due_at: datetime
    stops: list[str]


class OrderOfferOut(Out):
    """Something that an agency can order. `recurs`: once, or monthly until it is given up, where a
    month that has begun counts whole. `covered`: an order of its agreement covers it today."""

    code: str
    name: str
    description: str
    group: str
    charge_item: str
    unit: str
    quantity: Exact
    recurs: Literal["once", "monthly"]
    approval: bool
    covered: bool
    orderable: bool
    price: OrderPriceOut | None
    promised: OrderPromiseOut | None


class CaseOrderIn(In):
    """An order. `year`: the yearly price that was shown, without which nothing is ordered. `key`:
    the same key of your account never orders twice."""

    agency: AgencyKey
    offer: OfferCode
    quantity: Many
    year: Exact
    text: Long = ""
    answers: Annotated[dict[Word, Answer], Field(max_length=100)] = Field(default_factory=dict)
    key: Annotated[Text, Field(max_length=120)] = ""


def _offer(row: casework.Offer) -> dict[str, Any]:
    price, category = row.price, row.category
    shown = None
    if price is not None:
        shown = {
            "rate": price.rate,
            "unit": price.words,
            "currency": price.currency,
            "first": Amount(price.first_minor, price.currency).text,
            "year": Amount(price.year_minor, price.currency).text,
            "later": list(price.later),
        }
    promised = None
    if row.promise is not None and row.due is not None:
        promised = {
            "promise": row.promise.code,
            "name": row.promise.name,
            "due_at": row.due,
            "stops": list(row.promise.pauses),
        }
    return {
        "code": category.code,
        "name": category.name,
        "description": category.description,
        "group": category.group,
        "charge_item": row.item.code,
        "unit": row.item.unit.code,
        "quantity": row.quantity,
        "recurs": row.recurs,
        "approval": row.approval,
        "covered": row.covered,
        "orderable": row.orderable,
        "price": shown,
        "promised": promised,
    }


@desk.get("/agencies/{agency}/order-offers", access=SEE, returns=Page[OrderOfferOut])
def list_order_offers(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What an agency can order, by group and name, with the price of one of each."""
    whose = find_agency(request.actor, agency)
    rows = [_offer(row) for row in casework.offers(request.actor, whose.pk, whose.code)]
    return paging.part_of(rows, after, limit, lambda row: row["code"])


@desk.get("/agencies/{agency}/order-offers/{offer}", access=SEE, returns=OrderOfferOut)
def read_order_offer(
    request: Asked,
    agency: AgencyKey,
    offer: OfferCode,
    quantity: Many = Query(Decimal(1), description="How many units."),
) -> dict[str, Any]:
    """What so many units of it would cost this agency now, and by when they would be in service."""
    whose = find_agency(request.actor, agency)
    return _offer(casework.offer(request.actor, whose.pk, offer, quantity))


@door.get("/agencies/{agency}/case-orders", access=SEE, returns=Page[CaseOrderOut])
def list_case_orders(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What an agency ordered, the newest first; one's own where one may not see all of it."""
    whose = find_agency(request.actor, agency)
    return paging.answer(casework.orders(request.actor, whose.pk, paging.place(after, limit)))


@door.post("/case-orders", access=SEE, returns=CaseDetail, status=201)
def place_order(request: Asked, data: CaseOrderIn) -> dict[str, Any]:
    """Order something at the price that was shown; it waits for its approval first."""
    actor = request.actor
    whose = find_agency(actor, data.agency)
    requester = None
    if not actor.centre:
        requester = casework.put_own_contact(actor=actor, agency_id=whose.pk)
    order = casework.NewOrder(
        offer=data.offer,
        quantity=data.quantity,
        year_minor=Amount.exactly(data.year, the_centre().currency).minor,
        text=data.text,
        channel="api",
        requester=requester,
        answers=data.answers,
        source=f"api:{actor.user_id}" if data.key else "",
        source_id=data.key,
    )
    made = casework.place_order(actor=actor, agency_id=whose.pk, order=order)
    return detail(request, str(made.case.pk))


@door.post("/cases/{case}/end-of-service", access=SEE, returns=CaseOrderOut)
def end_order(request: Asked, case: CaseKey) -> casework.CaseOrder:
    """Give up what is billed every month: the present month is its last."""
    return casework.end_order(actor=request.actor, case_id=found(request, case).pk)
