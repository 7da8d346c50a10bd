"""The cost model and allocation: nothing dropped, every share kept, proved and repeatable."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import Forbidden, NotFound, Place
from commonweal.practices.charging.actions import cost_model as model
from commonweal.practices.charging.actions.costs import allocate, import_costs
from commonweal.practices.charging.domain.cost_model import EdgeRow, edge_rows
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.engine import EngineError
from commonweal.practices.charging.models import AllocationRun, CloseRun, CostPool
from commonweal.practices.charging.selectors import cost_model as reads
from commonweal.practices.charging.selectors import costs

from .costs_scene import SMALL, Scene, request, scene

__all__ = ["scene"]
DOCUMENT: dict[str, Any] = {
    "drivers": [
        {"code": "area", "name": "floor area", "unit": "m²", "period": "2017-10",
         "values": {"payroll": "30", "network": "10"}, "evidence": "Plan of the building"},
    ],
    "pools": [
        {"code": "premises", "name": "Premises", "driver": "area", "step": 1},
        {"code": "payroll", "name": "Payroll office", "service": "payroll"},
        {"code": "network", "name": "Network office", "service": "network"},
        {"code": "capital", "name": "Capital spending"},
    ],
    "rules": [
        {"pool": "capital", "kind": "capital"},
        {"pool": "premises", "unit": "PREMISES"},
        {"pool": "payroll", "unit": "Payroll", "category": "Staff"},
        {"pool": "network", "account_prefix": "b"},
    ],
}  # fmt: skip

MEASURED = {"driver": "area", "period": "2017-12"}


def run(scene: Scene, **changes: Any) -> AllocationRun:
    """An allocation of the quarter."""
    given: dict[str, Any] = {
        "basis": "actual", "first_period": "2017-10", "last_period": "2017-12", "label": "Q3",
        **changes,
    }  # fmt: skip
    return allocate(actor=scene.officer, **given)


def driver_values(done: AllocationRun) -> dict[str, str]:
    """What the floor area said in a run."""
    (premises,) = [pool for pool in done.document["pools"] if pool["id"] == "premises"]
    values: dict[str, str] = premises["driver"]["values"]
    return values


@pytest.fixture
def ready(scene: Scene) -> Scene:
    """The scene with costs and a model."""
    import_costs(actor=scene.officer, request=request())
    model.put_cost_model(actor=scene.officer, document=DOCUMENT)
    return scene


def test_lines_go_to_the_first_rule_that_matches(ready: Scene) -> None:
    found = {row.code: (row.lines, row.amount_minor) for row in reads.cost_by_pool(
        ready.officer, "2017-10", "2017-12"
    )}  # fmt: skip
    assert found == {
        "premises": (1, 100_000),
        "payroll": (1, 60_000),
        "network": (1, 30_000),
        "capital": (1, 500_000),
        "unassigned": (1, -750),
    }


def test_costs_reach_services_and_what_does_not_is_shown(ready: Scene) -> None:
    done = run(ready)
    totals = {entry["target"]: entry["amount"] for entry in done.result["totals"]}
    assert totals == {"payroll": "1350.00", "network": "550.00", "unallocated": "4992.50"}
    assert (done.total_minor, done.unallocated_minor) == (689_250, 499_250)
    shares = {
        (edge.source, edge.target): (int(edge.numerator), int(edge.denominator), edge.amount_minor)
        for edge in costs.edges(ready.officer, done.pk)
    }
    assert shares == {
        ("premises", "payroll"): (3, 4, 75_000),
        ("premises", "network"): (1, 4, 25_000),
        ("payroll", "payroll"): (1, 1, 60_000),
        ("network", "network"): (1, 1, 30_000),
        ("capital", "unallocated"): (1, 1, 500_000),
        ("unassigned", "unallocated"): (1, 1, -750),
    }
    steps = costs.steps(ready.officer, done.pk, "payroll")
    assert {(step["pool"], step["numerator"], step["denominator"]) for step in steps} == {
        ("premises", "30", "40"), ("payroll", "1", "1"),
    }  # fmt: skip


def test_the_ledger_is_allocated_or_unallocated(ready: Scene) -> None:
    done = run(ready)
    found = costs.reconciliation(ready.officer, done.pk)
    assert found.agrees
    assert found.ledger == found.allocated + found.unallocated == 689_250
    late = SMALL.replace(",1,600.00", ",11,1.00").replace("300.00", "301.00")
    import_costs(actor=ready.officer, request=request(late))
    after = costs.reconciliation(ready.officer, done.pk)
    assert after.late == 100 + 30_100
    assert not after.agrees


CIRCLE: dict[str, Any] = {
    **DOCUMENT,
    "drivers": [
        *DOCUMENT["drivers"],
        {"code": "staff", "name": "headcount", "unit": "people", "period": "2017-10",
         "values": {"premises": "2", "payroll": "3", "network": "5"}},
        {"code": "use", "name": "use", "unit": "hours", "period": "2017-10",
         "values": {"capital": "1", "network": "3"}},
    ],
    "pools": [
        {"code": "premises", "name": "Premises", "driver": "use", "step": 1},
        {"code": "capital", "name": "Capital spending", "driver": "staff", "step": 2},
        *DOCUMENT["pools"][1:3],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "network"),
    [
        ("direct", "4425.00"),  # 1000 + 5000 · 5/8 + 300
        ("step_down", "4331.25"),  # 750 + 5250 · 5/8 + 300
        ("double_step_down", "4626.56"),  # 750 + 5250 · 5/10 + 1050 · (3/4 + 1/4 · 5/8) + 300
        ("reciprocal", "4642.10"),  # x = 1000 + y/5, y = 5000 + x/4; 3/4 x + y/2 + 300
    ],
)
def test_every_method_on_the_ledger(ready: Scene, method: str, network: str) -> None:
    model.put_cost_model(actor=ready.officer, document=CIRCLE)
    done = run(ready, method=method)
    totals = {entry["target"]: entry["amount"] for entry in done.result["totals"]}
    assert totals["network"] == network
    assert costs.reconciliation(ready.officer, done.pk).agrees
    assert {edge.numerator <= edge.denominator for edge in costs.edges(ready.officer, done.pk)} == {
        True
    }


def test_pools_that_only_serve_one_another_are_named(ready: Scene) -> None:
    model.put_cost_model(actor=ready.officer, document=CIRCLE)
    for driver, other in (("staff", "premises"), ("use", "capital")):
        model.set_driver_values(
            actor=ready.officer, driver=driver, period="2017-11", values={other: 1}
        )
    with pytest.raises(EngineError) as refused:
        run(ready, method="reciprocal")
    assert refused.value.code == "ALLOC-108"
    assert "“capital”, “premises” give only to one another" in refused.value.message
    assert run(ready, method="step_down").unallocated_minor == 600_000 - 750


def test_the_same_inputs_give_the_same_run(ready: Scene) -> None:
    first = run(ready)
    assert run(ready).pk == first.pk
    assert costs.latest_run(ready.officer, "actual", "Q3") == first
    model.set_driver_values(
        actor=ready.officer, driver="area", period="2017-12", values={"payroll": 1, "network": 1}
    )
    second = run(ready)
    assert second.pk != first.pk
    assert {entry["amount"] for entry in second.result["totals"]} >= {"1100.00", "800.00"}
    earlier = run(ready, last_period="2017-11", label="to November")
    assert driver_values(earlier) == {"network": "10", "payroll": "30"}
    assert costs.allocation_runs(ready.officer, "actual")[0].pk == earlier.pk


def test_a_pool_with_a_zero_driver_is_unallocated(ready: Scene) -> None:
    model.set_driver_values(
        actor=ready.officer, driver="area", period="2017-11", values={"payroll": 0, "network": 0}
    )
    done = run(ready)
    assert "premises" in done.result["pools_without_driver"]
    assert done.unallocated_minor == 499_250 + 100_000


def test_step_down_passes_through_pools(ready: Scene) -> None:
    model.put_pool(actor=SYSTEM, code="it", name="IT", driver="area", step=2)
    model.put_rule(actor=SYSTEM, pool="it", order=1, unit="Elsewhere")
    model.set_driver_values(
        actor=SYSTEM,
        driver="area",
        period="2017-11",
        values={"it": 10, "payroll": 20, "network": 10},
    )
    done = run(ready)
    edges = {(e.source, e.target): e for e in costs.edges(ready.officer, done.pk)}
    share = edges["premises", "payroll"]
    assert Fraction(int(share.numerator), int(share.denominator)) == Fraction(2, 3)
    direct = run(ready, method="direct", label="direct")
    assert "order" not in direct.document
    assert direct.total_minor == done.total_minor


def test_a_driver_may_name_a_services_own_pool(ready: Scene) -> None:
    model.put_pool(actor=SYSTEM, code="cables", name="Cables", service="network")
    model.set_driver_values(
        actor=SYSTEM,
        driver="area",
        period="2017-11",
        values={"cables": 10, "network": 10, "payroll": 5},
    )
    assert driver_values(run(ready)) == {"network": "20", "payroll": "5"}


def test_a_driver_that_names_nothing_is_refused(ready: Scene) -> None:
    model.set_driver_values(actor=SYSTEM, driver="area", period="2017-12", values={"parks": 1})
    with pytest.raises(CostError) as error:
        run(ready)
    assert error.value.code == "COSTS-212"
    assert AllocationRun.objects.count() == 0


def test_a_budget_is_its_own_lines_or_last_years(ready: Scene) -> None:
    stand_in = run(ready, basis="budget", label="plan")
    assert stand_in.result["lines"] == "actual"
    import_costs(actor=SYSTEM, request=request(SMALL.replace("600.00", "900.00"), basis="budget"))
    planned = run(ready, basis="budget", label="plan")
    assert (planned.result["lines"], planned.total_minor) == ("budget", 719_250)
    assert run(ready).total_minor == 689_250


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"basis": "hope"}, CostError, "COSTS-221"),
        ({"first_period": "2018-01"}, CostError, "COSTS-222"),
        ({"method": "magic"}, EngineError, "ALLOC-107"),
    ],
)
def test_an_allocation_that_cannot_be(
    ready: Scene, changes: dict[str, Any], error: type[Any], code: str
) -> None:
    with pytest.raises(error) as refused:
        run(ready, **changes)
    assert refused.value.code == code


def test_months_without_costs_are_not_allocated(ready: Scene) -> None:
    with pytest.raises(CostError) as nothing:
        run(ready, first_period="2018-01", last_period="2018-01")
    assert nothing.value.code == "COSTS-224"
    assert not AllocationRun.objects.exists()


def test_a_run_keeps_which_lines_it_counted(ready: Scene) -> None:
    """A later import and another rule change what a pool holds, not what the run stands on."""
    done = run(ready)
    before = counted(ready, done)
    import_costs(actor=SYSTEM, request=request("Unit,What,Code,Date,No,Amount,Type,Supplier\n"
        "Premises,Rent,C1,15/11/2017,77,8.00,Revenue,9003\n", filename="late.csv"))  # fmt: skip
    model.put_rule(actor=SYSTEM, pool="premises", order=0, unit="Network")
    assert counted(ready, done) == before
    lines = costs.pool_lines(ready.officer, "premises", "2017-10", "2017-12")
    assert sum(line.amount_minor for line in lines) != before["premises"]
    again = run(ready)
    assert (again.pk != done.pk, len(again.ledger["imports"])) == (True, 2)


def counted(ready: Scene, done: AllocationRun) -> dict[str, int]:
    return {
        pool: sum(
            line.amount_minor
            for line in costs.pool_lines(
                ready.officer, pool, "2017-10", "2017-12", counted=done.ledger
            )
        )
        for pool in ("premises", "network", "payroll")
    }


def test_without_services_there_is_nothing_to_allocate_to(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "commonweal.practices.charging.selectors.allocation_inputs.service_rows", lambda: []
    )
    with pytest.raises(CostError) as error:
        run(scene)
    assert error.value.code == "COSTS-223"


def test_shares_too_long_to_keep_are_refused() -> None:
    share = {"pool": "a", "target": "b", "numerator": "1", "denominator": "9" * 4001,
             "amount": "0.00"}  # fmt: skip
    with pytest.raises(CostError) as error:
        edge_rows({"pools": [{"id": "a"}]}, {"shares": [share]})
    assert error.value.code == "COSTS-213"
    kept = edge_rows(
        {"pools": [{"id": "direct:a"}]},
        {"shares": [{**share, "pool": "direct:a", "denominator": "2"}]},
    )
    assert kept == [EdgeRow("a", "b", "", "1", "2", "0.00")]


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("put_driver", {"code": "Big", "name": "x", "unit": "x"}, "COSTS-201"),
        ("put_driver", {"code": "unassigned", "name": "x", "unit": "x"}, "COSTS-201"),
        ("put_driver", {"code": "x", "name": " ", "unit": "x"}, "COSTS-202"),
        ("put_pool", {"code": "x", "name": "x", "driver": "no"}, "COSTS-203"),
        ("put_rule", {"pool": "no", "order": 1, "unit": "x"}, "COSTS-204"),
        ("put_rule", {"pool": "premises", "order": 1}, "COSTS-210"),
        ("put_pool", {"code": "x", "name": "x", "driver": "area", "service": "payroll"},
         "COSTS-207"),
        ("put_pool", {"code": "x", "name": "x", "service": "no"}, "COSTS-208"),
        ("put_pool", {"code": "network", "name": "x"}, "COSTS-209"),
        ("set_driver_values", {**MEASURED, "values": {"network": "x"}}, "COSTS-206"),
        ("set_driver_values", {**MEASURED, "values": {"network": -1}}, "COSTS-206"),
        ("set_driver_values", {**MEASURED, "values": {"network": "0.0000001"}}, "COSTS-206"),
        ("put_cost_model", {"document": {"pool": []}}, "COSTS-214"),
        ("put_cost_model", {"document": {"pools": [{"code": "x"}]}}, "COSTS-214"),
        ("put_cost_model", {"document": {"pools": ["x"]}}, "COSTS-214"),
        ("put_cost_model", {"document": {"rules": [{"pool": "x", "colour": "red"}]}}, "COSTS-214"),
        ("put_cost_model", {"document": {"drivers": [
            {"code": "x", "name": "x", "unit": "x", "values": {"a": 1}}
        ]}}, "COSTS-214"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be(ready: Scene, name: str, given: dict[str, Any], code: str) -> None:
    before = CostPool.objects.count()
    with pytest.raises(CostError) as error:
        getattr(model, name)(actor=SYSTEM, **given)
    assert error.value.code == code
    assert CostPool.objects.count() == before


def test_a_measurement_of_a_closed_month_is_kept(ready: Scene) -> None:
    CloseRun.objects.create(
        agency_id=ready.centre, period="2017-10", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    with pytest.raises(CostError) as error:
        model.set_driver_values(
            actor=SYSTEM, driver="area", period="2017-10", values={"payroll": 9}
        )
    assert error.value.code == "COSTS-205"


def test_rules_can_be_removed(ready: Scene) -> None:
    rule = next(rule for rule in reads.rules(ready.officer) if rule.pool.code == "network")
    model.remove_rule(actor=ready.officer, rule_id=rule.pk)
    found = {row.code: row.lines for row in reads.cost_by_pool(ready.officer, "2017-10", "2017-12")}
    assert (found["network"], found["unassigned"]) == (0, 2)
    with pytest.raises(CostError):
        model.remove_rule(actor=ready.officer, rule_id=rule.pk)


def test_ledger_lines_are_paged_by_key_and_the_supplier_is_masked(ready: Scene) -> None:
    first = costs.pool_lines(ready.officer, "premises", "2017-10", "2017-12")
    assert first.next == ""
    assert (first[0].supplier, first[0].filename) == ("•••", "ledger.csv")
    assert costs.mask("20002464") == "•••2464"
    assert costs.mask("") == ""
    for step in range(3):
        text = SMALL.replace(",3,", f",3{step},").replace("Rent", f"Rent {step}")
        import_costs(actor=SYSTEM, request=request(text))
    page = costs.pool_lines(ready.officer, "premises", "2017-10", "2017-12", place=Place(limit=2))
    assert len(page) == 2
    rest = costs.pool_lines(
        ready.officer, "premises", "2017-10", "2017-12", place=Place(page.next, 2)
    )
    assert len(rest) == 2
    assert rest.next == ""
    assert len({line.id for line in [*page, *rest]}) == 4
    with pytest.raises(NotFound):
        costs.pool_lines(ready.officer, "nowhere", "2017-10", "2017-12")


def test_without_rules_all_is_unassigned(scene: Scene) -> None:
    import_costs(actor=scene.officer, request=request())
    found = reads.cost_by_pool(scene.officer, "2017-10", "2017-12")
    assert [(row.code, row.lines) for row in found] == [("unassigned", 5)]


def test_agencies_see_nothing_of_the_centres_costs(ready: Scene) -> None:
    done = run(ready)
    actor = ready.parks_finance
    for read in (
        lambda: reads.pools(actor),
        lambda: reads.rules(actor),
        lambda: reads.drivers(actor, "2017-12"),
        lambda: reads.cost_by_pool(actor, "2017-10", "2017-12"),
        lambda: costs.pool_lines(actor, "premises", "2017-10", "2017-12"),
        lambda: costs.edges(actor, done.pk),
        lambda: costs.reconciliation(actor, done.pk),
        lambda: costs.allocation_runs(actor),
        lambda: costs.mappings(actor),
    ):
        with pytest.raises(Forbidden):
            read()


def test_reads_for_the_desk(ready: Scene) -> None:
    assert [pool.code for pool in reads.pools(ready.officer)] == [
        "capital", "premises", "network", "payroll",
    ]  # fmt: skip
    (area,) = reads.drivers(ready.officer, "2017-12")
    assert (area.period, area.values) == (
        "2017-10", {"network": Decimal(10), "payroll": Decimal(30)},
    )  # fmt: skip
    assert reads.drivers(ready.officer, "2017-01")[0].values == {}
    with pytest.raises(NotFound):
        costs.allocation_run(ready.officer, ready.centre)
