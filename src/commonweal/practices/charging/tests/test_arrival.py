"""The order of arrival never changes a total: through the public doors, to the cent."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import FiscalPeriod, at
from commonweal.kernel.metering.public import Usage
from commonweal.practices.charging.models import BillLine
from commonweal.practices.charging.papers.verifier import run as check_bill

from .copies import copies, enter
from .world import AUGUST, SEPTEMBER, World, after, usage

__all__ = ["copies", "enter"]
OCTOBER = "2026-10"
ITEMS = ("helpdesk.case", "helpdesk.hour")


def records(chance: random.Random) -> list[Usage]:
    """August's records of PARKS beside what is there: fractions, and chains of corrections of
    corrections, in the order in which their source counted them."""
    found = []
    for number in range(6):
        item = chance.choice(ITEMS)
        first = usage(
            "PARKS", item, number, f"{chance.uniform(0, 120):.4f}", AUGUST,
            external_id=f"r{number}",
        )  # fmt: skip
        found.append(first)
        for step in range(chance.choice((0, 0, 1, 2))):
            before = found[-1]
            quantity = Decimal(chance.choice(("0", f"{chance.uniform(0, 150):.3f}")))
            found.append(
                replace(
                    before,
                    external_id=f"r{number}-{step}",
                    quantity=quantity,
                    replaces=before.external_id,
                )
            )
    return found


def late(period: str) -> datetime:
    """A moment before the close of a month, after every earlier one."""
    day = FiscalPeriod.parse(period).end_day
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def charged(world: World, months: tuple[str, ...]) -> dict[str, tuple[Decimal, Decimal, int]]:
    """What PARKS paid for August in all, by item: quantity, exact amount, cents."""
    found: dict[str, tuple[Decimal, Decimal, int]] = {}
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(
            bill__agency__code="PARKS", bill__period__in=months, charge_period=AUGUST,
            charge_item__code__in=ITEMS,
        ).select_related("charge_item")  # fmt: skip
        for line in lines:
            quantity, exact, cents = found.get(line.charge_item.code, (Decimal(0), Decimal(0), 0))
            found[line.charge_item.code] = (
                quantity + line.quantity, exact + line.amount_exact, cents + line.amount_minor,
            )  # fmt: skip
            assert (line.corrects is None) is (line.kind != "correction")
    return found


def close(world: World, period: str, folder: Path) -> None:
    with at(after(period)):
        world.report(period)
        world.close(period, no_costs_reason="The ledger of the month is not of interest here.")
    with act_as(SYSTEM):
        pack = world.paper(world.bill("PARKS", period), "pack")
    place = folder / f"{period}.zip"
    place.write_bytes(pack)
    assert "it fits" in check_bill.check(str(place), "", False)[-1]


@pytest.mark.parametrize("seed", [3, 11])
def test_the_order_of_arrival_and_the_month_of_arrival_never_change_a_total(
    seed: int, enter: Callable[[str], World], tmp_path: Path
) -> None:
    """Everything on time, or spread at random over three months (so that a third month corrects
    what a second one corrected): the same quantity, exact amount and cents, and packs that fit."""
    chance = random.Random(seed)
    sent = records(chance)
    world = enter("ontime")
    world.send("desk", sent)
    close(world, AUGUST, tmp_path)
    expected = charged(world, (AUGUST,))

    world = enter("spread")
    months = (AUGUST, SEPTEMBER, OCTOBER)
    arrival: dict[str, int] = {}
    for record in sent:  # a correction never comes before what it corrects
        earliest = arrival.get(record.replaces, 0)
        arrival[record.external_id] = chance.randint(earliest, 2)
    for number, month in enumerate(months):
        batch = [record for record in sent if arrival[record.external_id] == number]
        chance.shuffle(batch)
        world.send("desk", batch, late(month))
        if month != AUGUST:
            fresh = usage("PARKS", "payroll.payslip", 1, "1", month, external_id=f"p-{month}")
            world.send("payrun", [fresh], late(month))
            world.send("desk", [usage("PARKS", "helpdesk.case", 1, "1", month)], late(month))
        close(world, month, tmp_path)
    assert charged(world, months) == expected
