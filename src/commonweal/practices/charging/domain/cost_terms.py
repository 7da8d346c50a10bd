"""Dated driver sets, idle capacity, cost vocabulary: pure rules of the cost model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.calendar.public import FiscalPeriod, Span
from commonweal.kernel.money.public import largest_remainder

from .costs import CostError

IDLE = "idle:"
DEFAULT_METHOD = "step_down"
METHODS = ("direct", "step_down", "double_step_down", "reciprocal")
"""How pools may give to pools, as the engine knows them; the order in which people read them."""
POLICIES = ("absorbed", "reserved", "spread")
COST_POOLS: tuple[tuple[str, str], ...] = (
    ("internal-labor", "Internal Labor"), ("external-labor", "External Labor"),
    ("outside-services", "Outside Services"), ("hardware", "Hardware"), ("software", "Software"),
    ("facilities-power", "Facilities and Power"), ("telecom", "Telecom"), ("other", "Other"),
    ("internal-services", "Internal Services"),
)  # fmt: skip
TOWERS: tuple[tuple[str, str], ...] = (
    ("data-center", "Data Center"), ("compute", "Compute"), ("storage", "Storage"),
    ("network", "Network"), ("output", "Output"), ("end-user", "End User"),
    ("application", "Application"), ("delivery", "Delivery"),
    ("it-security-compliance", "IT Security and Compliance"),
    ("it-management", "IT Management"), ("platform", "Platform"),
)  # fmt: skip
VOCABULARY = {"pool": COST_POOLS, "tower": TOWERS}
"""The US federal rendering of the TBM taxonomy (GSA/ITDB-schema, ITBudget-facet.xsd, 2022)."""


def check_set(starts: date, ends: date | None, weights: Mapping[str, Decimal]) -> None:
    """Refuse a set of drivers that cannot count (COSTS-231, COSTS-232)."""
    if starts.day != 1 or (ends is not None and ends.day != 1):
        raise CostError(
            "COSTS-231",
            "Costs go by months, and drivers with them. Begin and end on the first of a month.",
            field="starts",
        )
    if not weights or any(weight <= 0 for weight in weights.values()) or sum(weights.values()) != 1:
        raise CostError(
            "COSTS-232",
            f"The weights add up to {sum(weights.values()) * 100:f} %. Give every driver a weight "
            "above zero, together 100 %.",
            field="parts",
        )


def check_method(method: str, starts: date, reason: str) -> None:
    """Refuse a method of allocation that cannot be decided (COSTS-231, COSTS-271, COSTS-272)."""
    if method not in METHODS:
        raise CostError(
            "COSTS-271",
            f"“{method}” is not a method. Use one of: {', '.join(METHODS)}.",
            field="method",
        )
    if starts.day != 1:
        raise CostError(
            "COSTS-231",
            "Costs go by months. Begin on the first of a month.",
            field="starts",
        )
    if len(reason.strip()) < 10:
        raise CostError("COSTS-272", "Say in at least ten characters why.", field="reason")


@dataclass(frozen=True)
class Drivers:
    """The drivers of a pool that count on some days: (name, weight, values)."""

    span: Span
    parts: Sequence[tuple[str, Decimal, Mapping[str, Decimal]]]


def parts_over(
    first: FiscalPeriod,
    last: FiscalPeriod,
    sets: Sequence[Drivers],
    own: tuple[str, Mapping[str, Decimal]] | None,
) -> list[tuple[str, Decimal, Mapping[str, Decimal]]]:
    """A pool's weighted drivers over some months; [] where only its own driver counts.

    Each month goes by the set in force on its first day, or by the own driver; over several months
    each counts by its number of months.
    """
    counted: dict[int, int] = {}
    month = first
    while month <= last:
        at = next((n for n, each in enumerate(sets) if each.span.covers(month.first_day)), -1)
        counted[at] = counted.get(at, 0) + 1
        month = month.shift(1)
    if set(counted) == {-1}:
        return []
    found = []
    for at, months in sorted(counted.items()):
        if at >= 0:
            found += [(n, weight * months, values) for n, weight, values in sets[at].parts]
        else:
            name, values = own or ("", {})
            found.append((name, Decimal(months), values))
    return found


@dataclass(frozen=True)
class Idle:
    """What a capacity leaves idle: part of its cost in minor units, never below zero."""

    cost_minor: int
    practical: Decimal
    used: Decimal

    @property
    def share(self) -> Fraction:
        """The idle part of the cost: 1 − used ÷ capacity."""
        return max(Fraction(0), 1 - Fraction(self.used) / Fraction(self.practical))

    @property
    def idle_minor(self) -> int:
        """Minor units, by largest remainder against the part that is used."""
        weights = [self.share, 1 - self.share]
        return largest_remainder(self.cost_minor, weights, ["idle", "used"])[0]


def bearable(idle: int, cost: int, recovered: int) -> int:
    """What of a charge item's idle cost is still open: no more than its cost less its charges."""
    return max(0, min(idle, cost - recovered))


def reserved_shares(minor: int, reservations: Mapping[str, Decimal]) -> dict[str, int]:
    """An idle cost over those who reserved, by what they reserved (COSTS-245 if nobody did)."""
    ids = sorted(reservations)
    if not ids or not sum(reservations.values()):
        raise CostError(
            "COSTS-245",
            "Nobody reserved any of this capacity. Enter who did, or change the policy.",
        )
    parts = largest_remainder(minor, [reservations[key] for key in ids], ids)
    return dict(zip(ids, parts, strict=True))


def idle_parts(
    parts: Sequence[tuple[str, Decimal, Mapping[str, Decimal]]], pool: str, idle: Idle
) -> list[tuple[str, Decimal, Mapping[str, Decimal]]]:
    """A pool's drivers for the part of its capacity that is used, and the idle part's own place."""
    rest = idle.practical - idle.used
    if rest <= 0:
        return list(parts)
    whole = sum((weight for _, weight, _ in parts), Decimal(0))
    used = [(name, weight * idle.used, values) for name, weight, values in parts if idle.used]
    return [*used, ("idle capacity", rest * whole, {IDLE + pool: Decimal(1)})]


def tower_table(
    rows: Sequence[tuple[str, str, int]], pools: Sequence[str], towers: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Minor units per tower ("" untagged) and cost pool: (tower, cost pool, minor) summed."""
    table: dict[str, dict[str, int]] = {}
    for tower, pool, minor in rows:
        row = table.setdefault(tower if tower in towers else "", {})
        column = pool if pool in pools else ""
        row[column] = row.get(column, 0) + minor
    return table


def document_parts(
    parts: Sequence[tuple[str, Decimal, Mapping[str, Any]]],
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The same with the weights as plain decimals."""
    return [(name, _plain(weight), values) for name, weight, values in parts]


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
