"""How pools give to pools is decided by two people from a month on; closed months keep theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import Forbidden, NotFound
from commonweal.practices.charging.actions import allocation_method as acts
from commonweal.practices.charging.actions import cost_model as model
from commonweal.practices.charging.actions.costs import import_costs
from commonweal.practices.charging.domain.cost_terms import METHODS
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.engine import METHODS as ENGINE_METHODS
from commonweal.practices.charging.models import (
    AllocationMethod,
    AllocationRun,
    CloseRun,
    LineMark,
)
from commonweal.practices.charging.papers.verifier.costs import check_allocation
from commonweal.practices.charging.selectors import cost_model
from commonweal.practices.charging.selectors.allocation_method import (
    allocation_method_in_force,
    allocation_methods,
    method_effect,
    method_on,
)
from commonweal.practices.charging.selectors.marks import sums_by_pool

from .costs_scene import SMALL, Scene, request, scene
from .test_costs_allocation import run

__all__ = ["scene"]
NOVEMBER, DECEMBER = date(2017, 11, 1), date(2017, 12, 1)
WHY = "The offices serve one another"
CIRCLE: dict[str, Any] = {
    "drivers": [
        {"code": "area", "name": "floor area", "unit": "m²", "period": "2017-10",
         "values": {"payroll": "30", "network": "10", "it": "10"}},
        {"code": "devices", "name": "devices", "unit": "devices", "period": "2017-10",
         "values": {"payroll": "1", "network": "1", "premises": "2"}},
    ],
    "pools": [
        {"code": "premises", "name": "Premises", "driver": "area", "step": 1},
        {"code": "it", "name": "IT office", "driver": "devices", "step": 2},
        {"code": "capital", "name": "Capital spending"},
    ],
    "rules": [
        {"pool": "capital", "kind": "capital"},
        {"pool": "premises", "unit": "PREMISES"},
        {"pool": "it", "unit": "Payroll", "category": "Staff"},
    ],
}  # fmt: skip


def test_what_people_choose_from_is_what_the_engine_can_do() -> None:
    assert set(METHODS) == set(ENGINE_METHODS)


@pytest.fixture
def ready(scene: Scene) -> Scene:
    import_costs(actor=scene.officer, request=request())
    model.put_cost_model(actor=scene.officer, document=CIRCLE)
    return scene


def propose(scene: Scene, method: str = "reciprocal", **given: Any) -> AllocationMethod:
    asked = {"method": method, "starts": NOVEMBER, "reason": WHY, **given}
    return acts.propose_allocation_method(actor=scene.officer, **asked)


def decide(scene: Scene, method: str = "reciprocal", **given: Any) -> AllocationMethod:
    made = propose(scene, method, **given)
    return acts.decide_allocation_method(actor=scene.director, method_id=made.pk, approved=True)


def costs_of(done: AllocationRun) -> dict[str, str]:
    return {row["target"]: row["amount"] for row in done.result["totals"]}


def test_the_step_down_counts_until_another_is_decided(ready: Scene) -> None:
    assert run(ready).method == "step_down"
    made = propose(ready)
    assert run(ready, first_period="2017-11").method == "step_down"
    found = acts.decide_allocation_method(actor=ready.director, method_id=made.pk, approved=True)
    assert found.state == "approved"
    by_month = {
        month: run(ready, first_period=month, label=month).method
        for month in ("2017-10", "2017-11", "2017-12")
    }
    assert by_month == {"2017-10": "step_down", "2017-11": "reciprocal", "2017-12": "reciprocal"}
    assert allocation_method_in_force(ready.officer, date(2017, 10, 31)) == "step_down"


@pytest.mark.parametrize("method", METHODS)
def test_each_method_gives_what_the_hand_gives_and_the_verifier_agrees(
    ready: Scene, method: str
) -> None:
    """Premises 1,000 by area 30 : 10 : 10, IT 600 by devices 1 : 1 : 2 (to premises)."""
    if method != "step_down":
        decide(ready, method, starts=date(2017, 10, 1))
    done = run(ready)
    assert done.method == method
    assert costs_of(done)["payroll"] == WORKED[method][0]
    assert costs_of(done)["network"] == WORKED[method][1]
    document = {str(done.pk): {"document": done.document, "result": done.result}}
    assert check_allocation(document, 2)[str(done.pk)]["payroll"]


WORKED = {
    # 1,000 × 3/4 + 600 × 1/2;  1,000 × 1/4 + 600 × 1/2
    "direct": ("1050.00", "550.00"),
    # 600 to payroll, 200 to network, 200 to IT; IT 800 in halves
    "step_down": ("1000.00", "600.00"),
    # first round: IT 800 gives 200, 200 and 400 back to premises; 400 go 240, 80, 80; 80 in halves
    "double_step_down": ("1080.00", "520.00"),
    # P = 1,000 + I/2, I = 600 + P/5: P = 1,444.44…, I = 888.88…
    "reciprocal": ("1088.89", "511.11"),
}


def test_the_last_month_stands_side_by_side_under_every_method(ready: Scene) -> None:
    assert method_effect(ready.officer) is None
    import_costs(
        actor=ready.officer, request=request(SMALL.replace("/10/2017", "/12/2017"), basis="actual")
    )
    run(ready, first_period="2017-12", label="2017-12")
    found = method_effect(ready.officer)
    assert found is not None
    assert (found.period, list(found.methods), found.refused) == ("2017-12", list(METHODS), {})
    done = {
        method: costs_of(run(ready, first_period="2017-12", label="try", method=method))
        for method in METHODS
    }
    for row in found.rows:
        assert [f"{amount or 0:.0f}" for amount in row.amounts] == [
            done[method][row.code].replace(".", "").lstrip("0") or "0" for method in METHODS
        ]


def test_two_people_decide_and_one_first_day_has_one_method(ready: Scene) -> None:
    made = propose(ready)
    with pytest.raises(Forbidden):
        acts.decide_allocation_method(actor=ready.officer, method_id=made.pk, approved=True)
    with pytest.raises(Forbidden):
        acts.propose_allocation_method(
            actor=ready.parks_finance, method="direct", starts=NOVEMBER, reason=WHY
        )
    acts.decide_allocation_method(
        actor=ready.director, method_id=made.pk, approved=False, reason="Not before the board met"
    )
    made.refresh_from_db()
    assert (made.state, method_on(DECEMBER)) == ("rejected", "step_down")
    first = decide(ready, "direct")
    assert decide(ready).state == "approved"
    first.refresh_from_db()
    assert (first.state, method_on(DECEMBER)) == ("replaced", "reciprocal")
    with pytest.raises(IntegrityError), transaction.atomic():
        AllocationMethod.objects.create(
            agency_id=first.agency_id, method="direct", starts=NOVEMBER, reason=WHY,
            state="approved", recorded_at=now(),
        )  # fmt: skip
    assert [row.state for row in allocation_methods(ready.officer)] == [
        "approved", "replaced", "rejected",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"method": "habit"}, "COSTS-271"),
        ({"starts": date(2017, 11, 2)}, "COSTS-231"),
        ({"reason": "Why"}, "COSTS-272"),
        ({"method": "step_down"}, "COSTS-273"),
    ],
)
def test_methods_that_cannot_be(ready: Scene, given: dict[str, Any], code: str) -> None:
    with pytest.raises(CostError) as error:
        propose(ready, **given)
    assert error.value.code == code
    assert not AllocationMethod.objects.exists()


def test_allocated_months_keep_their_method(ready: Scene) -> None:
    waiting = propose(ready)
    CloseRun.objects.create(
        agency_id=ready.centre, period="2017-11", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    with pytest.raises(CostError, match="COSTS-236"):
        propose(ready, "direct", starts=date(2017, 10, 1))
    with pytest.raises(CostError, match="COSTS-236"):
        acts.decide_allocation_method(actor=ready.director, method_id=waiting.pk, approved=True)
    assert method_on(NOVEMBER) == "step_down"
    acts.decide_allocation_method(
        actor=ready.director, method_id=waiting.pk, approved=False, reason="November is closed"
    )
    assert decide(ready, starts=DECEMBER).state == "approved"
    with pytest.raises(NotFound, match="COSTS-414"):
        acts.decide_allocation_method(actor=ready.director, method_id=ready.parks, approved=True)


def test_a_method_that_has_no_way_out_is_refused_with_the_group_named(ready: Scene) -> None:
    run(ready, first_period="2017-10", last_period="2017-10", label="2017-10")
    for driver, target in (("area", "it"), ("devices", "premises")):
        model.set_driver_values(actor=SYSTEM, driver=driver, period="2017-10", values={target: "1"})
    for driver, targets in (("area", ("payroll", "network")), ("devices", ("payroll", "network"))):
        model.set_driver_values(
            actor=SYSTEM, driver=driver, period="2017-10", values=dict.fromkeys(targets, "0")
        )
    with pytest.raises(CostError, match="COSTS-274") as error:
        propose(ready)
    assert "premises" in error.value.message
    assert "it" in error.value.message


def test_marks_take_nothing_from_months_without_lines_or_rules_of_pools(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rules every line has the same pool, so the database sums a group that is empty."""
    monkeypatch.setattr(cost_model, "rule_rows", list)
    mark = LineMark(mark="unallowable", kind="capital", reason="Not for grants", rule="2 CFR 200")
    lines = cost_model.lines_with_pool("actual", "2099-01", "2099-02")
    assert sums_by_pool(lines, [mark])[0] == {}
