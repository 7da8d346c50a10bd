"""A rate from zero: posts, purchases, shares of pools and what is given back, over volume. Pure.

Each rate × projected consumption recovers no more and no less than the full cost of the service
(Utah Code 63A-16-301): the items' shares of the cost add up to the whole, and what rounding the
rates leaves over is shown, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.money.public import MoneyError, exact_decimal

from .rates import FORMAT, MAX_PLACES, RateError, parse_share, quotient, ratio, text

LESS, MORE = Fraction(9, 10), Fraction(11, 10)
"""The volumes beside the expected one at which a rate is published."""
ADDS = ("position", "purchase", "depreciation", "pool")
TAKES = ("revenue",)
SIGNED = ("prior", "reserve")
KINDS = (*ADDS, *TAKES, *SIGNED)
NUMBERS = {
    "position": ("count", "salary"),
    "purchase": ("amount",),
    "depreciation": ("cost", "residual", "years"),
    "pool": ("amount",),
    "revenue": ("amount",),
    "prior": ("amount",),
    "reserve": ("amount",),
}
"""The numbers that a line of each kind holds, in major units where they are money."""


@dataclass(frozen=True)
class BuildLine:
    """One cause of cost, or what lowers it, for a year, with its source and its reason.

    position: count × salary × share. purchase: amount × share. depreciation: (cost − residual) ÷
    years × share. pool: a share of a pool by an allocation. revenue: other income, taken off.
    prior: last year's under-recovery (negative: over-recovery). reserve: its change. `overhead`:
    the line is shared cost, which a statutory cap may limit.
    """

    kind: str
    name: str
    source: str
    reason: str
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    share: Fraction = Fraction(1)
    overhead: bool = False

    @property
    def amount(self) -> Fraction:
        """What the line adds to the cost to be recovered (negative: takes off), exact."""
        given = {name: Fraction(value) for name, value in self.numbers.items()}
        if self.kind == "position":
            return given["count"] * given["salary"] * self.share
        if self.kind == "depreciation":
            return (given["cost"] - given["residual"]) / given["years"] * self.share
        sign = -1 if self.kind in TAKES else 1
        return sign * given["amount"] * self.share

    def document(self) -> dict[str, Any]:
        """The line as it is kept: numbers as text, the amount as two whole numbers."""
        return {
            "kind": self.kind,
            "name": self.name,
            "source": self.source,
            "reason": self.reason,
            **{name: format(value, "f") for name, value in self.numbers.items()},
            "share": ratio(self.share),
            "overhead": self.overhead,
            "comes_to": ratio(self.amount),
        }


def _number(given: Mapping[str, Any], name: str, where: str) -> Decimal:
    try:
        return exact_decimal(given.get(name, "") if name != "residual" else given.get(name, "0"))
    except (MoneyError, TypeError) as wrong:
        raise RateError(
            "BUILDUP-102",
            f"{where}: its {name} is missing or not a number. Give it as a decimal.",
            field="lines",
        ) from wrong


def parse_line(given: Mapping[str, Any], number: int = 1) -> BuildLine:
    """A line as it was given, or as it is kept (BUILDUP-101 to 104)."""
    kind, where = str(given.get("kind", "")), f"Line {number}"
    if kind not in KINDS:
        raise RateError(
            "BUILDUP-101",
            f"{where}: “{kind}” is no kind of line. Use position, purchase, depreciation, pool, "
            "revenue, prior or reserve.",
            field="lines",
        )
    said = {name: str(given.get(name, "")).strip()[:300] for name in ("name", "source", "reason")}
    missing = [name for name, words in said.items() if len(words) < 3]
    if missing:
        raise RateError(
            "BUILDUP-103",
            f"{where}: something is missing. Every line says its name, its source and its reason, "
            "in at least three letters each.",
            field="lines",
        )
    numbers = {name: _number(given, name, where) for name in NUMBERS[kind]}
    below = [name for name, value in numbers.items() if value < 0 and kind not in SIGNED]
    if below or numbers.get("years", 1) == 0:
        named = below[0] if below else "years"
        raise RateError(
            "BUILDUP-104",
            f"{where}: its {named} cannot be so low. Income has a kind of its own, and years count "
            "from 1.",
            field="lines",
        )
    share = given.get("share", "1")
    part = (
        Fraction(int(share["numerator"]), int(share["denominator"]))
        if isinstance(share, Mapping)
        else parse_share(share if not isinstance(share, str) or share.strip() else "1")
    )
    if not 0 < part <= 1:
        raise RateError(
            "CHARGING-206",
            f"The share {part} is not above 0 and at most 1. Give it like 1/4 or 0.25.",
            field="share",
        )
    return BuildLine(
        kind, **said, numbers=numbers, share=part, overhead=bool(given.get("overhead"))
    )


@dataclass(frozen=True)
class BuildItem:
    """A charge item: its share of the service's cost, and the volume that shall bear it.

    The volume of a fixed charge counts the months of all agencies that have it.
    """

    item: str
    share: Fraction
    volume: Decimal
    volume_reason: str
    places: int = 4

    def document(self) -> dict[str, Any]:
        """The item as it is kept."""
        return {
            "item": self.item,
            "share": ratio(self.share),
            "volume": text(self.volume),
            "volume_reason": self.volume_reason,
            "places": self.places,
        }


def parse_item(given: Mapping[str, Any]) -> BuildItem:
    """An item as it was given or kept (CHARGING-206 to 208, BUILDUP-105)."""
    share = given.get("share", "1")
    part = (
        Fraction(int(share["numerator"]), int(share["denominator"]))
        if isinstance(share, Mapping)
        else parse_share(share)
    )
    item, reason = str(given.get("item", "")), str(given.get("volume_reason", "")).strip()
    volume = _number(given, "volume", item or "An item")
    places = int(given.get("places", 4))
    if volume <= 0:
        raise RateError(
            "CHARGING-207",
            f"The volume is {volume}. A rate needs some expected use: give a volume above zero.",
            field="items",
        )
    if not 0 <= places <= MAX_PLACES:
        raise RateError("CHARGING-208", f"A rate has 0 to {MAX_PLACES} decimals.", field="items")
    if len(reason) < 3:
        raise RateError("BUILDUP-105", f"{item}: say where its volume comes from.", field="items")
    return BuildItem(item, part, volume, reason[:300], places)


@dataclass(frozen=True)
class BuiltRate:
    """One item's rate: what it shall recover, and what the rounded rate leaves over.

    `remainder`: cost not recovered by rate × volume (negative: recovered beyond), exact.
    """

    item: BuildItem
    numerator: Fraction
    rate: Decimal

    @property
    def recovered(self) -> Fraction:
        """Rate × volume."""
        return Fraction(self.rate) * Fraction(self.item.volume)

    @property
    def remainder(self) -> Fraction:
        """What is left of the cost."""
        return self.numerator - self.recovered

    def at(self, part: Fraction) -> Decimal:
        """The rate that would recover the same cost at a part of the volume (9/10, 11/10)."""
        return quotient(
            self.numerator / (Fraction(self.item.volume) * part), self.item.places, "half_up"
        )


@dataclass(frozen=True)
class Built:
    """A service's build-up, worked out: the cost to recover, and a rate for each item."""

    lines: tuple[BuildLine, ...]
    rates: tuple[BuiltRate, ...]

    @property
    def total(self) -> Fraction:
        """The cost that the rates shall recover, in major units."""
        return sum((line.amount for line in self.lines), Fraction(0))

    @property
    def overhead(self) -> Fraction:
        """The share of overhead lines in all that adds cost; 0 where nothing does."""
        adding = [line for line in self.lines if line.kind in ADDS]
        whole = sum((line.amount for line in adding), Fraction(0))
        part = sum((line.amount for line in adding if line.overhead), Fraction(0))
        return part / whole if whole else Fraction(0)


def build_up(lines: Sequence[BuildLine], items: Sequence[BuildItem]) -> Built:
    """Cost ÷ volume for every item; shares that do not add up to the whole are refused.

    BUILDUP-106: no line adds cost. BUILDUP-107: shares are not the whole. CHARGING-209: below zero.
    """
    if not any(line.kind in ADDS for line in lines):
        raise RateError(
            "BUILDUP-106",
            "No line adds a cost. Start from zero: add the posts, purchases and shares of pools.",
            field="lines",
        )
    shares = sum((item.share for item in items), Fraction(0))
    if shares != 1:
        raise RateError(
            "BUILDUP-107",
            f"The items recover {shares} of the cost together. Let their shares add up to exactly "
            "1, so that the service recovers its full cost and no more.",
            field="items",
        )
    total = sum((line.amount for line in lines), Fraction(0))
    if total < 0:
        raise RateError(
            "CHARGING-209",
            "Cost and adjustments together are below zero, so there is nothing to recover. Spread "
            "the adjustment over more years.",
            field="lines",
        )
    rates = []
    for item in items:
        numerator = total * item.share
        rate = quotient(numerator / Fraction(item.volume), item.places, "half_up")
        rates.append(BuiltRate(item, numerator, rate))
    return Built(tuple(lines), tuple(rates))


def zero_base_document(built: Built, rate: BuiltRate, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The derivation that a rate version keeps: every line, numerator, denominator, remainder."""
    return {
        "format": FORMAT,
        "kind": "zero_base",
        **facts,
        "lines": [line.document() for line in built.lines],
        "total": ratio(built.total),
        "overhead": ratio(built.overhead),
        "share": ratio(rate.item.share),
        "volume_source": "given",
        "volume_reason": rate.item.volume_reason,
        "numerator": ratio(rate.numerator),
        "denominator": text(rate.item.volume),
        "rate": format(rate.rate, "f"),
        "remainder": ratio(rate.remainder),
        "places": rate.item.places,
        "rounding": "half_up",
        "rate_at_90_percent": format(rate.at(LESS), "f"),
        "rate_at_110_percent": format(rate.at(MORE), "f"),
    }


def rework_zero_base(document: Mapping[str, Any]) -> Decimal:
    """The rate worked out again from the lines of a kept derivation."""
    lines = [parse_line(each, at) for at, each in enumerate(document["lines"], start=1)]
    share = Fraction(int(document["share"]["numerator"]), int(document["share"]["denominator"]))
    total = sum((line.amount for line in lines), Fraction(0))
    return quotient(
        total * share / Fraction(Decimal(document["denominator"])),
        int(document["places"]),
        document["rounding"],
    )
