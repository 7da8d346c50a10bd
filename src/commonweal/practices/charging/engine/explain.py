"""Plain sentences for results: every figure with the arithmetic that made it (English)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import Money, exponent

from .allocation import Allocation, Edge, Pool, Share
from .allocation_methods import UNALLOCATED

_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€"}


def number(value: Decimal) -> str:
    """A quantity with thousands separators and no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: Decimal, currency: str) -> str:
    """Money or a rate, with at least the currency's decimals and all that it needs."""
    whole, _, decimals = number(abs(value)).partition(".")
    decimals = decimals.ljust(exponent(currency), "0")
    text = f"{whole}.{decimals}" if decimals else whole
    sign = "−" if value < 0 else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"


def rounding_sentence(exact: Decimal, posted: Money, policy: str) -> list[str]:
    """What rounding did to the line, if anything."""
    if exact == posted.decimal:
        return []
    shown = amount(posted.decimal, posted.currency)
    return [f"{amount(exact, posted.currency)} rounded to {shown} ({policy.replace('_', ' ')})"]


def allocation_sentences(
    pools: Mapping[str, Pool], names: Mapping[str, str], result: Allocation, currency: str
) -> dict[str, list[str]]:
    """For each pool: what it cost, how its driver shared it, and where its own cost ended up."""
    sentences: dict[str, list[str]] = {}
    by_pool: dict[str, list[Edge]] = {}
    for edge in result.edges:
        by_pool.setdefault(edge.pool, []).append(edge)
    ends: dict[str, list[Share]] = {}
    for share in result.shares:
        ends.setdefault(share.pool, []).append(share)
    for pool_id, pool in pools.items():
        lines = [f"{names[pool_id]} costs {_minor(pool.amount, currency)} of its own."]
        received = result.closed.get(pool_id, Fraction(pool.amount)) - pool.amount
        if received:
            giver = _GIVERS.get(result.method, "pools closed before it")
            lines.append(f"It receives {_near(received, currency)} from {giver}.")
        edges = by_pool.get(pool_id, [])
        driver = f" by {pool.driver}" if pool.driver else ""
        lines += [
            f"{_again(edge)}{names.get(edge.target, UNALLOCATED)} takes {edge.numerator:,} of "
            f"{edge.denominator:,}{driver}."
            for edge in edges
        ]
        if not edges:
            lines.append("Its driver adds up to zero, so its cost stays unallocated.")
        lines += [
            f"{_minor(share.amount, currency)} of its own cost ends in"
            f" {names.get(share.target, UNALLOCATED)}."
            for share in ends.get(pool_id, ())
        ]
        sentences[pool_id] = lines
    return sentences


_GIVERS = {
    "double_step_down": "the other pools, in both passes",
    "reciprocal": "the other pools",
}


def _again(edge: Edge) -> str:
    return "Of what came after its first turn, " if edge.step > 1 else ""


def _minor(minor: int, currency: str) -> str:
    return amount(Money(minor, currency).decimal, currency)


def _near(minor: Fraction, currency: str) -> str:
    """A fraction of minor units, shown to the nearest one and marked when it is not exact."""
    whole = round(minor)
    text = _minor(whole, currency)
    return text if whole == minor else f"about {text}"
