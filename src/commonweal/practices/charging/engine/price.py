"""The price of a quantity, and the oracle that rates facts one by one in plain Python Decimal.

F(q) is the exact price of a period's total quantity q in one group (agency × charge item × rate
version, and cell of a matrix). A fact's amount is R9(F(quantity up to and with it)) −
R9(F(quantity before it)), so that facts always add up to R9(F(total)) (design §3, law 1). R9
rounds half away from zero to 9 decimals. For a peak, quantity is the largest one so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .building import (
    at_cost,
    channel,
    fixed_share,
    flat,
    from_document,
    graduated,
    lump_sum,
    matrix,
    minimum,
    package,
    peak,
    per_unit,
    percentage,
    pooled,
    prorated,
    step,
    volume,
)
from .errors import EngineError
from .exact import EXACT, ZERO, exact_sum, plain, product, r9
from .models import AtCost, Blocks, Minimum, Percentage, PriceModel, Tier, Tiered
from .shared_models import Cell, Matrix

__all__ = [
    "Cell",
    "Fact",
    "PriceModel",
    "RatedFact",
    "Tier",
    "at_cost",
    "below_zero",
    "cell_key",
    "cell_price",
    "channel",
    "exact_sum",
    "fixed_share",
    "flat",
    "from_document",
    "gather",
    "graduated",
    "lump_sum",
    "matrix",
    "minimum",
    "package",
    "peak",
    "per_unit",
    "percentage",
    "plain",
    "pooled",
    "price",
    "product",
    "prorated",
    "r9",
    "rate_facts",
    "step",
    "volume",
]


def price(model: PriceModel, quantity: Decimal | None) -> Decimal:
    """F(quantity), exact, of a price by quantity. `None` means that nothing is covered, which costs
    nothing; zero means that something is covered and was not used.

    For a peak the quantity is the largest one, for a pooled price the pool's total. Other prices
    depend on more than a quantity and are refused (RATE-212): see `cell_price` and `charges`.
    """
    if model.basis not in ("quantity", "pool"):
        raise EngineError(
            "RATE-212",
            f"A price of kind {model.kind} is not the price of one quantity. Give what it"
            " depends on: dimensions, an agency, or days.",
        )
    if quantity is None:
        return ZERO
    if quantity < 0:
        raise EngineError("RATE-201", f"A total of {quantity} is below zero and has no price.")
    return _price(model, quantity)


def _price(model: PriceModel, quantity: Decimal) -> Decimal:
    if isinstance(model, Tiered):
        return _tiered(model, quantity)
    if isinstance(model, Blocks):
        return _blocks(model, quantity)
    if isinstance(model, Minimum):
        return max(model.amount, _price(model.inner, quantity))
    if isinstance(model, Percentage):
        found = max(model.floor, product(quantity, model.percent.scaleb(-2)))
        return found if model.cap is None else min(found, model.cap)
    if isinstance(model, AtCost):
        overhead = product(quantity, model.overhead.scaleb(-2))
        return EXACT.add(quantity, overhead if model.cap is None else min(overhead, model.cap))
    return _price(model.inner, quantity)  # type: ignore[attr-defined]  # a peak, a pool


def _tiered(model: Tiered, quantity: Decimal) -> Decimal:
    if model.kind == "volume":
        rate = next(t.rate for t in reversed(model.tiers) if quantity >= t.lo)
        return EXACT.add(model.fixed, product(quantity, rate))
    result = model.fixed
    for tier in model.tiers:
        if quantity <= tier.lo:
            break
        top = quantity if tier.hi is None or quantity < tier.hi else tier.hi
        result = EXACT.add(result, product(EXACT.subtract(top, tier.lo), tier.rate))
    return result


def _blocks(model: Blocks, quantity: Decimal) -> Decimal:
    started = EXACT.divide_int(quantity, model.size)
    if EXACT.remainder(quantity, model.size):
        started += 1
    result = EXACT.add(model.fixed, product(started, model.rate))
    return result if model.cap is None else min(result, model.cap)


def gather(model: PriceModel, quantities: Iterable[Decimal]) -> Decimal | None:
    """What a group's quantities come to: their sum, or the largest of them for a peak; None if
    there are none. `price(model, gather(model, quantities))` is the group's price."""
    found = list(quantities)
    if not found:
        return None
    return max(found) if model.kind == "peak" else exact_sum(found)


def cell_key(model: Matrix, dimensions: Mapping[str, str]) -> tuple[str, ...]:
    """The cell that a record's dimensions fall into; () is `otherwise`. RATE-208 if there is
    neither. A dimension that is absent or empty has no cell of its own."""
    values = tuple(dimensions.get(name) or "" for name in model.dimensions)
    if any(cell.values == values for cell in model.cells):
        return values
    if model.otherwise is not None:
        return ()
    raise no_cell(model, values)


def cell_price(model: Matrix, key: tuple[str, ...]) -> PriceModel:
    """The price of a cell that `cell_key` named."""
    for cell in model.cells:
        if cell.values == key:
            return cell.model
    if model.otherwise is None:
        raise no_cell(model, key)
    return model.otherwise


def no_cell(
    model: Matrix, values: Iterable[str], source: object = "", fact: object = ""
) -> Exception:
    """RATE-208: dimension values without a price, of a usage record if one is given."""
    shown = ", ".join(
        f"{name} “{value}”" for name, value in zip(model.dimensions, values, strict=False)
    )
    whose = f" of usage record {fact} of {source}" if fact else ""
    return EngineError(
        "RATE-208",
        f"There is no price for {shown or 'what no cell names'}{whose}. Correct the record, or add"
        " that price or a price for everything else.",
        source=str(source),
        fact=str(fact),
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """A usage fact of one group; `from_time` aware, ordered in UTC."""

    from_time: datetime
    source: str
    id: str
    quantity: Decimal

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Facts of a group are ordered by (from, source, id); ties cannot occur."""
        return (self.from_time, self.source, self.id)


@dataclass(frozen=True, slots=True)
class RatedFact:
    """A fact with the quantity before it and its amount (9 decimals)."""

    fact: Fact
    quantity_before: Decimal
    amount: Decimal


def rate_facts(
    facts: Iterable[Fact], model: PriceModel, opening: Decimal | None = None
) -> list[RatedFact]:
    """Rate one group's facts in order; the oracle of the SQL kernel. `opening` is what was counted
    and charged before the first of them (None: nothing, not even coverage).

    A fact may reduce (negative quantity), but the running total may not fall below zero: RATE-202
    names the fact. For a peak the quantity before a fact is the largest before it, and no fact
    may be below zero (RATE-210).
    """
    rated = []
    cumulative = ZERO if opening is None else opening
    before = r9(price(model, opening))
    for fact in sorted(facts, key=lambda fact: fact.place):
        start = cumulative
        if model.kind != "peak":
            cumulative = EXACT.add(cumulative, fact.quantity)
        elif fact.quantity < 0:
            raise reading_below_zero(fact.source, fact.id, fact.quantity)
        elif fact.quantity > cumulative:
            cumulative = fact.quantity
        if cumulative < 0:
            raise below_zero(fact.source, fact.id, cumulative)
        after = r9(price(model, cumulative))
        rated.append(RatedFact(fact, start, EXACT.subtract(after, before)))
        before = after
    return rated


def below_zero(source: object, fact_id: object, cumulative: Decimal) -> EngineError:
    """RATE-202: the fact that takes a group's running total below zero."""
    return EngineError(
        "RATE-202",
        f"Usage record {fact_id} of {source} takes the period's total to {plain(cumulative)}, below"
        " zero. Correct its quantity, or send the record it reduces first.",
        source=str(source),
        fact=str(fact_id),
    )


def reading_below_zero(source: object, fact_id: object, quantity: Decimal) -> EngineError:
    """RATE-210: a reading of a peak that is below zero."""
    return EngineError(
        "RATE-210",
        f"Usage record {fact_id} of {source} reads {plain(quantity)}, below zero. A price of the"
        " largest quantity needs readings, not changes: send a record that replaces the wrong one.",
        source=str(source),
        fact=str(fact_id),
    )
