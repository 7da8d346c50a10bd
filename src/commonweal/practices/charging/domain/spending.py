"""Where an agency's money went: by service and item, this year beside last. Pure, exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Bought:
    """An item over some months: minor units and quantity."""

    amount_minor: int = 0
    quantity: Decimal = Decimal(0)

    @property
    def unit_minor(self) -> Fraction | None:
        """Minor units for one; None where nothing was used."""
        return Fraction(self.amount_minor) / Fraction(self.quantity) if self.quantity > 0 else None


@dataclass(frozen=True)
class Change:
    """Why an item's money changed: by how much was used, by what one costs, by the rest.

    The parts add up to the whole change exactly. Volume = (q₁ − q₀) × u₀, rounded half up to minor
    units; price is what remains (reference/charging.md §7.3). Without a unit cost in both years all
    of it is `other`.
    """

    volume: int
    price: int
    other: int

    @property
    def total(self) -> int:
        """The whole change, minor units."""
        return self.volume + self.price + self.other


def change_of(before: Bought, now: Bought) -> Change:
    """Split the change between two spans of months."""
    total = now.amount_minor - before.amount_minor
    unit = before.unit_minor
    if unit is None or now.unit_minor is None:
        return Change(0, 0, total)
    exact = (Fraction(now.quantity) - Fraction(before.quantity)) * unit
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    volume = whole + (2 * rest >= exact.denominator)
    volume = volume if exact >= 0 else -volume
    return Change(volume, total - volume, 0)


@dataclass(frozen=True)
class ItemSpending:
    """An item this year and in the same months of the year before."""

    code: str
    service: str
    now: Bought
    before: Bought

    @property
    def change(self) -> Change:
        """Why it changed."""
        return change_of(self.before, self.now)


def by_item(
    now: Mapping[tuple[str, str], Bought], before: Mapping[tuple[str, str], Bought]
) -> list[ItemSpending]:
    """Items by (service, item) code, those of either year."""
    nothing = Bought()
    return [
        ItemSpending(item, service, now.get((service, item), nothing),
                     before.get((service, item), nothing))
        for service, item in sorted({*now, *before})
    ]  # fmt: skip


def total(items: Iterable[ItemSpending]) -> tuple[int, int]:
    """This year's and last year's sum, minor units."""
    rows = list(items)
    return sum(row.now.amount_minor for row in rows), sum(row.before.amount_minor for row in rows)
