"""Dated drivers, both bases of cost, towers: what counts when, what adds up, what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import FiscalPeriod, Span, now
from commonweal.kernel.schema.public import Forbidden, NotFound
from commonweal.practices.charging.actions import cost_model as model
from commonweal.practices.charging.actions import cost_terms as terms
from commonweal.practices.charging.actions.costs import import_costs
from commonweal.practices.charging.actions.rates import propose_rate
from commonweal.practices.charging.domain.cost_terms import VOCABULARY, Drivers, parts_over
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.domain.rates import RateError, rework
from commonweal.practices.charging.engine.documents import run_allocate
from commonweal.practices.charging.models import CloseRun, CostTag, DriverSet
from commonweal.practices.charging.papers.verifier.basis import Difference
from commonweal.practices.charging.papers.verifier.costs import check_allocation
from commonweal.practices.charging.rate_words import derivation_sentences
from commonweal.practices.charging.selectors import cost_terms as reads
from commonweal.practices.charging.selectors.marks import line_marks
from commonweal.practices.charging.selectors.rate_bases import RateTerms
from commonweal.practices.charging.selectors.rates import Volume, derive_rate

from .costs_scene import SMALL, Scene, request, scene
from .test_costs_allocation import DOCUMENT, run

__all__ = ["scene"]
HEADS = {"code": "heads", "name": "headcount", "unit": "people", "period": "2017-01",
         "values": {"payroll": "1", "network": "3"}}  # fmt: skip
SIXTY = {"heads": "60 %", "area": "0.4"}


@pytest.fixture
def ready(scene: Scene) -> Scene:
    import_costs(actor=scene.officer, request=request())
    document = {**DOCUMENT, "drivers": [*DOCUMENT["drivers"], HEADS]}
    model.put_cost_model(actor=scene.officer, document=document)
    return scene


def put(scene: Scene, starts: date, ends: date | None = None, **parts: str) -> DriverSet:
    return terms.put_driver_set(
        actor=scene.officer, pool="premises", starts=starts, ends=ends, parts=parts or SIXTY,
        reason="Desks are shared now",
    )  # fmt: skip


def shares(done: Any, pool: str = "premises") -> dict[str, str]:
    return {
        share["target"]: share["amount"] for share in done.result["shares"] if share["pool"] == pool
    }


def verified(done: Any) -> None:
    """The stand-alone verifier finds the same costs."""
    runs = {str(done.pk): {"document": done.document, "result": done.result}}
    costs = check_allocation(runs, 2)[str(done.pk)]
    assert sum(costs.values()) == done.total_minor


def test_drivers_change_with_a_month_and_old_runs_replay(ready: Scene) -> None:
    before = run(ready)
    put(ready, date(2017, 11, 1))
    november = run(ready, first_period="2017-11", last_period="2017-11", label="November")
    # 1000.00: 60 % by heads 1 : 3, 40 % by area 30 : 10
    assert shares(november) == {"payroll": "450.00", "network": "550.00"}
    october = run(ready, first_period="2017-10", last_period="2017-10", label="October")
    assert "driver" in october.document["pools"][1]
    again = run_allocate(before.document)
    assert {key: before.result[key] for key in again} == again
    for done in (before, november, october):
        verified(done)


def test_several_months_weigh_their_drivers(ready: Scene) -> None:
    put(ready, date(2017, 11, 1), date(2017, 12, 1))
    quarter = run(ready)
    premises = next(pool for pool in quarter.document["pools"] if pool["id"] == "premises")
    assert [(part["name"], part["weight"]) for part in premises["drivers"]] == [
        ("floor area", "2"), ("floor area", "0.4"), ("headcount", "0.6"),
    ]  # fmt: skip
    # Two months by area alone (3/4), one by the set (9/20): (2 · 3/4 + 9/20) / 3
    assert shares(quarter)["payroll"] == "650.00"
    assert quarter.ledger["rules"]
    verified(quarter)


def test_months_go_by_the_set_of_their_first_day() -> None:
    day = Span(date(2017, 11, 1), date(2017, 12, 1))
    sets = [Drivers(day, [("a", Decimal(1), {"x": Decimal(1)})])]
    october, december = FiscalPeriod.parse("2017-10"), FiscalPeriod.parse("2017-12")
    assert parts_over(october, october, sets, None) == []
    found = parts_over(october, december, sets, None)
    assert [(name, weight) for name, weight, _ in found] == [("", 2), ("a", 1)]


def test_a_new_set_ends_the_open_one_and_others_may_not_overlap(ready: Scene) -> None:
    first = put(ready, date(2017, 11, 1))
    second = put(ready, date(2018, 1, 1), heads="1")
    first.refresh_from_db()
    assert (first.ends, second.ends) == (date(2018, 1, 1), None)
    for starts, ends in ((date(2017, 12, 1), None), (date(2017, 10, 1), date(2017, 12, 1))):
        with pytest.raises(CostError, match="COSTS-235"):
            put(ready, starts, ends)
    with pytest.raises(IntegrityError), transaction.atomic():
        DriverSet.objects.create(
            agency_id=first.agency_id, pool=first.pool, starts=date(2017, 12, 1), recorded_at=now()
        )
    assert [row.starts for row in reads.driver_sets(ready.officer)] == [
        date(2018, 1, 1), date(2017, 11, 1),
    ]  # fmt: skip
    terms.remove_driver_set(actor=ready.officer, set_id=second.pk)
    with pytest.raises(NotFound, match="COSTS-408"):
        terms.remove_driver_set(actor=ready.officer, set_id=second.pk)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"starts": date(2017, 11, 2)}, "COSTS-231"),
        ({"ends": date(2018, 1, 15)}, "COSTS-231"),
        ({"parts": {"heads": "0.6", "area": "0.3"}}, "COSTS-232"),
        ({"parts": {"heads": "1.5", "area": "-0.5"}}, "COSTS-232"),
        ({"parts": {}}, "COSTS-232"),
        ({"parts": {"heads": "much"}}, "COSTS-233"),
        ({"pool": "payroll"}, "COSTS-234"),
        ({"parts": {"moon": "1"}}, "COSTS-203"),
    ],
)
def test_drivers_that_cannot_be(ready: Scene, given: dict[str, Any], code: str) -> None:
    asked = {"pool": "premises", "starts": date(2017, 11, 1), "parts": SIXTY, **given}
    with pytest.raises(CostError) as error:
        terms.put_driver_set(actor=ready.officer, **asked)
    assert error.value.code == code
    assert not DriverSet.objects.exists()


def test_weights_are_read_as_people_write_them() -> None:
    written = ("60 %", "60%", "60", "0.6", Decimal("0.6"))
    assert {terms.parse_weight(text) for text in written} == {Decimal("0.6")}


def test_allocated_months_keep_their_drivers(ready: Scene) -> None:
    made = put(ready, date(2017, 10, 1))
    CloseRun.objects.create(
        agency_id=ready.centre, period="2017-12", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    for ask in (
        lambda: put(ready, date(2017, 12, 1)),
        lambda: terms.remove_driver_set(actor=ready.officer, set_id=made.pk),
    ):
        with pytest.raises(CostError, match="COSTS-236"):
            ask()
    with pytest.raises(Forbidden):
        put(ready.__class__(**{**vars(ready), "officer": ready.parks_finance}), date(2018, 1, 1))


def mark(scene: Scene, **given: str) -> Any:
    asked = {"mark": "unallowable", "reason": "Entertainment", "rule": "2 CFR 200.438", **given}
    return terms.put_line_mark(actor=scene.officer, **asked)


def test_one_run_gives_full_cost_and_what_grants_allow(ready: Scene) -> None:
    plain = run(ready)
    assert "allowable" not in plain.result
    mark(ready, category="Lines", reason="Lobbying", rule="2 CFR 200.450")
    mark(ready, unit="network", reason="Taken already by the first mark")
    mark(ready, category="Rent", kind="revenue", reason="Above the market")
    done = run(ready)
    assert done.pk != plain.pk
    assert done.result["totals"] == plain.result["totals"]
    part = done.result["allowable"]
    assert {row["target"]: row["amount"] for row in part["totals"]} == {
        "payroll": "600.00", "network": "0.00", "unallocated": "4992.50",
    }  # fmt: skip
    assert [(m["reason"], m["lines"], m["amount_minor"]) for m in part["marks"]] == [
        ("Lobbying", 1, 30_000), ("Taken already by the first mark", 0, 0),
        ("Above the market", 1, 100_000),
    ]  # fmt: skip
    assert part["unallowable"] == {"network": 30_000, "premises": 100_000}
    verified(done)


def test_rates_stand_on_either_basis_and_show_both(ready: Scene) -> None:
    mark(ready, category="Rent")
    done = run(ready)

    def derived(base: str) -> dict[str, Any]:
        return derive_rate(
            ready.officer, charge_item_id=ready.payslip, run_id=done.pk,
            volume=Volume(Decimal(100), "Payslips made"), terms=RateTerms(base),
        )  # fmt: skip

    full, allowed = derived("full"), derived("allowable")
    assert (full["rate"], allowed["rate"]) == ("13.5000", "6.0000")
    assert full["bases"] == allowed["bases"] == {
        "full": {"cost": "1350.00", "rate": "13.5000"},
        "allowable": {"cost": "600.00", "rate": "6.0000"},
    }  # fmt: skip
    assert rework(allowed) == Decimal("6.0000")
    version = propose_rate(
        actor=ready.officer, charge_item_id=ready.payslip,
        model={"kind": "per_unit", "rate": "6.0000"}, starts=date(2018, 2, 1), derivation=allowed,
    )  # fmt: skip
    told = " ".join(derivation_sentences(version))
    assert "On full cost the rate is £13.50, on what grants allow £6.00." in told
    assert "Chosen is what grants allow." in told
    with pytest.raises(RateError, match="CHARGING-231"):
        derived("hopeful")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"mark": "odd", "unit": "x"}, "COSTS-261"),
        ({}, "COSTS-262"),
        ({"unit": "x", "reason": " "}, "COSTS-263"),
    ],
)
def test_marks_that_cannot_be(ready: Scene, given: dict[str, str], code: str) -> None:
    with pytest.raises(CostError) as error:
        mark(ready, **given)
    assert error.value.code == code


def test_marks_can_be_taken_out(ready: Scene) -> None:
    made = mark(ready, unit="x")
    mark(ready, unit="y", mark="personal")
    assert [row.mark for row in line_marks(ready.officer)] == ["unallowable", "personal"]
    terms.remove_line_mark(actor=ready.officer, mark_id=made.pk)
    with pytest.raises(NotFound, match="COSTS-409"):
        terms.remove_line_mark(actor=ready.officer, mark_id=made.pk)


def test_the_federal_words_are_the_default_and_can_be_replaced(ready: Scene) -> None:
    words = reads.cost_vocabulary(ready.officer)
    assert (len(words["pool"]), len(words["tower"])) == (9, 11)
    assert words["tower"] == list(VOCABULARY["tower"])
    more = [*words["tower"], ("citizen-services", "Citizen Services")]
    terms.put_vocabulary(actor=ready.officer, kind="tower", terms=more)
    assert reads.vocabulary("tower") == more
    assert terms.put_vocabulary(actor=ready.officer, kind="tower", terms=[]) == words["tower"]
    for kind, given, code in (
        ("moon", [], "COSTS-264"), ("pool", [("a", "A"), ("a", "B")], "COSTS-265"),
        ("pool", [("a", " ")], "COSTS-265"), ("pool", [("A b", "x")], "COSTS-201"),
    ):  # fmt: skip
        with pytest.raises(CostError) as error:
            terms.put_vocabulary(actor=SYSTEM, kind=kind, terms=given)
        assert error.value.code == code


def test_costs_by_tower_add_up_to_the_ledger(ready: Scene) -> None:
    terms.tag_cost(actor=ready.officer, service="network", cost_pool="telecom", tower="network")
    terms.tag_cost(actor=ready.officer, pool="premises", cost_pool="facilities-power")
    terms.tag_cost(actor=ready.officer, pool="premises", cost_pool="facilities-power",
                   tower="data-center")  # fmt: skip
    found = reads.costs_by_tower(ready.officer, "2017-10", "2017-12")
    assert found.cells == {
        "": {"": 500_000 + 60_000 - 750}, "network": {"telecom": 30_000},
        "data-center": {"facilities-power": 100_000},
    }  # fmt: skip
    assert found.total == 689_250
    assert CostTag.objects.count() == 2
    terms.put_vocabulary(actor=ready.officer, kind="tower", terms=[("network", "Network")])
    kept = reads.costs_by_tower(ready.officer, "2017-10", "2017-12")
    assert (set(kept.cells), kept.total) == ({"", "network"}, 689_250)
    for given, code in (
        ({"pool": "premises", "tower": "moon"}, "COSTS-266"),
        ({"pool": "premises", "service": "network"}, "COSTS-267"),
        ({"service": "moon"}, "COSTS-267"), ({}, "COSTS-267"),
    ):  # fmt: skip
        with pytest.raises(CostError) as error:
            terms.tag_cost(actor=ready.officer, **given)
        assert error.value.code == code


def test_the_verifier_follows_every_method(ready: Scene) -> None:
    from .test_costs_allocation import CIRCLE

    model.put_cost_model(actor=ready.officer, document=CIRCLE)
    for method in ("direct", "step_down", "double_step_down", "reciprocal"):
        verified(run(ready, method=method))
    import_costs(actor=SYSTEM, request=request(SMALL.replace(",1,600", ",9,601")))
    tilted = run(ready, method="reciprocal")
    share = next(s for s in tilted.result["shares"] if Fraction(int(s["numerator"]),
                 int(s["denominator"])) not in (0, 1))  # fmt: skip
    share["numerator"] = str(int(share["numerator"]) + 1)
    with pytest.raises(Difference, match="share of network in premises"):
        verified(tilted)
