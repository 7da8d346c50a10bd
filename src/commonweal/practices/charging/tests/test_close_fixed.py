"""Charges that an order alone causes: once, at the rate of their day, or the close stops."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.models import Agreement, OrderLine
from commonweal.kernel.catalogue.public import NewFunding, put_charge_item
from commonweal.kernel.metering.models import UsageFact
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging.closing import rating
from commonweal.practices.charging.closing.drafting import CauseError
from commonweal.practices.charging.models import Bill, BillLine

from .copies import closed, copies, enter, world
from .world import AUGUST, World, add_order, put_rate, usage

__all__ = ["closed", "copies", "enter", "world"]


def smuggle_base_usage(world: World) -> None:
    """A usage record of the base charge, past the intake."""
    with act_as(SYSTEM):
        fact = UsageFact.objects.filter(
            agency_id=world.agencies["CLERK"], booked_in=AUGUST
        ).first()  # fmt: skip
        line = OrderLine.objects.get(
            agency_id=world.agencies["CLERK"], charge_item__code="payroll.base"
        )
        assert fact is not None
        fact.id, fact.external_id = uuid7(), "smuggled"
        fact.charge_item_id, fact.order_line_id = line.charge_item_id, line.id
        fact.save(force_insert=True)


def add_fixed_item(world: World, starts: date) -> None:
    """A fixed item, and CLERK's order of it from a day on."""
    owner = world.of("service_owner")
    with act_as(owner):
        item = put_charge_item(
            actor=owner, code="payroll.extra", service="payroll", name="Extra", description="Extra",
            unit="C62", measure_singular="extra", measure_plural="extras", kind="fixed",
            starts=date(2026, 1, 1),
        )  # fmt: skip
    world.items["payroll.extra"] = item.id
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=world.agencies["CLERK"])
    add_order(world, "CLERK", agreement.id, ["payroll.extra"], [NewFunding("General fund")], starts)


def test_usage_of_a_fixed_item_is_refused(world: World) -> None:
    result = world.send("payrun", [usage("CLERK", "payroll.base", 1, "1", AUGUST)])
    assert [problem.code for problem in result.rejected] == ["USAGE-131"]
    assert "charge it twice" in result.rejected[0].message


def test_usage_of_a_fixed_item_stops_the_rating(world: World) -> None:
    smuggle_base_usage(world)
    world.report(AUGUST)
    with pytest.raises(CauseError) as twice:
        world.close(AUGUST)
    assert twice.value.code == "CLOSE-302"
    (row,) = twice.value.details["rows"]
    assert (row["problem"], row["example"]) == ("its order charges it already", "payrun smuggled")


def test_the_second_path_finds_usage_of_a_fixed_item_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    smuggle_base_usage(world)
    world.report(AUGUST)

    def none() -> Collection[UUID]:
        return set()

    monkeypatch.setattr(rating, "fixed_items", none)
    with pytest.raises(CauseError) as twice:
        world.close(AUGUST)
    assert twice.value.code == "CLOSE-305"
    (row,) = twice.value.details["rows"]
    assert (row["agency"], row["records"]) == (str(world.agencies["CLERK"]), 1)
    with act_as(SYSTEM):
        assert not Bill.objects.filter(period=AUGUST).exists()


def test_a_fixed_line_without_a_rate_stops_the_close(world: World) -> None:
    add_fixed_item(world, date(2026, 7, 1))
    put_rate(world, "payroll.extra", {"kind": "flat", "amount": "5"}, date(2026, 8, 2))
    world.report(AUGUST)
    with pytest.raises(CauseError) as bare:
        world.close(AUGUST)
    assert bare.value.code == "CLOSE-302"
    (row,) = bare.value.details["rows"]
    assert (row["problem"], row["records"]) == ("no rate was in force", 1)
    assert row["item"] == str(world.items["payroll.extra"])
    with act_as(SYSTEM):
        line = OrderLine.objects.get(charge_item__code="payroll.extra")
        assert row["example"] == f"{line.order.number}/{line.number}"


@pytest.mark.parametrize(
    ("starts", "expected"),
    [(date(2026, 7, 1), 10_000), (date(2026, 8, 9), 10_000), (date(2026, 8, 10), 50_000),
     (date(2026, 8, 20), 50_000)],
)  # fmt: skip
def test_a_fixed_line_takes_the_rate_of_its_own_first_day(
    world: World, starts: date, expected: int
) -> None:
    add_fixed_item(world, starts)
    put_rate(world, "payroll.extra", {"kind": "flat", "amount": "100"}, date(2026, 8, 1))
    put_rate(world, "payroll.extra", {"kind": "flat", "amount": "500"}, date(2026, 8, 10))
    world.report(AUGUST)
    world.close(AUGUST, until="draft")
    with act_as(SYSTEM):
        line = BillLine.objects.get(charge_item__code="payroll.extra")
        assert line.amount_minor == expected


def test_the_rate_of_a_day_holds_from_its_local_midnight(world: World) -> None:
    from commonweal.practices.charging.closing.rates import approved_rates

    with act_as(SYSTEM):
        rates = approved_rates("America/Chicago")
        (span,) = rates.by_item[world.items["payroll.base"]]
    assert span.start == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert rates.models[span.version_id].fixed == Decimal("99.995")
