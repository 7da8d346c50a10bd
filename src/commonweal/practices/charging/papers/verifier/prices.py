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
    if model["kind"] != "graduated":
        raise Difference(f"unknown price model {model['kind']}")
    reached = Decimal(0)
    for tier in model["tiers"]:
        low = number(tier["from"], "tier")
        differ("start of a tier", low, reached)
        high = number(tier["to"], "tier") if tier.get("to") is not None else None
        if quantity > low:
            top = quantity if high is None else min(quantity, high)
            part = WIDE.multiply(WIDE.subtract(top, low), number(tier["rate"], "rate"))
            total = WIDE.add(total, part)
        if high is None:
            break
        reached = high
    return total
