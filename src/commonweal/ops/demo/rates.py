"""The demo's rates: agencies sign forecasts, the budget gives the rates, two people decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
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

from .data import AGENCIES, ITEMS, ItemSeed
from .money import yearly_volume
from .people import World, monthly_quantity

TIER_REASON = "Volume tiers around the derived average, so that large agencies share scale."
FLAT_REASON = "A base charge for each agency covers what does not depend on volume."


def decide_rates(world: World, year: date, number: int) -> None:
    """Forecast, allocate the budget, derive, propose and approve the rates of a fiscal year."""
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
        _rate(owner, director, item, ids[item.code], run.id, year, fiscal)


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
    """The part of its service's cost that an item recovers, by published price and volume."""
    own = Fraction(item.price * yearly_volume(item.code))
    whole = sum(
        (Fraction(i.price * yearly_volume(i.code)) for i in ITEMS if i.service == item.service),
        Fraction(0),
    )
    return own / whole


def price_model(item: ItemSeed, derived: Decimal) -> tuple[dict[str, Any], str]:
    """The engine's price model, and the reason where it is not the derived rate alone."""
    if item.flat:
        return {"kind": "flat", "amount": format(derived, "f")}, FLAT_REASON
    if not item.tiers:
        return {"kind": "per_unit", "rate": format(derived, "f")}, ""
    scale = derived / item.price
    bounds = [low for low, _ in item.tiers[1:]]
    tiers: list[dict[str, str]] = []
    for place, (low, rate) in enumerate(item.tiers):
        tier = {"from": low, "rate": format((Decimal(rate) * scale).quantize(Decimal("1e-4")), "f")}
        if place < len(bounds):
            tier["to"] = bounds[place]
        tiers.append(tier)
    return {"kind": "graduated", "tiers": tiers}, TIER_REASON


def _rate(
    owner: Actor,
    director: Actor,
    item: ItemSeed,
    item_id: UUID,
    run_id: UUID,
    year: date,
    fiscal: int,
) -> None:
    with act_as(owner):
        derivation = derive_rate(
            owner,
            charge_item_id=item_id,
            run_id=run_id,
            volume=Volume(fiscal_year=fiscal),
            share=item_share(item),
            places=2 if item.price >= 1 else 4,
        )
        model, reason = price_model(item, Decimal(derivation["rate"]))
        version = propose_rate(
            actor=owner,
            charge_item_id=item_id,
            model=model,
            starts=year,
            derivation=derivation,
            reason=reason,
        )
    with act_as(director):
        approve_rate(actor=director, rate_version_id=version.id)
