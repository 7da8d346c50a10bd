"""Cents along the chain: what stands behind a cent of a bill, and whom a cost was charged to.

Every step splits whole minor units by exact ratios and largest remainder, so that the parts of a
step add up to what was split. Weights may be negative (a refund among costs, a credit among bills).
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Generic, TypeVar

from .costs import CostError
from .rates import from_ratio

Key = TypeVar("Key")

COST_OVER_VOLUME = "cost_over_volume"
"""The kind of a derivation that says which costs a rate stands on."""


@dataclass(frozen=True)
class Part(Generic[Key]):
    """A part of an amount: its exact ratio of the whole, and its minor units."""

    key: Key
    share: Fraction
    minor: int

    @property
    def ratio(self) -> dict[str, str]:
        """Numerator and denominator as whole numbers."""
        return {"numerator": str(self.share.numerator), "denominator": str(self.share.denominator)}


def split_signed(total: int, weights: Mapping[Key, Fraction | int]) -> list[Part[Key]]:
    """`total` minor units by weights of any sign, adding up exactly, in the order of the weights.

    Each part is the floor of its exact value; the units missing go, one each, to the largest
    remainders, ties to the earlier. Weights that add up to zero split nothing (COSTS-301).
    """
    under = lcm(*(Fraction(weight).denominator for weight in weights.values()))
    scaled = {key: int(weight * under) for key, weight in weights.items()}
    whole = sum(scaled.values())
    if whole == 0:
        raise CostError(
            "COSTS-301", "The weights add up to zero, so they say nothing about anybody's part."
        )
    found = {key: divmod(total * weight, whole) for key, weight in scaled.items()}
    missing = total - sum(floor for floor, _ in found.values())
    # With a negative whole, divmod's remainders are negative: larger in size is larger.
    queue = sorted(found, key=lambda key: -abs(found[key][1]))
    extra = set(queue[:missing])
    return [
        Part(key, Fraction(weight, whole), found[key][0] + (key in extra))
        for key, weight in scaled.items()
    ]


@dataclass(frozen=True)
class CostPart:
    """What a part of a bill line stands for: a pool's cost, or an adjustment (`pool` empty).

    `amount`: in the rate's own numerator, exact, in major units.
    """

    pool: str
    name: str
    driver: str
    amount: Fraction


def numerator_parts(derivation: Mapping[str, Any]) -> list[CostPart]:
    """What a rate's numerator is made of: each pool's cost, scaled, and each adjustment."""
    factor = from_ratio(derivation["share"]) * from_ratio(derivation["scale"])
    parts = [
        CostPart(pool["pool"], pool["name"], pool["driver"], Fraction(pool["amount"]) * factor)
        for pool in derivation["pools"]
    ]
    parts += [
        CostPart("", item["name"], item["reason"], Fraction(item["amount"]))
        for item in derivation["adjustments"]
    ]
    return [part for part in parts if part.amount]


def behind(minor: int, derivation: Mapping[str, Any]) -> list[Part[CostPart]]:
    """A bill line's minor units over what its rate's numerator is made of; [] without one."""
    if derivation.get("kind") != COST_OVER_VOLUME:
        return []
    parts = numerator_parts(derivation)
    if sum((part.amount for part in parts), Fraction(0)) == 0:
        return []
    split = split_signed(minor, {at: part.amount for at, part in enumerate(parts)})
    return [Part(parts[each.key], each.share, each.minor) for each in split]


@dataclass(frozen=True)
class Charged:
    """Where a part of a ledger line went: to a service and (once billed) to an agency.

    `agency` "" with a service: nobody was billed for it. `service` "": no service got it. `share`
    is of the whole ledger line.
    """

    service: str
    agency: str
    share: Fraction
    minor: int


def charged(
    minor: int,
    services: Mapping[str, Fraction],
    billed: Mapping[str, Mapping[str, int]],
    kept: frozenset[str],
) -> list[Charged]:
    """A ledger line's minor units over services by its pool's resolved shares, then over agencies.

    `billed`: minor units billed per service and agency in the same months. `kept`: final objects
    that are no service (unallocated, idle capacity). A service that billed nothing keeps its part.
    """
    found = []
    for part in split_signed(minor, dict(sorted(services.items()))):
        if part.key in kept:
            found.append(Charged(part.key, "", part.share, part.minor))
            continue
        weights = {agency: amount for agency, amount in billed.get(part.key, {}).items() if amount}
        if sum(weights.values()) <= 0:
            found.append(Charged(part.key, "", part.share, part.minor))
            continue
        found += [
            Charged(part.key, each.key, part.share * each.share, each.minor)
            for each in split_signed(part.minor, dict(sorted(weights.items())))
        ]
    return found


def by_agency(found: Sequence[Charged]) -> dict[str, int]:
    """Minor units per agency; "" for what nobody was billed for."""
    totals: dict[str, int] = {}
    for each in found:
        totals[each.agency] = totals.get(each.agency, 0) + each.minor
    return totals
