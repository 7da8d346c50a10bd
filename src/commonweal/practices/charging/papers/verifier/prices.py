"""The price of a quantity, worked out again."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import WIDE, Difference, differ, number

if TYPE_CHECKING:
    from .basis import Document


def r9(value: Decimal) -> Decimal:
    """Nine decimals, half away from zero."""
    return value.quantize(Decimal("1e-9"), ROUND_HALF_UP, WIDE)


def r9_of(value: Fraction) -> Decimal:
    """The same of a fraction that is not negative."""
    scaled = value * 10**9
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-9, WIDE)


def limited(model: Document, value: Decimal) -> Decimal:
    """At least the floor and at most the cap of a price, where it has them."""
    if model.get("floor") is not None:
        value = max(value, number(model["floor"], "floor"))
    return value if model.get("cap") is None else min(value, number(model["cap"], "cap"))


def price(model: Document, quantity: Decimal) -> Decimal:
    """The exact price of a month's quantity under a price by quantity."""
    if quantity < 0:
        raise Difference(f"a total of {quantity} is below zero")
    kind = model["kind"]
    if kind == "flat":
        return number(model["amount"], "flat amount")
    if kind in ("peak", "pooled"):
        return price(model["model"], quantity)
    if kind == "minimum":
        return max(number(model["amount"], "minimum"), price(model["model"], quantity))
    if kind == "percentage":
        share = number(model["percent"], "percent").scaleb(-2, WIDE)
        return limited(model, WIDE.multiply(quantity, share))
    if kind == "at_cost":
        share = number(model["overhead"], "overhead").scaleb(-2, WIDE)
        return WIDE.add(quantity, limited(model, WIDE.multiply(quantity, share)))
    total = number(model.get("fixed", "0"), "fixed amount")
    if kind == "per_unit":
        return WIDE.add(total, WIDE.multiply(quantity, number(model["rate"], "rate")))
    if kind in ("package", "step"):
        size = number(model["size"], "size")
        started = -(-Fraction(quantity) // Fraction(size))
        amount = WIDE.multiply(Decimal(started), number(model["price"], "price"))
        return limited(model, WIDE.add(total, amount))
    if kind not in ("graduated", "volume"):
        raise Difference(f"unknown price model {kind}")
    return WIDE.add(total, tiered(model, quantity))


def tiered(model: Document, quantity: Decimal) -> Decimal:
    """By tiers: each part of the quantity in its own, or (volume) all of it in the one it reaches.

    A tier starts at its first quantity and ends before the next one's.
    """
    total = reached = Decimal(0)
    for tier in model["tiers"]:
        low = number(tier["from"], "tier")
        differ("start of a tier", low, reached)
        high = number(tier["to"], "tier") if tier.get("to") is not None else None
        rate = number(tier["rate"], "rate")
        if model["kind"] == "volume":
            if quantity >= low:
                total = WIDE.multiply(quantity, rate)
        elif quantity > low:
            top = quantity if high is None else min(quantity, high)
            total = WIDE.add(total, WIDE.multiply(WIDE.subtract(top, low), rate))
        if high is None:
            break
        reached = high
    return total


def in_cell(model: Document, cell: str) -> Document:
    """The price of a cell of a price by dimensions; the price itself where it has none."""
    if model["kind"] not in ("matrix", "channel"):
        return model
    if model["kind"] == "channel":
        cells = {str(name)[:200]: found for name, found in model["channels"].items()}
    else:
        cells = {" / ".join(found["values"])[:200]: found["model"] for found in model["cells"]}
    found = cells.get(cell, model["otherwise"] if cell == "*" else None)
    if not isinstance(found, dict):
        raise Difference(f"the price has no cell “{cell}”")
    return found


def pool_part(model: Document, place: Document, own: Decimal) -> Decimal:
    """What an agency pays of a price of all agencies' quantities together: from its `start` in the
    row of them all on, `own` of the `total`."""
    total = number(place["total"], "quantity of all agencies")
    if total == 0:
        return Decimal("0.000000000")
    start = number(place["start"], "place among all agencies")
    if not 0 <= start <= start + own <= total:
        raise Difference(f"{start} and {own} do not fit into {total} of all agencies")
    unit = Fraction(price(model, total)) / Fraction(total)
    return r9_of(unit * Fraction(start + own)) - r9_of(unit * Fraction(start))


def without_usage(model: Document, line: Document, agency: str, days: tuple[int, int]) -> Decimal:
    """What an order alone causes: an agency's lump sum or share, a part of the month, a minimum."""
    kind = model["kind"]
    if kind == "lump_sum":
        return r9(number(model["amounts"][agency], "lump sum"))
    if kind == "fixed_share":
        before = after = Fraction(0)
        for name in sorted(model["shares"]):
            top, _, bottom = model["shares"][name].partition("/")
            before, after = after, after + Fraction(int(top), int(bottom))
            if name == agency:
                break
        else:
            raise Difference(f"the price names no share of {agency}")
        amount = Fraction(number(model["amount"], "amount"))
        return r9_of(amount * after) - r9_of(amount * before)
    if kind == "prorated":
        amount = Fraction(number(model["amount"], "amount"))
        return r9_of(amount * days[0] / days[1])
    return r9(price(model, Decimal(line["quantity"])))
