"""The demo's agreements and orders: proposed by the centre, signed by both sides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from commonweal.kernel.access.public import act_as
from commonweal.kernel.catalogue.public import (
    NewFunding,
    NewLine,
    create_agreement,
    create_order,
    sign_agreement,
    sign_order,
)

from .data import AGENCIES, ITEMS, AgencySeed
from .people import World, monthly_quantity

TERMS = (
    "The centre delivers the services ordered at the rates decided for each fiscal year, bills "
    "them monthly, and shows every record behind every charge. The agency pays within 30 days of "
    "the bill, and may ask about or dispute any line. Each modification needs both signatures."
)


ORDERS = (("payroll", "accounting", "procurement", "citizen"), ("helpdesk", "hosting"))
"""The services of an agency's orders: business services, and technology."""


def funding_of(seed: AgencySeed) -> list[NewFunding]:
    """The general fund, and for some agencies a federal grant that pays its percentage."""
    if not seed.grant_percent:
        return [NewFunding("General fund", f"01-{seed.code}-4510", 1, 1)]
    return [
        NewFunding("General fund", f"01-{seed.code}-4510", 100 - seed.grant_percent, 100),
        NewFunding(
            "Federal programme grant", f"20-{seed.code}-4510", seed.grant_percent, 100, True,
            f"G-{seed.code}-26",
        ),
    ]  # fmt: skip


def build_agreements(world: World, first: date, last: date) -> None:
    """One agreement for each agency, two orders over the demo's fiscal years."""
    ends = date(last.year + 1, 7, 1)
    for seed in AGENCIES:
        _agreement(world, seed, first, ends)


def _agreement(world: World, seed: AgencySeed, starts: date, ends: date) -> None:
    owner, director = world.of("service_owner"), world.of("director")
    officer = world.of("agency_approver", seed.code)
    with act_as(owner):
        agreement = create_agreement(
            actor=owner,
            agency_id=world.agencies[seed.code],
            title=f"Shared services for {seed.name}"[:160],
            terms=TERMS,
            starts=starts,
            ends=ends,
        )
    for actor, side in ((officer, "agency"), (director, "centre")):
        with act_as(actor):
            sign_agreement(actor=actor, agreement_id=agreement.id, side=side)
    months = (ends.year - starts.year) * 12 + ends.month - starts.month
    for services in ORDERS:
        lines = [
            NewLine(item.code, quantity * months, _amount(item.price, quantity * months))
            for item in ITEMS
            if item.service in services and (quantity := monthly_quantity(item.code, seed.code)) > 0
        ]
        with act_as(owner):
            order = create_order(
                actor=owner,
                agreement_id=agreement.id,
                starts=starts,
                ends=ends,
                lines=lines,
                funding=funding_of(seed),
            )
        for actor, side in ((officer, "agency"), (director, "centre")):
            with act_as(actor):
                sign_order(actor=actor, order_id=order.id, side=side)


def _amount(price: Decimal, quantity: Decimal) -> int:
    return int((price * quantity * 100).quantize(Decimal(1)))
