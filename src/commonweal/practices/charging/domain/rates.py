"""From cost and volume to a rate, spans that may not overlap, forecasts against use. Pure.

rate = (service cost × share × scale + adjustments) ÷ volume (charging reference §3). Everything
that went in is kept in the derivation, so that anybody can work it out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from commonweal.kernel.calendar.public import Span
from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.money.public import round_decimal, round_quotient, rounding_policy

from ..engine.price import PriceModel, price

FORMAT = "commonweal.rate-derivation.v1"
MAX_PLACES = 9
JUMP = Fraction(1, 4)
"""A price that changes by more than this takes a reason."""

ORDERED = ("flat", "lump_sum", "fixed_share", "prorated")
"""Prices of what an order alone causes, without usage records."""


class RateError(CommonwealError):
    """A rate cannot be derived, proposed or put in force as asked."""


@dataclass(frozen=True)
class Adjustment:
    """Something besides cost that the rate recovers or gives back, in major units, with its reason.

    For example last year's surplus (negative), other revenue (negative), a reserve's change.
    """

    name: str
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class RateInputs:
    """What a rate is worked out from.

    `cost`: the service's full cost in the run, in major units. `share`: the part of it that this
    item recovers. `scale`: what brings the run's months to the volume's (12 ÷ 3 for a quarter).
    `volume`: what agencies are expected to use. `places`, `policy`: how the rate is rounded.
    """

    cost: Decimal
    share: Fraction
    scale: Fraction
    volume: Decimal
    adjustments: tuple[Adjustment, ...] = ()
    places: int = 4
    policy: str = "half_up"


@dataclass(frozen=True)
class Derived:
    """A rate with its exact numerator, and what it would be at 10 % less and more volume."""

    numerator: Fraction
    rate: Decimal
    at_less: Decimal
    at_more: Decimal


def derive(inputs: RateInputs) -> Derived:
    """Cost over volume, exact until it is rounded once (CHARGING-206 to 209)."""
    if not 0 < inputs.share <= 1:
        raise RateError(
            "CHARGING-206",
            f"The share {inputs.share} is not above 0 and at most 1. Give it like 1/4 or 0.25.",
            field="share",
        )
    if inputs.volume <= 0:
        raise RateError(
            "CHARGING-207",
            f"The volume is {inputs.volume}. A rate needs some expected use: give a volume above "
            "zero.",
            field="volume",
        )
    if not 0 <= inputs.places <= MAX_PLACES:
        raise RateError("CHARGING-208", f"A rate has 0 to {MAX_PLACES} decimals.", field="places")
    rounding_policy(inputs.policy)
    numerator = Fraction(inputs.cost) * inputs.scale * inputs.share
    numerator += sum((Fraction(item.amount) for item in inputs.adjustments), Fraction(0))
    if numerator < 0:
        raise RateError(
            "CHARGING-209",
            "Cost and adjustments together are below zero, so there is nothing to recover. Spread "
            "the adjustment over more years.",
            field="share",
        )
    volume = Fraction(inputs.volume)
    return Derived(
        numerator,
        quotient(numerator / volume, inputs.places, inputs.policy),
        quotient(numerator / (volume * Fraction(9, 10)), inputs.places, inputs.policy),
        quotient(numerator / (volume * Fraction(11, 10)), inputs.places, inputs.policy),
    )


def quotient(value: Fraction, places: int, policy: str) -> Decimal:
    """A fraction rounded to so many decimals by a named policy."""
    scaled = value * 10**places
    whole = round_quotient(scaled.numerator, scaled.denominator, policy)
    return Decimal(whole).scaleb(-places)


def ratio(value: Fraction) -> dict[str, str]:
    """A fraction as it travels: two whole numbers as text."""
    return {"numerator": str(value.numerator), "denominator": str(value.denominator)}


def from_ratio(document: Mapping[str, str]) -> Fraction:
    """The fraction that `ratio` wrote."""
    return Fraction(int(document["numerator"]), int(document["denominator"]))


def text(value: Decimal) -> str:
    """A decimal without exponent or idle zeros."""
    shown = format(value, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def derivation_document(inputs: RateInputs, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The complete derivation: every input, the exact numerator and denominator, the rate."""
    derived = derive(inputs)
    return {
        "format": FORMAT,
        "kind": "cost_over_volume",
        **facts,
        "service_cost": format(inputs.cost, "f"),
        "share": ratio(inputs.share),
        "scale": ratio(inputs.scale),
        "adjustments": [
            {"name": item.name, "amount": format(item.amount, "f"), "reason": item.reason}
            for item in inputs.adjustments
        ],
        "numerator": ratio(derived.numerator),
        "denominator": text(inputs.volume),
        "rate": format(derived.rate, "f"),
        "places": inputs.places,
        "rounding": inputs.policy,
        "rate_at_90_percent": format(derived.at_less, "f"),
        "rate_at_110_percent": format(derived.at_more, "f"),
    }


def rework(document: Mapping[str, Any]) -> Decimal:
    """The rate worked out again from a stored derivation alone."""
    inputs = RateInputs(
        cost=Decimal(document["service_cost"]),
        share=from_ratio(document["share"]),
        scale=from_ratio(document["scale"]),
        volume=Decimal(document["denominator"]),
        adjustments=tuple(
            Adjustment(item["name"], Decimal(item["amount"]), item["reason"])
            for item in document["adjustments"]
        ),
        places=int(document["places"]),
        policy=document["rounding"],
    )
    return derive(inputs).rate


def parse_share(given: str | int | Decimal | Fraction) -> Fraction:
    """A share written `1/4`, `25%` or `0.25` (CHARGING-206)."""
    if isinstance(given, int | Decimal | Fraction):
        return Fraction(given)
    plain = given.strip()
    try:
        if plain.endswith("%"):
            return Fraction(plain[:-1].strip()) / 100
        return Fraction(plain)
    except (ValueError, ZeroDivisionError) as wrong:
        raise RateError(
            "CHARGING-206",
            f"“{given}” is not a share. Give it like 1/4, 25% or 0.25.",
            field="share",
        ) from wrong


def largest_jump(before: PriceModel, after: PriceModel) -> Fraction | None:
    """The largest relative change from one price to the next, over one unit and every tier's start.

    None where they cannot be compared: a monthly amount and a price for units, a price of zero, or
    prices that depend on more than a quantity.
    """
    if (before.kind == "flat") is not (after.kind == "flat"):
        return None
    if {before.basis, after.basis} != {"quantity"}:
        return None
    starts = {bound for model in (before, after) for bound in model.bounds}
    changes = []
    for quantity in {start + 1 for start in starts}:
        old, new = price(before, quantity), price(after, quantity)
        if old:
            changes.append(Fraction(new) / Fraction(old) - 1)
    return max(changes, key=abs, default=None)


@dataclass(frozen=True)
class VersionSpan:
    """A rate version's code and days."""

    code: str
    span: Span


def version_to_end(new: Span, approved: Sequence[VersionSpan]) -> str | None:
    """The open-ended version that ends where the new one starts, or None.

    Any other overlap is refused (CHARGING-201): rates of one item never overlap.
    """
    ending = None
    for known in approved:
        if not known.span.overlaps(new):
            continue
        if known.span.end is None and known.span.start < new.start:
            ending = known.code
            continue
        end = known.span.end or "no end"
        raise RateError(
            "CHARGING-201",
            f"Rate {known.code} is approved already ({known.span.start} to {end}). Start the new "
            "one after it, or end the new one before it.",
            field="starts",
        )
    return ending


@dataclass(frozen=True)
class ForecastCheck:
    """An agency's forecast beside what it really used."""

    agency_id: UUID
    charge_item_id: UUID
    forecast: Decimal
    actual: Decimal

    @property
    def difference(self) -> Decimal:
        """Units used beyond the forecast (negative: fewer)."""
        return self.actual - self.forecast

    @property
    def error(self) -> Decimal | None:
        """The difference in hundredths of what was used; None where nothing was used."""
        if self.actual == 0:
            return None
        return round_decimal(Decimal(quotient(self._part() * 100, 1, "half_up")), 1)

    def _part(self) -> Fraction:
        return Fraction(self.difference) / Fraction(self.actual)


def compare_forecasts(
    forecasts: Iterable[tuple[UUID, UUID, Decimal]],
    used: Mapping[tuple[UUID, UUID], Decimal],
) -> list[ForecastCheck]:
    """Every (agency, item) that was forecast or used, largest miss first."""
    wanted = {(agency, item): quantity for agency, item, quantity in forecasts}
    checks = [
        ForecastCheck(*key, wanted.get(key, Decimal(0)), used.get(key, Decimal(0)))
        for key in wanted.keys() | used.keys()
    ]
    return sorted(
        checks, key=lambda row: (-abs(row.difference), str(row.agency_id), str(row.charge_item_id))
    )


def mean_error(checks: Sequence[ForecastCheck]) -> Decimal | None:
    """The mean absolute percentage error over what was used (MAPE), to one decimal."""
    parts = [abs(check._part()) for check in checks if check.actual != 0]
    if not parts:
        return None
    return quotient(sum(parts, Fraction(0)) / len(parts) * 100, 1, "half_up")


def month_count(first: date, end: date) -> int:
    """Whole months from a first day to a first day after."""
    return (end.year - first.year) * 12 + end.month - first.month
