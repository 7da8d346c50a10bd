"""How a price came about, in plain sentences with the arithmetic (English)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from .exact import EXACT, plain, product
from .explain import amount, number
from .models import AtCost, Blocks, Minimum, Peak, Percentage, PriceModel, Tiered
from .price import price
from .shared_models import FixedShare, LumpSum, Pooled, Prorated

_BLOCKS = {"package": ("package", "packages"), "step": ("step", "steps")}


def price_sentences(model: PriceModel, quantity: Decimal, unit: str, currency: str) -> list[str]:
    """How a group's quantity was priced: one sentence for each part, then the sum if several.

    The quantity is the total, or the largest one for a peak; for prices by quantity only.
    """
    if isinstance(model, Tiered):
        return _tiered(model, quantity, unit, currency)
    if isinstance(model, Blocks):
        return _blocks(model, quantity, unit, currency)
    if isinstance(model, Percentage):
        return _percentage(model, quantity, currency)
    if isinstance(model, AtCost):
        return _at_cost(model, quantity, currency)
    if isinstance(model, Minimum):
        parts = price_sentences(model.inner, quantity, unit, currency)
        least = amount(model.amount, currency)
        if price(model.inner, quantity) < model.amount:
            return [*parts, f"That is less than the minimum commitment of {least}: {least}"]
        return [*parts, f"The minimum commitment of {least} is reached"]
    assert isinstance(model, Peak), model.kind
    largest = f"The largest quantity of the period: {number(quantity)} {unit}"
    return [largest, *price_sentences(model.inner, quantity, unit, currency)]


def _together(parts: list[str], model: PriceModel, quantity: Decimal, currency: str) -> list[str]:
    if len(parts) > 1:
        parts.append(f"Together: {amount(price(model, quantity), currency)}")
    return parts


def _fixed(fixed: Decimal, currency: str) -> list[str]:
    return [f"Fixed charge for the period: {amount(fixed, currency)}"]


def _tiered(model: Tiered, quantity: Decimal, unit: str, currency: str) -> list[str]:
    parts = _fixed(model.fixed, currency) if model.kind == "flat" or model.fixed else []
    for tier in model.tiers if model.kind != "flat" else ():
        if model.kind == "volume":
            if quantity < tier.lo or (tier.hi is not None and quantity >= tier.hi):
                continue
            taken, above = quantity, f"all at the rate from {number(tier.lo)} on"
        else:
            if quantity <= tier.lo and tier.lo > 0:
                break
            top = quantity if tier.hi is None else min(quantity, tier.hi)
            taken = top - tier.lo
            above = "from the first" if tier.lo == 0 else f"above {number(tier.lo)}"
        what = f"{number(taken)} {unit} × {amount(tier.rate, currency)}"
        what += f" ({above})" if len(model.tiers) > 1 else ""
        parts.append(f"{what} = {amount(product(tier.rate, taken), currency)}")
    return _together(parts, model, quantity, currency)


def _blocks(model: Blocks, quantity: Decimal, unit: str, currency: str) -> list[str]:
    started = -(-Fraction(quantity) // Fraction(model.size))
    one, many = _BLOCKS[model.kind]
    parts = _fixed(model.fixed, currency) if model.fixed else []
    full = product(Decimal(started), model.rate)
    parts.append(
        f"{started:,} started {one if started == 1 else many} of {number(model.size)} {unit}"
        f" × {amount(model.rate, currency)} = {amount(full, currency)}"
    )
    if model.cap is not None and EXACT.add(full, model.fixed) > model.cap:
        return [*parts, _capped(model.cap, model.over, currency)]
    return _together(parts, model, quantity, currency)


def _capped(cap: Decimal, over: str, currency: str) -> str:
    span = " of the year" if over == "year" else ""
    return f"That is more than the cap{span}, so the cap is charged: {amount(cap, currency)}"


def _share(percent: Decimal, quantity: Decimal, currency: str) -> tuple[Decimal, str]:
    found = product(quantity, percent.scaleb(-2))
    return found, (f"{plain(percent)}% of {amount(quantity, currency)} = {amount(found, currency)}")


def _percentage(model: Percentage, quantity: Decimal, currency: str) -> list[str]:
    found, said = _share(model.percent, quantity, currency)
    if found < model.floor:
        floor = amount(model.floor, currency)
        return [said, f"That is less than the least charge, so that is charged: {floor}"]
    if model.cap is not None and found > model.cap:
        return [said, _capped(model.cap, model.over, currency)]
    return [said]


def _at_cost(model: AtCost, quantity: Decimal, currency: str) -> list[str]:
    found, said = _share(model.overhead, quantity, currency)
    parts = [f"Passed through at cost: {amount(quantity, currency)}", f"Overhead: {said}"]
    if model.cap is not None and found > model.cap:
        parts[1] += f", capped at {amount(model.cap, currency)}"
    return _together(parts, model, quantity, currency)


def pool_sentences(
    model: Pooled,
    own: Decimal,
    total: Decimal,
    exact: Decimal,
    unit: str,
    currency: str,
) -> list[str]:
    """An agency's share of a pool's price; `exact` is its part in nine decimals."""
    parts = [f"All agencies together use {number(total)} {unit}"]
    parts += price_sentences(model.inner, total, unit, currency)
    shared = f"{number(own)} of {number(total)} {unit} bear that share of it"
    return [*parts, f"{shared}: {amount(exact, currency)}"]


def charge_sentences(
    model: PriceModel,
    agency: str,
    exact: Decimal,
    currency: str,
    *,
    covered: int = 0,
    days: int = 0,
) -> list[str]:
    """A charge that no usage causes."""
    if isinstance(model, LumpSum):
        return [f"Enacted for {agency}: {amount(exact, currency)}"]
    if isinstance(model, FixedShare):
        share = model.shares[agency]
        whole = amount(model.amount, currency)
        return [f"{_ratio(share)} of {whole} = {amount(exact, currency)}"]
    assert isinstance(model, Prorated), model.kind
    whole = amount(model.amount, currency)
    return [f"{whole} × {covered} of {days} days = {amount(exact, currency)}"]


def _ratio(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}"


def cell_name(dimensions: tuple[str, ...], values: tuple[str, ...]) -> str:
    """A matrix cell in words; () is what no other cell names."""
    if not values:
        return "all other " + ", ".join(dimensions)
    return ", ".join(f"{name} {value}" for name, value in zip(dimensions, values, strict=True))


def headed(head: Mapping[str, list[str]]) -> list[str]:
    """Sentences of several cells, each under its name."""
    return [f"{name}: {said}" for name, found in head.items() for said in found]
