"""What a price can be: frozen, always valid models. `from_document` (price) reads them from JSON.

A model's `basis` says what it prices:

- `quantity`: F(q) of one group's total quantity (or of its largest, for a peak);
- `cells`: the same for each cell of a matrix, chosen by the record's dimensions;
- `pool`: F of all agencies' total together, shared by quantity;
- `agency`: an amount that depends on the agency alone (lump sum, fixed share), without usage;
- `days`: an amount for a period, by the days of it that are covered, without usage.

Tiers are half-open [lo, hi): the charging reference §4.1 (inclusive whole bounds misprice what
lies between them).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from .errors import EngineError
from .exact import (
    PERCENT_LIMIT,
    PERCENT_PLACES,
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    RATE_LIMIT,
    RATE_PLACES,
    ZERO,
    check_number,
    plain,
)

SIMPLE = (
    "flat", "per_unit", "graduated", "volume", "package", "step", "percentage", "at_cost",
)  # fmt: skip
OVER = ("period", "year")


@dataclass(frozen=True, slots=True)
class Tier:
    """The half-open band [lo, hi) of a period's quantity, priced at `rate` a unit."""

    lo: Decimal
    hi: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class PriceModel:
    """One price; see the subclasses. Made by the functions of `price`; always valid."""

    kind: str
    basis: ClassVar[str] = "quantity"

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Quantities at which the price changes its shape, from zero on."""
        return (ZERO,)

    @property
    def span(self) -> str:
        """Over what its quantity adds up: a `period` (a month), or a fiscal `year` (yearly caps;
        the caller gives what was counted earlier in the year as the opening quantity)."""
        return str(getattr(self, "over", "period"))

    def document(self) -> dict[str, Any]:
        """The JSON form that `from_document` reads: decimals as text."""
        raise NotImplementedError(self.kind)


def check_rate(value: Decimal, where: str, code: str = "RATE-101") -> None:
    """A rate or an amount of money: 9 digits, 9 decimals, not negative."""
    check_number(value, RATE_LIMIT, RATE_PLACES, where, code)


def _check_tier(tier: Tier, expected: Decimal | None, where: str) -> None:
    if expected is None:
        raise EngineError(
            "RATE-104",
            "A tier follows one without an upper bound. Give the earlier one a bound.",
            where,
        )
    check_number(tier.lo, QUANTITY_LIMIT, QUANTITY_PLACES, f"{where}/from", "RATE-103")
    if tier.lo != expected:
        raise EngineError(
            "RATE-104",
            f"The tier starts at {tier.lo} but must start at {expected}, where the one before"
            " ends. Tiers neither overlap nor leave a gap.",
            f"{where}/from",
        )
    if tier.hi is not None:
        check_number(tier.hi, QUANTITY_LIMIT, QUANTITY_PLACES, f"{where}/to", "RATE-103")
        if tier.hi <= tier.lo:
            raise EngineError(
                "RATE-103",
                f"The tier ends at {tier.hi}, not above its start {tier.lo}. Raise its end.",
                f"{where}/to",
            )
    check_rate(tier.rate, f"{where}/rate")


@dataclass(frozen=True, slots=True)
class Tiered(PriceModel):
    """`fixed` a period once anything is covered, and tiers from 0 without a gap.

    Kinds: `flat` (no rate), `per_unit` (one tier), `graduated` (each band at its own rate),
    `volume` (the whole quantity at the rate of the tier that it lies in).
    """

    fixed: Decimal
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        check_rate(self.fixed, "amount")
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

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Where the tiers start."""
        return tuple(tier.lo for tier in self.tiers)

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
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
        return {"kind": self.kind, "tiers": tiers, **fixed}


@dataclass(frozen=True, slots=True)
class Blocks(PriceModel):
    """`rate` for every started block of `size` units, plus `fixed`; never more than `cap`.

    Kinds: `package` (no cap) and `step` (with or without one). A quantity of 0 starts no block.
    """

    size: Decimal
    rate: Decimal
    fixed: Decimal = ZERO
    cap: Decimal | None = None
    over: str = "period"

    def __post_init__(self) -> None:
        check_number(self.size, QUANTITY_LIMIT, QUANTITY_PLACES, "size", "RATE-111")
        if self.size == 0:
            raise EngineError(
                "RATE-111", "A block of size 0 holds nothing. Give a size above 0.", "size"
            )
        check_rate(self.rate, "price")
        check_rate(self.fixed, "fixed")
        _check_limits(None, self.cap, self.over)

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Zero and the end of the first block."""
        return (ZERO, self.size)

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        found = {"kind": self.kind, "size": plain(self.size), "price": plain(self.rate)}
        return found | _optional(fixed=self.fixed or None, cap=self.cap) | _over(self.over)


@dataclass(frozen=True, slots=True)
class Percentage(PriceModel):
    """`percent` hundredths of an amount of money (the quantity), at least `floor` once anything
    is covered, at most `cap`."""

    percent: Decimal
    floor: Decimal = ZERO
    cap: Decimal | None = None
    over: str = "period"

    def __post_init__(self) -> None:
        _check_percent(self.percent, "percent")
        _check_limits(self.floor, self.cap, self.over)

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        found = {"kind": self.kind, "percent": plain(self.percent)}
        return found | _optional(floor=self.floor or None, cap=self.cap) | _over(self.over)


@dataclass(frozen=True, slots=True)
class AtCost(PriceModel):
    """A cost passed through as it is (the quantity is the amount), plus `overhead` per cent of it,
    the overhead at most `cap`."""

    overhead: Decimal
    cap: Decimal | None = None
    over: str = "period"

    def __post_init__(self) -> None:
        _check_percent(self.overhead, "overhead")
        _check_limits(None, self.cap, self.over)

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        found = {"kind": self.kind, "overhead": plain(self.overhead)}
        return found | _optional(cap=self.cap) | _over(self.over)


def _check_percent(value: Decimal, where: str) -> None:
    check_number(value, PERCENT_LIMIT, PERCENT_PLACES, where, "RATE-101")


def _check_limits(floor: Decimal | None, cap: Decimal | None, over: str) -> None:
    if floor is not None:
        check_rate(floor, "floor")
    if cap is not None:
        check_rate(cap, "cap")
        if floor is not None and cap < floor:
            raise EngineError(
                "RATE-112",
                f"The cap {cap} is below the floor {floor}. Raise the cap, or lower the floor.",
                "cap",
            )
    if over not in OVER:
        raise EngineError(
            "RATE-119", f"“{over}” is no span. Use period or year, or leave it out.", "over"
        )


def _optional(**values: Decimal | None) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items() if value is not None}


def _over(over: str) -> dict[str, Any]:
    return {} if over == "period" else {"over": over}


def check_inner(model: PriceModel, allowed: Iterable[str], where: str) -> None:
    """Refuse a model inside another that cannot stand there (RATE-113)."""
    kinds = tuple(allowed)
    if model.kind not in kinds:
        raise EngineError(
            "RATE-113",
            f"A price of kind {model.kind} cannot stand here. Use one of: {', '.join(kinds)}.",
            f"{where}/kind",
        )


@dataclass(frozen=True, slots=True)
class Minimum(PriceModel):
    """A minimum commitment: the larger of `amount` and the inner price, once anything is covered.

    What is covered without any use (an order line) is a total of 0, which costs `amount`.
    """

    amount: Decimal
    inner: PriceModel

    def __post_init__(self) -> None:
        check_rate(self.amount, "amount")
        check_inner(self.inner, SIMPLE, "model")

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Those of the inner price."""
        return self.inner.bounds

    @property
    def span(self) -> str:
        """That of the inner price."""
        return self.inner.span

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        return {
            "kind": self.kind,
            "amount": plain(self.amount),
            "model": self.inner.document(),
        }


@dataclass(frozen=True, slots=True)
class Peak(PriceModel):
    """Capacity: the inner price of the largest quantity of the period, not of the sum."""

    inner: PriceModel

    def __post_init__(self) -> None:
        check_inner(self.inner, (*SIMPLE, "minimum"), "model")

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Those of the inner price."""
        return self.inner.bounds

    @property
    def span(self) -> str:
        """That of the inner price."""
        return self.inner.span

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        return {"kind": self.kind, "model": self.inner.document()}
