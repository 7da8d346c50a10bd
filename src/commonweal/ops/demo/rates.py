"""The demo's rates: agencies sign forecasts, the budget says what a unit costs, and two people
decide the published price, which may be less or more than that."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import charge_items
from commonweal.practices.charging.public import (
    Volume,
    allocate,
    approve_rate,
    derive_rate,
    propose_rate,
    sign_forecasts,
)

from .data import AGENCIES
from .items import ITEMS, ItemSeed
from .money import yearly_volume
from .people import World, monthly_quantity

SHARE_REASON = "its part of the service's charges at published prices and forecast volumes"


def decide_rates(world: World, year: date, number: int) -> None:
    """Forecast, allocate the budget, derive, propose and approve the rates of a fiscal year: the
    demo's first (0) or a later one."""
    fiscal = FiscalPeriod.of_date(year).fiscal_year(7)
    owner, director = world.of("service_owner"), world.of("director")
    finance = world.of("finance_officer")
    with act_as(owner):
        ids = {item.code: item.id for item in charge_items(owner)}
    _forecasts(world, fiscal, ids)
    first = FiscalPeriod.of_date(year)
    with act_as(finance):
        run = allocate(
            actor=finance,
            basis="budget",
            first_period=first.code,
            last_period=first.shift(11).code,
            label=f"Budget {fiscal}",
        )
    for item in ITEMS:
        derivation = _derivation(owner, item, ids[item.code], run.id, fiscal)
        with act_as(owner):
            version = propose_rate(
                actor=owner,
                charge_item_id=ids[item.code],
                model=price_model(item, number),
                starts=year,
                derivation=derivation,
                reason=item.note(number),
            )
        with act_as(director):
            approve_rate(actor=director, rate_version_id=version.id)


def _forecasts(world: World, fiscal: int, ids: dict[str, UUID]) -> None:
    for seed in AGENCIES:
        officer = world.of("agency_finance", seed.code)
        with act_as(officer):
            sign_forecasts(
                actor=officer,
                agency_id=world.agencies[seed.code],
                fiscal_year=fiscal,
                quantities={
                    ids[item.code]: 12 * monthly_quantity(item.code, seed.code) for item in ITEMS
                },
            )


def item_share(item: ItemSeed) -> Fraction:
    """The part of its service's cost that an item bears, by published price and volume."""
    own = Fraction(item.price * yearly_volume(item.code))
    whole = sum(
        (Fraction(i.price * yearly_volume(i.code)) for i in ITEMS if i.service == item.service),
        Fraction(0),
    )
    return own / whole


def price_model(item: ItemSeed, number: int) -> dict[str, Any]:
    """The engine's price model of an item in the demo's fiscal year of a number."""
    amount = format(item.price_in(number).amount, "f")
    if item.flat:
        return {"kind": "flat", "amount": amount}
    if not item.tiers:
        return {"kind": "per_unit", "rate": amount}
    lows = ["0", *(low for low, _ in item.tiers)]
    rates = [amount, *(format(price.amount, "f") for _, price in item.tiers)]
    tiers = [{"from": low, "rate": rate} for low, rate in zip(lows, rates, strict=True)]
    for tier, low in zip(tiers, lows[1:], strict=False):
        tier["to"] = low
    return {"kind": "graduated", "tiers": tiers}


def _derivation(
    owner: Actor, item: ItemSeed, item_id: UUID, run_id: UUID, fiscal: int
) -> dict[str, Any]:
    """What a unit costs by the budget and the forecasts, which the published price is beside."""
    with act_as(owner):
        return derive_rate(
            owner,
            charge_item_id=item_id,
            run_id=run_id,
            volume=Volume(fiscal_year=fiscal),
            share=item_share(item),
            share_reason=SHARE_REASON,
            places=2 if item.price >= 1 else 4,
        )
