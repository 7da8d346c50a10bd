"""What a price costs each customer in a year, and what another price would. Pure.

A year is twelve months. A month's amount is priced by the live engine, kept to nine decimals and
rounded once to minor units, as the close does it with a bill's line; so a year's bill is a whole
number of minor units, and effects add up to the change of revenue exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from commonweal.kernel.money.public import Money, largest_remainder

from ..engine.charges import r9_of
from ..engine.models import PriceModel
from .expected import expected_month
from .mixes import Mix, takes_dearest

MONTHS = 12
MICRO = 10**6
Key = tuple[str, str]
"""A customer's and a charge item's key."""


@dataclass(frozen=True)
class Use:
    """A year's quantity of which the months [first, end) are used; equal months.

    A quantity of zero is coverage alone: what a fixed charge is priced by.
    """

    quantity: Decimal
    first: int = 0
    end: int = MONTHS


Uses = Mapping[Key, tuple[Use, ...]]
Mixes = Mapping[Key, Mix]
"""What customers recorded by dimensions, of items whose price depends on them."""
NO_MIXES: Mixes = MappingProxyType({})


@lru_cache(maxsize=4096)
def spread(quantity: Decimal) -> tuple[Decimal, ...]:
    """A year's quantity over twelve months, to six decimals, adding up exactly."""
    micro = int(quantity * MICRO)
    names = [f"{month:02d}" for month in range(MONTHS)]
    return tuple(Decimal(part) / MICRO for part in largest_remainder(micro, [1] * MONTHS, names))


def months_of(uses: Iterable[Use]) -> tuple[Decimal | None, ...]:
    """What is used month by month; None: nothing is covered, which costs nothing."""
    found: list[Decimal | None] = [None] * MONTHS
    for use in uses:
        for month, part in enumerate(spread(use.quantity)):
            if use.first <= month < use.end:
                found[month] = part + (found[month] or Decimal(0))
    return tuple(found)


def minor_of(exact: Fraction, currency: str) -> int:
    """A month's amount in minor units, rounded once."""
    return Money.from_decimal(r9_of(exact), currency).minor


def year_minor(
    model: PriceModel,
    months: Sequence[Decimal | None],
    currency: str,
    agency: str = "",
    everyone: Sequence[Decimal] = (),
    mix: Mix = (),
) -> int:
    """A year's amount: the sum of its months. `everyone`: what all use by month, if shared; `mix`:
    what the customer recorded by dimensions."""
    known: dict[tuple[Decimal | None, Decimal | None], int] = {}
    keys = [(each, everyone[at] if everyone else None) for at, each in enumerate(months)]
    for key in keys:
        if key not in known:
            exact = expected_month(model, key[0], agency, key[1], mix)
            known[key] = minor_of(exact, currency)
    return sum(known[key] for key in keys)


def together(uses: Uses, item: str) -> tuple[Decimal, ...]:
    """What all customers use of an item, month by month."""
    months = [months_of(found) for key, found in uses.items() if key[1] == item]
    return tuple(
        sum((part for part in column if part is not None), Decimal(0))
        for column in zip(*months, strict=True)
    )


def shared(uses: Uses, models: Mapping[str, PriceModel]) -> dict[str, tuple[Decimal, ...]]:
    """For each item whose price all share: what all use of it, month by month."""
    return {item: together(uses, item) for item, m in models.items() if m.basis == "pool"}


def bills_of(
    uses: Uses, models: Mapping[str, PriceModel], currency: str, mixes: Mixes = NO_MIXES
) -> dict[Key, int]:
    """Each customer's year by item; an item without a price costs nothing."""
    everyone = shared(uses, models)
    return {
        key: year_minor(
            models[key[1]],
            months_of(found),
            currency,
            key[0],
            everyone.get(key[1], ()),
            mixes.get(key, ()),
        )
        for key, found in uses.items()
        if key[1] in models
    }


def exact_of(
    uses: Uses, models: Mapping[str, PriceModel], mixes: Mixes = NO_MIXES
) -> dict[Key, Fraction]:
    """The same before it is rounded, in major units: what prices are worked out from."""
    everyone = shared(uses, models)
    return {
        key: sum(
            (
                expected_month(
                    models[key[1]],
                    part,
                    key[0],
                    everyone[key[1]][month] if key[1] in everyone else None,
                    mixes.get(key, ()),
                )
                for month, part in enumerate(months_of(found))
            ),
            Fraction(0),
        )
        for key, found in uses.items()
        if key[1] in models
    }


def at_dearest(uses: Uses, models: Mapping[str, PriceModel], mixes: Mixes) -> list[Key]:
    """What is priced at the dearest cell, because no usage of it is recorded by dimensions."""
    return sorted(key for key in uses if takes_dearest(models.get(key[1]), mixes.get(key, ())))


def quantity_of(uses: Iterable[Use]) -> Decimal:
    """What is used in the year altogether."""
    return sum((part for part in months_of(uses) if part is not None), Decimal(0))


@dataclass(frozen=True)
class Effect:
    """What a change means to one customer's year, in minor units."""

    agency: str
    before: int
    after: int

    @property
    def change(self) -> int:
        """Minor units more."""
        return self.after - self.before

    @property
    def share(self) -> Fraction | None:
        """The change as a share of what it was; None where it was nothing."""
        return Fraction(self.change, self.before) if self.before else None


def effects(before: Mapping[Key, int], after: Mapping[Key, int]) -> list[Effect]:
    """Every customer's effect, the largest first; they add up to the change of revenue."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for at, bills in enumerate((before, after)):
        for (agency, _item), amount in bills.items():
            sums[agency][at] += amount
    found = [Effect(agency, old, new) for agency, (old, new) in sums.items()]
    return sorted(found, key=lambda effect: (-abs(effect.change), effect.agency))
