"""Price models and the oracle that rates facts one by one in plain Python Decimal.

F(q) is the exact price of a period's total quantity q in one group (agency × charge item × rate
version): the fixed charge once anything is covered, plus every tier's share of q at its rate.
A fact's amount is R9(F(quantity up to and with it)) − R9(F(quantity before it)), so that facts
always add up to R9(F(total)) (design §3, law 1). R9 rounds half away from zero to 9 decimals.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from commonweal.kernel.money.public import MoneyError, exact_decimal

from .errors import EngineError

QUANTITY_PLACES = 6
RATE_PLACES = 9
AMOUNT_PLACES = 9
QUANTITY_LIMIT = Decimal(10**12)
RATE_LIMIT = Decimal(10**9)
ZERO = Decimal(0)
_NINE = Decimal("1e-9")
# Wide enough for quantity (18,6) × rate (18,9) summed over tiers; an inexact result is an error.
_EXACT = decimal.Context(
    prec=80, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow]
)
_ROUND = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Tier:
    """The half-open band [lo, hi) of a period's quantity, priced at `rate` a unit."""

    lo: Decimal
    hi: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class PriceModel:
    """One price: `fixed` a period once anything is covered, and tiers from 0 without a gap.

    Made by `flat`, `per_unit`, `graduated` or `from_document`; always valid.
    """

    kind: str
    fixed: Decimal
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        _check_number(self.fixed, RATE_LIMIT, RATE_PLACES, "amount", "RATE-101")
        if not self.tiers:
            raise EngineError("RATE-102", "A price needs at least one tier. Add one.", "tiers")
        expected: Decimal | None = ZERO
        for number, tier in enumerate(self.tiers):
            _check_tier(tier, expected, f"tiers/{number}")
            expected = tier.hi
        if expected is not None:
            raise EngineError(
                "RATE-105",
                f"The last tier ends at {expected}, so more than that has no price."
                " Leave its upper bound out.",
                f"tiers/{len(self.tiers) - 1}/to",
            )

    def document(self) -> dict[str, Any]:
        """The JSON form that `from_document` reads: decimals as text."""
        if self.kind == "flat":
            return {"kind": "flat", "amount": plain(self.fixed)}
        fixed = {"fixed": plain(self.fixed)} if self.fixed else {}
        if self.kind == "per_unit":
            return {"kind": "per_unit", "rate": plain(self.tiers[0].rate), **fixed}
        tiers = [
            {"from": plain(t.lo), "rate": plain(t.rate)}
            | ({} if t.hi is None else {"to": plain(t.hi)})
            for t in self.tiers
        ]
        return {"kind": "graduated", "tiers": tiers, **fixed}


def plain(value: Decimal) -> str:
    """A decimal as text without exponent and without trailing zeros."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _check_number(value: Decimal, limit: Decimal, places: int, where: str, code: str) -> None:
    if not isinstance(value, Decimal):
        raise TypeError(f"{where}: a Decimal is needed, not {type(value).__name__}")
    exact_decimal(value)
    if value < 0 or value >= limit:
        raise EngineError(
            code, f"{where} is {value}. Give a number from 0 up to {limit:f}, not included.", where
        )
    if value != _ROUND.quantize(value, Decimal(1).scaleb(-places)):
        raise EngineError(code, f"{where} is {value}. Give at most {places} decimals.", where)


def _check_tier(tier: Tier, expected: Decimal | None, where: str) -> None:
    if expected is None:
        raise EngineError(
            "RATE-104",
            "A tier follows one without an upper bound. Give the earlier one a bound.",
            where,
        )
    _check_number(tier.lo, QUANTITY_LIMIT, QUANTITY_PLACES, f"{where}/from", "RATE-103")
    if tier.lo != expected:
        raise EngineError(
            "RATE-104",
            f"The tier starts at {tier.lo} but must start at {expected}, where the one before"
            " ends. Tiers neither overlap nor leave a gap.",
            f"{where}/from",
        )
    if tier.hi is not None:
        _check_number(tier.hi, QUANTITY_LIMIT, QUANTITY_PLACES, f"{where}/to", "RATE-103")
        if tier.hi <= tier.lo:
            raise EngineError(
                "RATE-103",
                f"The tier ends at {tier.hi}, not above its start {tier.lo}. Raise its end.",
                f"{where}/to",
            )
    _check_number(tier.rate, RATE_LIMIT, RATE_PLACES, f"{where}/rate", "RATE-101")


def flat(amount: Decimal) -> PriceModel:
    """A fixed charge a period once any coverage exists (one fact, even of quantity zero)."""
    return PriceModel("flat", amount, (Tier(ZERO, None, ZERO),))


def per_unit(rate: Decimal, fixed: Decimal = ZERO) -> PriceModel:
    """One rate for every unit, with an optional fixed charge a period."""
    return PriceModel("per_unit", fixed, (Tier(ZERO, None, rate),))


def graduated(tiers: Iterable[Tier], fixed: Decimal = ZERO) -> PriceModel:
    """Each band of the period's quantity at its own rate (all-tiers, not top-tier)."""
    return PriceModel("graduated", fixed, tuple(tiers))


def _number(document: Mapping[str, Any], key: str, where: str) -> Decimal:
    value = document.get(key)
    path = f"{where}{key}"
    if not isinstance(value, str):
        raise EngineError("RATE-106", f"{path} is missing. Give a decimal as text.", path)
    try:
        return exact_decimal(value)
    except MoneyError as error:
        raise EngineError(error.code, error.message, path) from None


def from_document(document: Mapping[str, Any]) -> PriceModel:
    """The price model written in JSON (docs/reference/engine.md); errors carry the path."""
    kind = document.get("kind")
    if kind == "flat":
        return flat(_number(document, "amount", ""))
    fixed = _number(document, "fixed", "") if "fixed" in document else ZERO
    if kind == "per_unit":
        return per_unit(_number(document, "rate", ""), fixed)
    if kind == "graduated":
        tiers = [
            Tier(
                _number(tier, "from", f"tiers/{i}/"),
                _number(tier, "to", f"tiers/{i}/") if tier.get("to") is not None else None,
                _number(tier, "rate", f"tiers/{i}/"),
            )
            for i, tier in enumerate(document.get("tiers", ()))
        ]
        return graduated(tiers, fixed)
    raise EngineError(
        "RATE-107", f"“{kind}” is not a price model. Use flat, per_unit or graduated.", "kind"
    )


def price(model: PriceModel, quantity: Decimal | None) -> Decimal:
    """F(quantity), exact. `None` means that nothing is covered, which costs nothing."""
    if quantity is None:
        return ZERO
    if quantity < 0:
        raise EngineError("RATE-201", f"A total of {quantity} is below zero and has no price.")
    result = model.fixed
    for tier in model.tiers:
        if quantity <= tier.lo:
            break
        top = quantity if tier.hi is None or quantity < tier.hi else tier.hi
        result = _EXACT.add(result, product(_EXACT.subtract(top, tier.lo), tier.rate))
    return result


def product(one: Decimal, other: Decimal) -> Decimal:
    """one × other, exact; an inexact result is an error."""
    return _EXACT.multiply(one, other)


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The exact sum; zero when there is nothing to add."""
    result = ZERO
    for value in values:
        result = _EXACT.add(result, value)
    return result


def r9(value: Decimal) -> Decimal:
    """Nine decimals, half away from zero."""
    return _ROUND.quantize(value, _NINE)


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


def rate_facts(facts: Iterable[Fact], model: PriceModel) -> list[RatedFact]:
    """Rate one group's facts in order; the oracle of the SQL kernel.

    A fact may reduce (negative quantity), but the running total may not fall below zero: RATE-202
    names the fact.
    """
    rated = []
    cumulative = ZERO
    before = ZERO
    for fact in sorted(facts, key=lambda fact: fact.place):
        start, cumulative = cumulative, _EXACT.add(cumulative, fact.quantity)
        if cumulative < 0:
            raise below_zero(fact.source, fact.id, cumulative)
        after = r9(price(model, cumulative))
        rated.append(RatedFact(fact, start, _EXACT.subtract(after, before)))
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
