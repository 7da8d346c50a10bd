"""What a month would cost at another volume, price or mix: the same prices as the bill's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from ..engine import Matrix, Pooled, PriceModel, charge, pool_parts, price, r9
from ..engine.price import cell_price
from .mixes import Cell, micro, split

ZERO = Decimal(0)
LIMIT = Decimal(10**12)
COVERED = ("flat", "minimum")
"""Kinds that cost something while nothing is used, because an order covers it."""


@dataclass(frozen=True)
class Setting:
    """What a price depends on beside the quantity.

    `mix`: the share of the quantity in each cell of a price by dimensions; shares add up to one.
    `others`: what all other agencies use of a pool together, in the same month. `agency`: the code.
    """

    mix: Mapping[Cell, Fraction] = field(default_factory=dict)
    others: Decimal = ZERO
    agency: str = ""


def month_price(model: PriceModel, quantity: Decimal, setting: Setting) -> Decimal:
    """What a quantity costs in a month, in nine decimals of the rate's currency.

    A lump sum and a fixed share cost the agency's part whatever is used, a prorated amount that of
    a month fully covered. Raises what the engine raises (RATE-208, 209).
    """
    if model.basis == "days":
        return charge(model, covered=1, days=1)
    if model.basis == "agency":
        return charge(model, agency=setting.agency)
    if isinstance(model, Matrix):
        parts = split(quantity, setting.mix)
        return sum(
            (_by_quantity(cell_price(model, cell), part) for cell, part in parts.items()), ZERO
        )
    if isinstance(model, Pooled):
        found = pool_parts(model, {"a": quantity, "b": setting.others})
        return found["a"]
    return _by_quantity(model, quantity)


def _by_quantity(model: PriceModel, quantity: Decimal) -> Decimal:
    used = quantity > 0 or model.kind in COVERED
    return r9(price(model, quantity if used else None))


def scaled(quantity: Decimal, wanted: Decimal, average: Fraction) -> Decimal:
    """A month's quantity where the average month becomes `wanted`; six decimals, half up.

    Without any use so far, every month becomes what is wanted.
    """
    if average == 0:
        return wanted
    return Decimal(micro(Fraction(quantity) * Fraction(wanted) / average)).scaleb(-6)


@dataclass(frozen=True)
class Effect:
    """What a change does to one item's charges over some months, in nine decimals."""

    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """More (or less, below zero)."""
        return self.after - self.before


def effect(
    months: Sequence[tuple[str, Decimal]],
    wanted: Decimal | None,
    now: tuple[PriceModel, Setting],
    then: tuple[PriceModel, Setting],
    others: Mapping[str, Decimal],
) -> Effect:
    """The charges of some months as they were used, and with another volume, price or mix.

    Both sides are priced by the same rules, each at its own price; `wanted` None: the volume stays.
    `others`: what other agencies used in each month, for prices that all share.
    """
    average = sum((Fraction(quantity) for _, quantity in months), Fraction(0)) / len(months)
    before = after = ZERO
    for period, quantity in months:
        rest = others.get(period, ZERO)
        changed = quantity if wanted is None else scaled(quantity, wanted, average)
        before += month_price(now[0], quantity, _with(now[1], rest))
        after += month_price(then[0], changed, _with(then[1], rest))
    return Effect(before, after)


def _with(setting: Setting, others: Decimal) -> Setting:
    return Setting(setting.mix, others, setting.agency)
