"""What if: another volume, price or mix, by the live engine; nothing is written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from ninja import Query
from pydantic import Field

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit.doors import ALL, Asked, Door, needs
from ..kit.types import AgencyKey, Exact, In, Out

door = Door("what-if", "What another volume, price or mix would cost. Nothing is kept.")


class MixIn(In):
    """The share of one cell of a price by dimensions, as a fraction such as 1/4 or 0.25."""

    cell: Annotated[str, Field(max_length=200, description="Its values; or other.")]
    share: Annotated[str, Field(max_length=30, pattern=r"^[0-9]+(\.[0-9]+|/[1-9][0-9]*)?$")]


class ChangeIn(In):
    """A change to one item; what is left out stays as it is."""

    charge_item: Annotated[str, Field(max_length=60)]
    quantity: Exact | None = Field(None, description="Units of an average month.")
    rate_version: Annotated[str, Field(max_length=80)] = ""
    mix: list[MixIn] = Field(default_factory=list, max_length=100)


class WhatIfIn(In):
    """The changes; none: what the months cost at today's prices."""

    agency: AgencyKey
    changes: list[ChangeIn] = Field(default_factory=list, max_length=500)


class ItemEffectOut(Out):
    """One item over the months, in minor units of the book currency."""

    charge_item: str
    average: Exact
    rate_version: str
    before_minor: int
    after_minor: int
    change_minor: int
    sentence: str


class WhatIfOut(Out):
    """The whole; totals add the items up."""

    first_period: str
    last_period: str
    currency: str
    before_minor: int
    after_minor: int
    change_minor: int
    sentence: str
    items: list[ItemEffectOut]


class PriceOut(Out):
    """What a volume costs a month at one rate version; null: it depends on more than a volume."""

    rate_version: str
    currency: str
    amount: Exact | None


class PricesOut(Out):
    """One item's volume at today's rate and at those to come."""

    charge_item: str
    quantity: Exact
    prices: list[PriceOut]


@door.post("/what-if", access=needs("charging.view_bills", "charging.view_all_bills"),
           returns=WhatIfOut)  # fmt: skip
def what_if(request: Asked, data: WhatIfIn) -> dict[str, Any]:
    """An agency's last twelve billed months as used and as asked, line by line."""
    asked = {
        each.charge_item: charging.WhatIfAsked(
            quantity=None if each.quantity is None else Decimal(each.quantity),
            version=each.rate_version,
            mix={part.cell: Fraction(part.share) for part in each.mix} or None,
        )
        for each in data.changes
    }
    found = charging.what_if(request.actor, find_agency(request.actor, data.agency).pk, asked)
    return {
        "first_period": found.first,
        "last_period": found.last,
        "currency": found.currency,
        "before_minor": found.before_minor,
        "after_minor": found.after_minor,
        "change_minor": found.change_minor,
        "sentence": charging.what_if_sentence(found),
        "items": [
            {
                "charge_item": each.start.item.code,
                "average": each.start.average,
                "rate_version": each.version.code,
                "before_minor": each.before_minor,
                "after_minor": each.after_minor,
                "change_minor": each.change_minor,
                "sentence": charging.item_sentence(each, found.currency),
            }
            for each in found.items
        ],
    }


@door.get("/rates/{code}/what-if", access=ALL, returns=PricesOut)
def price_of(
    request: Asked,
    code: str,
    quantity: Annotated[str, Field(max_length=30)] = Query("100"),
    others: Annotated[str, Field(max_length=30)] = Query("0", description="For a shared price."),
) -> dict[str, Any]:
    """What a volume a month costs at an item's published rates."""
    found = charging.price_of(request.actor, code, quantity, others)
    return {
        "charge_item": found.item.code,
        "quantity": found.quantity,
        "prices": [
            {"rate_version": row.code, "currency": row.currency, "amount": cost}
            for row, cost in found.prices
        ],
    }
