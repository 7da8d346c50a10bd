"""The price of a quantity, worked out again."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from .basis import WIDE, Difference, differ, number

if TYPE_CHECKING:
    from .basis import Document


def r9(value: Decimal) -> Decimal:
    """Nine decimals, half away from zero."""
    return value.quantize(Decimal("1e-9"), ROUND_HALF_UP, WIDE)


def price(model: Document, quantity: Decimal) -> Decimal:
    """The exact price of a month's total quantity under a price model."""
    if quantity < 0:
        raise Difference(f"a total of {quantity} is below zero")
    if model["kind"] == "flat":
        return number(model["amount"], "flat amount")
    total = number(model.get("fixed", "0"), "fixed amount")
    if model["kind"] == "per_unit":
        return WIDE.add(total, WIDE.multiply(quantity, number(model["rate"], "rate")))
    if model["kind"] in LIMITED:
        return LIMITED[model["kind"]](model, quantity)
    if model["kind"] not in ("graduated", "volume"):
        raise Difference(f"unknown price model {model['kind']}")
    fixed = total
    reached = Decimal(0)
    for tier in model["tiers"]:
        low = number(tier["from"], "tier")
        differ("start of a tier", low, reached)
        high = number(tier["to"], "tier") if tier.get("to") is not None else None
        if model["kind"] == "volume" and quantity >= low:
            total = WIDE.add(fixed, WIDE.multiply(quantity, number(tier["rate"], "rate")))
        elif model["kind"] == "graduated" and quantity > low:
            top = quantity if high is None else min(quantity, high)
            part = WIDE.multiply(WIDE.subtract(top, low), number(tier["rate"], "rate"))
            total = WIDE.add(total, part)
        if high is None:
            break
        reached = high
    return total


def blocks(model: Document, quantity: Decimal) -> Decimal:
    """A price for every started block of a package or a step, and its cap."""
    whole, rest = divmod(quantity, number(model["size"], "size"))
    total = WIDE.multiply(whole + (1 if rest else 0), number(model["price"], "price"))
    return capped(WIDE.add(total, number(model.get("fixed", "0"), "fixed amount")), model)


def percent_of(model: Document, name: str, quantity: Decimal) -> Decimal:
    """So many per cent of an amount."""
    return WIDE.multiply(quantity, number(model[name], name)).scaleb(-2, WIDE)


def percentage(model: Document, quantity: Decimal) -> Decimal:
    """A percentage between its floor and its cap."""
    floor = number(model.get("floor", "0"), "floor")
    return capped(max(floor, percent_of(model, "percent", quantity)), model)


def at_cost(model: Document, quantity: Decimal) -> Decimal:
    """A cost as it is, and its overhead up to the cap."""
    return WIDE.add(quantity, capped(percent_of(model, "overhead", quantity), model))


def least(model: Document, quantity: Decimal) -> Decimal:
    """A minimum commitment."""
    return max(number(model["amount"], "minimum"), price(model["model"], quantity))


def capped(amount: Decimal, model: Document) -> Decimal:
    """At most the cap, if there is one."""
    return min(amount, number(model["cap"], "cap")) if model.get("cap") is not None else amount


LIMITED = {
    "package": blocks,
    "step": blocks,
    "percentage": percentage,
    "at_cost": at_cost,
    "minimum": least,
}
