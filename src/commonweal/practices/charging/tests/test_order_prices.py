"""Orders priced as bills are, and an order that comes into service on the month's bill."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.practices.charging.domain.what_if import Setting, month_price
from commonweal.practices.charging.engine import from_document
from commonweal.practices.charging.models import BillLine, PriceReduction
from commonweal.practices.charging.selectors.order_prices import order_prices

from .copies import closed, copies, enter, world
from .world import AUGUST, TIERS, World, put_rate

__all__ = ["closed", "copies", "enter", "world"]
MANY = Decimal(90)


def price(world: World, item: str, quantity: Decimal = MANY, recurs: str = "monthly") -> Any:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        found = order_prices(
            officer, world.agencies["PARKS"], {item: casework.Units(quantity, recurs)}
        )
    return found.get(item)


def test_what_is_added_goes_through_the_tiers_above_what_is_used(closed: World) -> None:
    with act_as(SYSTEM):
        rows = BillLine.objects.filter(
            bill__agency__code="PARKS", charge_item__code="helpdesk.case", kind="usage"
        ).values_list("quantity", flat=True)
        average = sum(rows) / 2
    model = from_document(TIERS)
    with_it, without = (
        int((month_price(model, amount, Setting()) * 100).quantize(Decimal(1), "ROUND_HALF_UP"))
        for amount in (average + MANY, average)
    )
    found = price(closed, "helpdesk.case")
    assert found.first_minor == with_it - without
    assert found.first_minor < MANY * Decimal("433.33")  # a part of it is in the second tier
    assert found.year_minor == 12 * found.first_minor
    assert price(closed, "helpdesk.case", recurs="once").year_minor == found.first_minor


def test_each_month_goes_by_the_rate_decided_for_it(closed: World) -> None:
    before = price(closed, "helpdesk.hour", Decimal(10))
    assert before.first_minor == 55005  # ten hours of 55.005, whatever else is used
    put_rate(closed, "helpdesk.hour", {"kind": "per_unit", "rate": "60"}, date(2027, 1, 1))
    found = price(closed, "helpdesk.hour", Decimal(10))
    # September to December at the rate of today, eight months at the one decided.
    assert found.year_minor == 4 * 55005 + 8 * 60000
    [later] = found.later
    assert "60.00" in later
    assert "1 January 2027" in later


def test_a_decided_reduction_counts(closed: World) -> None:
    with act_as(SYSTEM):
        PriceReduction.objects.create(
            agency_id=closed.agencies["PARKS"], charge_item_id=closed.items["helpdesk.hour"],
            percent=Decimal(40), starts=date(2026, 7, 1), ends=date(2026, 10, 1), state="approved",
            reason="Pilot", recorded_at=datetime(2026, 7, 1, tzinfo=UTC),
        )  # fmt: skip
    found = price(closed, "helpdesk.hour", Decimal(10))
    assert (found.first_minor, found.year_minor) == (22002, 22002 + 11 * 55005)


def test_what_has_no_price_by_quantity_is_left_out(closed: World) -> None:
    assert price(closed, "payroll.base") is None or price(closed, "payroll.base").first_minor == 0
    assert price(closed, "nothing.here") is None


def shop(world: World, owner: Actor) -> None:
    """The help desk of the world, with an hour that can be ordered."""
    casework.put_team(actor=owner, code="it", name="Help desk")
    casework.put_queue(actor=owner, code="it", name="Help desk", team="it", service="helpdesk")
    draft = casework.TypeDraft(
        code="order", name="Order", family="order", audience="agency", service="helpdesk",
        machine=casework.CATALOGUE_ORDER, queue="it", approval="casework.approve",
    )  # fmt: skip
    casework.put_case_type(actor=owner, draft=draft)
    casework.put_category(
        actor=owner, code="hours", name="Hours on site", case_type="order",
        order_item="helpdesk.hour", order_recurs="once",
    )  # fmt: skip


def test_an_order_in_service_is_on_the_bill_of_its_month_to_the_cent(world: World) -> None:
    owner = world.of("service_owner")
    finance, approver = world.of("agency_finance", "PARKS"), world.of("agency_approver", "PARKS")
    parks = world.agencies["PARKS"]
    with at(datetime(2026, 8, 20, 15, tzinfo=UTC)):
        with act_as(owner):
            shop(world, owner)
        with act_as(finance):
            shown = casework.offer(finance, parks, "hours", Decimal("2.5"))
            assert shown.price is not None
            assert shown.orderable
            case = casework.place_order(
                actor=finance,
                agency_id=parks,
                order=casework.NewOrder("hours", Decimal("2.5"), shown.price.year_minor),
            ).case
        with act_as(approver):
            casework.decide_approval(
                actor=approver, approval_id=case.approvals.get().pk, approved=True
            )
    with at(datetime(2026, 8, 21, 15, tzinfo=UTC)):
        with act_as(owner):
            casework.move_case(
                actor=owner, case_id=case.pk, state="resolved", resolution="Came on site."
            )
        with act_as(SYSTEM):
            assert casework.send_usage(actor=SYSTEM) == {"sent": 1, "refused": 0}
            assert casework.send_usage(actor=SYSTEM) == {"sent": 0, "refused": 0}
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        line = BillLine.objects.get(
            bill__agency_id=parks, bill__period=AUGUST, charge_item__code="helpdesk.hour"
        )
    assert line.quantity == Decimal("1.333333") + Decimal("2.5")
    rated = (Decimal("3.833333") * Decimal("55.005") * 100).quantize(Decimal(1), "ROUND_HALF_UP")
    assert line.amount_minor == rated
    assert line.amount_minor - 7334 == shown.price.first_minor
    assert timedelta(0) < case.opened_at - datetime(2026, 8, 20, tzinfo=UTC)


def test_more_things_cost_no_more_statements(closed: World) -> None:
    officer, parks = closed.of("agency_finance", "PARKS"), closed.agencies["PARKS"]

    def asked(*items: str) -> int:
        wanted = {item: casework.Units(MANY, "monthly") for item in items}
        with act_as(officer), CaptureQueriesContext(connection) as seen:
            assert len(order_prices(officer, parks, wanted)) == len(items)
        return len(seen)

    asked("helpdesk.case")
    assert asked("helpdesk.case") == asked("helpdesk.case", "helpdesk.hour")
