"""How a customer's usage falls into the cells of a price by dimensions. Pure.

What was recorded is kept by dimension values and not by cell, so that it says how a quantity falls
into the cells of any price: the present one, one to come, one that somebody only assumes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import round_quotient

from ..engine.errors import EngineError
from ..engine.models import PriceModel
from ..engine.price import cell_key
from ..engine.shared_models import Matrix

Cell = tuple[str, ...]
Mix = Sequence[tuple[Mapping[str, str], Decimal]]
"""Recorded quantities by dimension values; empty where nothing is recorded."""


def micro(value: Fraction) -> int:
    """Millionths, half away from zero."""
    exact = value * 10**6
    return round_quotient(exact.numerator, exact.denominator, "half_up")


def cell_sums(model: Matrix, mix: Mix) -> dict[Cell, Decimal]:
    """What was recorded in each cell of a price, cells with more than nothing alone.

    Usage that the price has no cell for was recorded under another one, and is left out.
    """
    sums: dict[Cell, Decimal] = defaultdict(Decimal)
    for dimensions, quantity in mix:
        try:
            sums[cell_key(model, dimensions)] += quantity
        except EngineError:
            continue
    return {cell: total for cell, total in sums.items() if total > 0}


def cell_shares(model: Matrix, mix: Mix) -> dict[Cell, Fraction]:
    """Each cell's share of what was recorded; they add up to one. Empty: nothing was."""
    sums = cell_sums(model, mix)
    total = Fraction(sum(sums.values(), Decimal(0)))
    return {cell: Fraction(quantity) / total for cell, quantity in sums.items()}


def takes_dearest(model: PriceModel | None, mix: Mix) -> bool:
    """Whether a price by dimensions has to be taken at its dearest cell: nothing is recorded."""
    return isinstance(model, Matrix) and not cell_shares(model, mix)


def split(quantity: Decimal, shares: Mapping[Cell, Fraction]) -> dict[Cell, Decimal]:
    """A quantity by the shares of a mix, in millionths that add up to it exactly."""
    found, reached, before = {}, Fraction(0), 0
    for cell in sorted(shares):
        reached += shares[cell]
        after = micro(Fraction(quantity) * reached)
        found[cell] = Decimal(after - before).scaleb(-6)
        before = after
    return found


def narrowed(mix: Mix, names: Iterable[str]) -> Mix:
    """The same by some dimensions alone, in order of their values."""
    kept = sorted(set(names))
    sums: dict[tuple[tuple[str, str], ...], Decimal] = defaultdict(Decimal)
    for dimensions, quantity in mix:
        key = tuple((name, dimensions[name]) for name in kept if dimensions.get(name))
        sums[key] += quantity
    return tuple((dict(key), quantity) for key, quantity in sorted(sums.items()))
