"""Amounts in another currency, converted again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import WIDE, Difference, differ, number

if TYPE_CHECKING:
    from .basis import Document


def priced_of(line: Document, where: str) -> Decimal:
    """A line's exact amount in the currency of its rate."""
    priced = line.get("priced")
    return number(priced["exact"] if priced else line["amount_exact"], where)


def check_exchange(line: Document, rate: Document, book: str, exact: Decimal, where: str) -> None:
    """A rate in another currency is converted by one stated exchange rate, rounded once."""
    priced = line.get("priced")
    if rate.get("currency", book) == book:
        if priced:
            raise Difference(f"{where}: its rate is in {book}, and it is converted all the same")
        return
    if not priced:
        raise Difference(f"{where}: its rate is in {rate['currency']}, and it is not converted")
    differ(f"{where}: currency", priced["currency"], rate["currency"])
    ratio = Fraction(int(priced["numerator"]), int(priced["denominator"]))
    before, found = (number(priced[name], where) for name in ("before", "exact"))
    due = _nine((Fraction(before) + Fraction(found)) * ratio) - _nine(Fraction(before) * ratio)
    differ(f"{where}: converted amount", exact, due)
    if priced["from"][:7] > line["charge_period"]:
        raise Difference(f"{where}: its exchange rate is of {priced['from']}, after its month")


def _nine(value: Fraction) -> Decimal:
    """Nine decimals, half away from zero."""
    scaled = abs(value) * 10**9
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-9, WIDE)
