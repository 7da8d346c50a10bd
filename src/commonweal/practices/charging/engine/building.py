"""Making price models: one function for each kind, and reading them from JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.money.public import MoneyError, exact_decimal

from .errors import EngineError
from .exact import ZERO
from .models import AtCost, Blocks, Minimum, Peak, Percentage, PriceModel, Tier, Tiered
from .shared_models import REFUSE, Cell, FixedShare, LumpSum, Matrix, Pooled, Prorated

_FRACTION = re.compile(r"([0-9]{1,9})/([0-9]{1,9})\Z")


def flat(amount: Decimal) -> Tiered:
    """A fixed charge a period once any coverage exists (one fact, even of quantity zero)."""
    return Tiered("flat", amount, (Tier(ZERO, None, ZERO),))


def per_unit(rate: Decimal, fixed: Decimal = ZERO) -> Tiered:
    """One rate for every unit, with an optional fixed charge a period."""
    return Tiered("per_unit", fixed, (Tier(ZERO, None, rate),))


def graduated(tiers: Iterable[Tier], fixed: Decimal = ZERO) -> Tiered:
    """Each band of the period's quantity at its own rate (all-tiers, not top-tier)."""
    return Tiered("graduated", fixed, tuple(tiers))


def volume(tiers: Iterable[Tier], fixed: Decimal = ZERO) -> Tiered:
    """The whole quantity at the rate of the band that it lies in (top-tier)."""
    return Tiered("volume", fixed, tuple(tiers))


def package(size: Decimal, rate: Decimal, fixed: Decimal = ZERO) -> Blocks:
    """`rate` for every started block of `size` units."""
    return Blocks("package", size, rate, fixed)


def step(size: Decimal, rate: Decimal, cap: Decimal | None = None, over: str = "period") -> Blocks:
    """`rate` for every started `size`, at most `cap` a period (or a year)."""
    return Blocks("step", size, rate, ZERO, cap, over)


def minimum(amount: Decimal, inner: PriceModel) -> Minimum:
    """At least `amount`, once anything is covered."""
    return Minimum("minimum", amount, inner)


def percentage(
    percent: Decimal, floor: Decimal = ZERO, cap: Decimal | None = None, over: str = "period"
) -> Percentage:
    """So many per cent of an amount of money, between a floor and a cap."""
    return Percentage("percentage", percent, floor, cap, over)


def at_cost(overhead: Decimal, cap: Decimal | None = None, over: str = "period") -> AtCost:
    """A cost as it is, plus a percentage for overhead, which is at most `cap`."""
    return AtCost("at_cost", overhead, cap, over)


def peak(inner: PriceModel) -> Peak:
    """The price of the period's largest quantity."""
    return Peak("peak", inner)


def matrix(
    dimensions: Iterable[str], cells: Iterable[Cell], otherwise: PriceModel | None = None
) -> Matrix:
    """A price for each combination of dimension values; the rest is refused, or `otherwise`."""
    return Matrix("matrix", tuple(dimensions), tuple(cells), otherwise)


def channel(channels: Mapping[str, PriceModel], otherwise: PriceModel | None = None) -> Matrix:
    """A price for each channel, by the dimension `channel`."""
    cells = tuple(Cell((name,), model) for name, model in channels.items())
    return Matrix("channel", ("channel",), cells, otherwise)


def pooled(inner: PriceModel) -> Pooled:
    """The price of all agencies' total, shared by quantity."""
    return Pooled("pooled", inner)


def fixed_share(amount: Decimal, shares: Mapping[str, Fraction]) -> FixedShare:
    """Fixed shares of an amount a period, by agency."""
    return FixedShare("fixed_share", amount, dict(shares))


def lump_sum(amounts: Mapping[str, Decimal]) -> LumpSum:
    """An amount a period by agency."""
    return LumpSum("lump_sum", dict(amounts))


def prorated(amount: Decimal) -> Prorated:
    """A period's amount by the days of it that are covered."""
    return Prorated("prorated", amount)


def _number(document: Mapping[str, Any], key: str, where: str = "") -> Decimal:
    value = document.get(key)
    path = f"{where}{key}"
    if not isinstance(value, str):
        raise EngineError("RATE-106", f"{path} is missing. Give a decimal as text.", path)
    try:
        return exact_decimal(value)
    except MoneyError as error:
        raise EngineError(error.code, error.message, path) from None


def _zero(document: Mapping[str, Any], key: str) -> Decimal:
    return _number(document, key) if document.get(key) is not None else ZERO


def _maybe(document: Mapping[str, Any], key: str) -> Decimal | None:
    return _number(document, key) if document.get(key) is not None else None


def _over(document: Mapping[str, Any]) -> str:
    return str(document.get("over", "period"))


def _tiers(document: Mapping[str, Any]) -> list[Tier]:
    return [
        Tier(
            _number(tier, "from", f"tiers/{i}/"),
            _number(tier, "to", f"tiers/{i}/") if tier.get("to") is not None else None,
            _number(tier, "rate", f"tiers/{i}/"),
        )
        for i, tier in enumerate(document.get("tiers", ()))
    ]


def _inner(document: Any, where: str) -> PriceModel:
    """A model inside another; errors carry the path from the outer one."""
    if not isinstance(document, Mapping):
        raise EngineError("RATE-106", f"{where} is missing. Give a price model.", where)
    try:
        return from_document(document)
    except EngineError as error:
        path = f"{where}/{error.where}" if error.where else where
        raise EngineError(error.code, error.message, path) from None


def _otherwise(document: Mapping[str, Any]) -> PriceModel | None:
    """`refuse`, or a model; it must be said which."""
    given = document.get("otherwise")
    if given == REFUSE:
        return None
    if given is None:
        raise EngineError(
            "RATE-120",
            "Say what happens to other values: “otherwise” is a price model, or “refuse”.",
            "otherwise",
        )
    return _inner(given, "otherwise")


def _matrix(document: Mapping[str, Any]) -> PriceModel:
    cells = [
        Cell(
            tuple(str(value) for value in cell.get("values", ())),
            _inner(cell.get("model"), f"cells/{number}/model"),
        )
        for number, cell in enumerate(document.get("cells", ()))
    ]
    return matrix(map(str, document.get("dimensions", ())), cells, _otherwise(document))


def _channel(document: Mapping[str, Any]) -> PriceModel:
    channels = {
        str(name): _inner(model, f"channels/{name}")
        for name, model in document.get("channels", {}).items()
    }
    return channel(channels, _otherwise(document))


def _fraction(text: Any, where: str) -> Fraction:
    found = _FRACTION.match(text) if isinstance(text, str) else None
    if found is None or not int(found[2]):
        raise EngineError(
            "RATE-116",
            f"“{text}” is no share. Give a fraction of whole numbers below a billion, such as 1/4.",
            where,
        )
    return Fraction(int(found[1]), int(found[2]))


def _fixed_share(document: Mapping[str, Any]) -> PriceModel:
    shares = {
        str(agency): _fraction(share, f"shares/{agency}")
        for agency, share in document.get("shares", {}).items()
    }
    return fixed_share(_number(document, "amount"), shares)


def _lump_sum(document: Mapping[str, Any]) -> PriceModel:
    amounts = document.get("amounts", {})
    return lump_sum({str(key): _number(amounts, key, "amounts/") for key in amounts})


_READERS: dict[str, Callable[[Mapping[str, Any]], PriceModel]] = {
    "flat": lambda d: flat(_number(d, "amount")),
    "per_unit": lambda d: per_unit(_number(d, "rate"), _zero(d, "fixed")),
    "graduated": lambda d: graduated(_tiers(d), _zero(d, "fixed")),
    "volume": lambda d: volume(_tiers(d), _zero(d, "fixed")),
    "package": lambda d: package(_number(d, "size"), _number(d, "price"), _zero(d, "fixed")),
    "step": lambda d: step(_number(d, "size"), _number(d, "price"), _maybe(d, "cap"), _over(d)),
    "minimum": lambda d: minimum(_number(d, "amount"), _inner(d.get("model"), "model")),
    "percentage": lambda d: percentage(
        _number(d, "percent"), _zero(d, "floor"), _maybe(d, "cap"), _over(d)
    ),
    "at_cost": lambda d: at_cost(_number(d, "overhead"), _maybe(d, "cap"), _over(d)),
    "peak": lambda d: peak(_inner(d.get("model"), "model")),
    "matrix": _matrix,
    "channel": _channel,
    "pooled": lambda d: pooled(_inner(d.get("model"), "model")),
    "fixed_share": _fixed_share,
    "lump_sum": _lump_sum,
    "prorated": lambda d: prorated(_number(d, "amount")),
}
KINDS = tuple(_READERS)
"""Every kind of price, as documents name them."""


def from_document(document: Mapping[str, Any]) -> PriceModel:
    """The price model written in JSON (docs/reference/engine.md); errors carry the path."""
    kind = document.get("kind")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise EngineError(
            "RATE-107",
            f"“{kind}” is not a price model. Use one of: {', '.join(KINDS)}.",
            "kind",
        )
    return reader(document)
