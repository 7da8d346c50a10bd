"""Why a bill changed between two months: terms that add up to the change exactly. Pure.

Charging reference §7.3 (2026). For a charge item with quantity q, exact amount E and price function
F in the earlier month (0) and the later one (1), r0 = E0 / q0, w the month's working days:

    calendar = q0 · (w1 / w0 − 1) · r0          what the same pace a working day would come to
    volume   = (q1 − q0) · r0 − calendar        the rest of more or fewer units, at the old average
    tier     = F0(q1) − E0 − (q1 − q0) · r0     the old price of the new quantity, beyond that
    rate     = E1 − F0(q1)                      the new price list for the new quantity

An item that is new, or used no more, is volume. Where a month has several rate versions of an item
or a price that the total quantity alone does not give, tier + rate = (r1 − r0) · q1 is tier and mix
if the versions are the same in both months, else rate. Fixed charges, credits and year-end
adjustments are one-offs; corrections and rounding are terms of their own. There is no “other”.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from commonweal.kernel.calendar.public import FiscalPeriod

TERMS = ("volume", "rate", "tier", "calendar", "one_off", "correction", "rounding")
Prices = Callable[[UUID, Decimal], Decimal | None]
"""The exact price of a month's quantity under a rate version; None where it cannot be told."""


@dataclass(frozen=True)
class Charged:
    """One bill line: `exact` in major units, `minor` as billed."""

    item: UUID
    kind: str
    version: UUID
    quantity: Decimal
    exact: Decimal
    minor: int


@dataclass(frozen=True)
class ItemChange:
    """A charge item's change: minor units in all, and the exact terms of it (minor units)."""

    item: UUID
    change: int
    terms: Mapping[str, Fraction]

    @property
    def main(self) -> str:
        """The term that moved most."""
        return max(TERMS, key=lambda term: (abs(self.terms[term]), -TERMS.index(term)))


@dataclass(frozen=True)
class Waterfall:
    """The change of a bill: whole minor units by term, which add up to `change` exactly."""

    change: int
    terms: Mapping[str, int]
    items: Sequence[ItemChange]

    def rises(self, most: int = 10) -> list[ItemChange]:
        """The items that rose most, largest first."""
        return [each for each in self.items if each.change > 0][:most]

    def falls(self, most: int = 10) -> list[ItemChange]:
        """The items that fell most, largest first."""
        return [each for each in self.items if each.change < 0][:most]


@dataclass
class _Side:
    """What an item comes to in one month."""

    quantity: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    by_version: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    others: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    exact: Decimal = Decimal(0)
    minor: int = 0

    def add(self, line: Charged) -> None:
        self.exact += line.exact
        self.minor += line.minor
        if line.kind == "usage":
            self.quantity += line.quantity
            self.used += line.exact
            self.by_version[line.version] += line.quantity
        else:
            self.others["correction" if line.kind == "correction" else "one_off"] += line.exact

    def price_at(self, quantity: Decimal, prices: Prices) -> Decimal | None:
        """The price of another quantity on this month's terms; None where they do not give it."""
        if len(self.by_version) != 1:
            return None
        ((version, total),) = self.by_version.items()
        return prices(version, quantity) if prices(version, total) == self.used else None


def working_days(period: str) -> int:
    """Monday to Friday of a month; the centre keeps no list of holidays."""
    month = FiscalPeriod.parse(period)
    span = (month.end_day - month.first_day).days
    days = (month.first_day + timedelta(days=step) for step in range(span))
    return sum(day.weekday() < 5 for day in days)


def waterfall(
    before: Iterable[Charged],
    after: Iterable[Charged],
    *,
    days: tuple[int, int],
    prices: Prices,
    scale: int,
) -> Waterfall:
    """Take two months' lines apart. `days`: working days of each; `scale`: minor units of one
    major. The terms are exact; they are cut to whole units by largest remainder at the end."""
    sides: tuple[dict[UUID, _Side], dict[UUID, _Side]] = (
        defaultdict(_Side),
        defaultdict(_Side),
    )
    for side, lines in zip(sides, (before, after), strict=True):
        for line in lines:
            side[line.item].add(line)
    items = []
    for item in sides[0].keys() | sides[1].keys():
        old, new = sides[0][item], sides[1][item]
        terms = _terms(old, new, Fraction(days[1], days[0]), prices, scale)
        items.append(ItemChange(item, new.minor - old.minor, terms))
    items.sort(key=lambda each: (-abs(each.change), str(each.item)))
    change = sum(each.change for each in items)
    whole = {term: sum((each.terms[term] for each in items), Fraction(0)) for term in TERMS}
    return Waterfall(change, whole_units(whole, change), items)


def _terms(
    old: _Side, new: _Side, pace: Fraction, prices: Prices, scale: int
) -> dict[str, Fraction]:
    found = dict.fromkeys(TERMS, Fraction(0))
    found |= _used(old, new, pace, prices)
    for term in ("one_off", "correction"):
        found[term] = Fraction(new.others[term]) - Fraction(old.others[term])
    exact = {term: amount * scale for term, amount in found.items()}
    exact["rounding"] = (new.minor - Fraction(new.exact) * scale) - (
        old.minor - Fraction(old.exact) * scale
    )
    return exact


def _used(old: _Side, new: _Side, pace: Fraction, prices: Prices) -> dict[str, Fraction]:
    """The terms of what was used, in major units."""
    change = Fraction(new.used) - Fraction(old.used)
    if old.quantity <= 0 or new.quantity <= 0:
        return {"volume": change}
    rate = Fraction(old.used) / Fraction(old.quantity)
    moved = (Fraction(new.quantity) - Fraction(old.quantity)) * rate
    calendar = Fraction(old.quantity) * (pace - 1) * rate
    rest = change - moved
    at_old = old.price_at(new.quantity, prices)
    if at_old is not None:
        tier = Fraction(at_old) - Fraction(old.used) - moved
    else:
        tier = rest if old.by_version.keys() == new.by_version.keys() else Fraction(0)
    return {
        "volume": moved - calendar,
        "calendar": calendar,
        "tier": tier,
        "rate": rest - tier,
    }


def whole_units(parts: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Fractions that add up to a whole number, as whole numbers that do too: floors, and one more
    for the largest remainders (ties by name)."""
    floors = {key: part.numerator // part.denominator for key, part in parts.items()}
    left = total - sum(floors.values())
    order = sorted(parts, key=lambda key: (floors[key] - parts[key], key))
    for key in order[:left]:
        floors[key] += 1
    return floors


def main_term(found: Waterfall) -> tuple[str, bool] | None:
    """The term that explains most of the change, and whether it is most of it (more than half).

    None where no term that moves the same way comes to a third.
    """
    same = [term for term in TERMS if (found.terms[term] > 0) == (found.change > 0)]
    if not found.change or not same:
        return None
    term = max(same, key=lambda each: (abs(found.terms[each]), -TERMS.index(each)))
    size = abs(found.terms[term])
    if 3 * size < abs(found.change):
        return None
    return term, 2 * size > abs(found.change)
