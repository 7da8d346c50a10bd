"""Bad input of charging, each through a public door: what is refused, what is kept, what is said.

The whole list, with the tests that stand elsewhere, is docs/reference/bad-input.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import open_proposals
from commonweal.kernel.calendar.public import at
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.actions import cost_model as model
from commonweal.practices.charging.actions.costs import allocate, import_costs
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.engine import EngineError
from commonweal.practices.charging.models import AllocationRun, BillLine, DriverValue, RateVersion

from .copies import closed, copies, enter, world
from .costs_scene import Scene, request, scene
from .test_costs_allocation import DOCUMENT
from .world import AUGUST, JULY, SEPTEMBER, World, after, month_usage, put_rate, usage

__all__ = ["closed", "copies", "enter", "scene", "world"]
LAST = "2017-12"


@pytest.fixture
def ready(scene: Scene) -> Scene:
    """Costs and a cost model."""
    import_costs(actor=scene.officer, request=request())
    model.put_cost_model(actor=scene.officer, document=DOCUMENT)
    return scene


def allocated(scene: Scene, method: str = "step_down") -> AllocationRun:
    """The quarter's costs, allocated."""
    return allocate(
        actor=scene.officer, basis="actual", first_period="2017-10", last_period=LAST,
        label="Quarter", method=method,
    )  # fmt: skip


def test_a_negative_driver_is_refused_and_the_measurement_stays_whole(ready: Scene) -> None:
    with pytest.raises(CostError) as refused:
        model.set_driver_values(
            actor=ready.officer, driver="area", period=LAST,
            values={"network": 4, "payroll": "-3"},
        )  # fmt: skip
    assert refused.value.code == "COSTS-206"
    assert "“payroll” is -3. Give a number from 0" in refused.value.message
    assert not DriverValue.objects.filter(period=LAST).exists()


def test_drivers_of_zero_leave_the_cost_unallocated_and_the_pool_named(ready: Scene) -> None:
    """One target at zero takes nothing; all at zero leave the cost visible, never dropped."""
    values = {"network": 0, "payroll": 7}
    model.set_driver_values(actor=ready.officer, driver="area", period=LAST, values=values)
    done = allocated(ready)
    assert {entry["target"]: entry["amount"] for entry in done.result["totals"]}["network"] == (
        "300.00"
    )
    model.set_driver_values(
        actor=ready.officer, driver="area", period=LAST, values=dict.fromkeys(values, 0)
    )
    done = allocated(ready)
    assert "premises" in done.result["pools_without_driver"]
    assert sum(Decimal(entry["amount"]) for entry in done.result["totals"]) * 100 == (
        done.total_minor
    )


def test_a_circle_of_pools_without_an_exit_is_refused_by_name_and_nothing_is_kept(
    ready: Scene,
) -> None:
    for code, name in (("it", "IT office"), ("hr", "People office")):
        model.put_driver(actor=SYSTEM, code=f"by-{code}", name=name, unit="hours")
        model.put_pool(actor=SYSTEM, code=code, name=name, driver=f"by-{code}")
    for code, other in (("it", "hr"), ("hr", "it")):
        model.set_driver_values(
            actor=SYSTEM, driver=f"by-{code}", period="2017-10", values={other: 1}
        )
    model.put_rule(actor=SYSTEM, pool="it", order=1, unit="Elsewhere")
    with pytest.raises(EngineError) as refused:
        allocated(ready, "reciprocal")
    assert refused.value.code == "ALLOC-108"
    assert "“hr”, “it” give only to one another" in refused.value.message
    assert not AllocationRun.objects.exists()
    model.set_driver_values(  # a way out, as the message says, and it works
        actor=SYSTEM, driver="by-hr", period="2017-11", values={"it": 1, "payroll": 1}
    )
    assert allocated(ready, "reciprocal").total_minor == 689_250


def tiers(*bounds: tuple[str, str | None]) -> dict[str, Any]:
    """Graduated tiers of one rate over some bounds."""
    found = [{"from": lo, "rate": "2", **({"to": hi} if hi else {})} for lo, hi in bounds]
    return {"kind": "graduated", "tiers": found}


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (tiers(("0", "100"), ("101", None)), "RATE-104", "neither overlap nor leave a gap"),
        (tiers(("0", "100"), ("99", None)), "RATE-104", "neither overlap nor leave a gap"),
        (tiers(("5", None)), "RATE-104", "0"),
        (tiers(("0", "100"), ("100", "200")), "RATE-105", "last"),
        (tiers(("0", "0"), ("0", None)), "RATE-103", ""),
    ],
)
def test_tiers_with_a_gap_or_an_overlap_are_never_proposed(
    world: World, given: dict[str, Any], code: str, said: str
) -> None:
    before = RateVersion.objects.count()
    with pytest.raises(EngineError) as refused:
        put_rate(world, "helpdesk.case", given, date(2027, 7, 1))
    assert refused.value.code == code
    assert said in refused.value.message
    assert refused.value.where.startswith("tiers")
    assert RateVersion.objects.count() == before


def test_a_rate_of_zero_takes_a_reason_and_is_billed_as_a_line_of_nothing(world: World) -> None:
    owner, director = world.of("service_owner"), world.of("director")
    asked = {
        "charge_item_id": world.items["helpdesk.hour"],
        "model": {"kind": "per_unit", "rate": "0"},
        "starts": date(2026, 8, 1),
        "short_notice": "Known to the agencies since spring",
    }
    with act_as(owner):
        with pytest.raises(charging.RateError) as silent:
            charging.propose_rate(actor=owner, reason="", **asked)
        assert silent.value.details["field"] == "reason"
        version = charging.propose_rate(
            actor=owner, reason="Free in the first year, as the council resolved.", **asked
        )
        decision = open_proposals(owner, "charging.RateVersion", [version.pk])[version.pk]
        assert any("zero" in said or "nothing" in said for said in decision.effect["warnings"])
    with act_as(director):
        charging.approve_rate(actor=director, rate_version_id=version.pk)
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        line = BillLine.objects.get(
            bill__period=AUGUST, bill__agency__code="PARKS", charge_item__code="helpdesk.hour"
        )
        assert (line.amount_minor, line.quantity) == (0, Decimal("1.333333"))
        assert line.rate_version_id == version.pk


def test_usage_below_zero_is_refused_and_says_how_to_take_back(world: World) -> None:
    result = world.send("desk", [usage("PARKS", "helpdesk.case", 60, "-5", JULY)])
    (wrong,) = result.rejected
    assert wrong.code == "USAGE-106"
    assert "To take usage back" in wrong.message


def test_a_month_that_corrections_turn_negative_is_billed_as_a_negative_line(
    world: World,
) -> None:
    """CLERK's three payslips of July were another's, and August has none at all: the bill takes
    them back with July's rate, and nothing is lost below zero."""
    wrong = next(f for f in month_usage(JULY)["payrun"] if f.agency == "CLERK")
    mine = next(f for f in month_usage(AUGUST, 2)["payrun"] if f.agency == "CLERK")
    none = {"quantity": Decimal(0)}
    world.send(
        "payrun",
        [
            replace(wrong, external_id="july-none", replaces=wrong.external_id, **none),
            replace(mine, external_id="august-none", replaces=mine.external_id, **none),
        ],
    )
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(
            bill=world.bill("CLERK", AUGUST), charge_item__code="payroll.payslip"
        )
        assert sum(line.quantity for line in lines) == -3
        (taken,) = [line for line in lines if line.kind == "correction"]
        assert taken.amount_minor == -round(300 * Decimal(taken.rate_version.model["rate"]))
        assert taken.corrects is not None
        assert taken.corrects.bill.number == "CLERK-2026-07"


def test_a_correction_of_a_corrected_record_bills_each_difference_once(world: World) -> None:
    """July's 333 payslips become 33 on August's bill, and 133 on September's: 333 − 300 + 100.
    Who replaces the first record once more is refused, and told which to replace."""
    wrong = next(f for f in month_usage(JULY)["payrun"] if f.agency == "ROADS")
    first = replace(wrong, external_id="first", quantity=Decimal(33), replaces=wrong.external_id)
    world.send("payrun", [first])
    world.close_fully(AUGUST)
    with at(after(SEPTEMBER)):
        stale = world.send("payrun", [replace(first, external_id="stale")])
        (refused,) = stale.rejected
        assert refused.code == "USAGE-125"
        assert "Replace the record that replaced it" in refused.message
        again = replace(first, external_id="second", quantity=Decimal(133), replaces="first")
        assert not world.send("payrun", [again]).rejected
    world.report(SEPTEMBER)
    world.close(SEPTEMBER, no_costs_reason="The ledger comes later here")
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(
            bill__agency__code="ROADS", kind="correction", charge_period=JULY
        ).order_by("bill__period")
        assert [(line.bill.period, line.quantity) for line in lines] == [
            (AUGUST, -300), (SEPTEMBER, 100),
        ]  # fmt: skip
        rate = Decimal(lines[0].rate_version.model["rate"])
        assert [line.amount_minor for line in lines] == [round(-30000 * rate), round(10000 * rate)]
        july = BillLine.objects.get(
            bill__agency__code="ROADS", bill__period=JULY, charge_item__code="payroll.payslip"
        )
        assert {line.corrects_id for line in lines} == {july.pk}  # the original, both times
