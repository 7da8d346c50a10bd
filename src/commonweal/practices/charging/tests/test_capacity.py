"""Idle capacity: a line of its own, with an owner and a policy of two people; never hidden."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.authority.models import Decision
from commonweal.kernel.authority.public import AuthorityError, NotYours, withdraw
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound
from commonweal.practices.charging.actions import capacity as acts
from commonweal.practices.charging.actions.rates import propose_rate
from commonweal.practices.charging.domain.cost_terms import Idle, idle_parts, reserved_shares
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.domain.rates import RateError, rework
from commonweal.practices.charging.models import Capacity, CloseRun, IdleCost
from commonweal.practices.charging.rate_words import derivation_sentences
from commonweal.practices.charging.selectors.capacity import (
    Reach,
    capacities,
    capacity,
    idle_costs,
)
from commonweal.practices.charging.selectors.costs import reconciliation
from commonweal.practices.charging.selectors.rate_bases import RateTerms
from commonweal.practices.charging.selectors.rates import Volume, derive_rate

from .costs_scene import Scene, person, scene
from .test_cost_terms import ready, shares, verified
from .test_costs_allocation import run

__all__ = ["ready", "scene"]
WHY = "The board decided it in June"


@given(st.integers(-(10**9), 10**9), st.integers(1, 500), st.integers(0, 900))
def test_idle_and_used_add_up(cost: int, practical: int, used: int) -> None:
    idle = Idle(cost, Decimal(practical), Decimal(used))
    assert idle.share == max(Fraction(0), 1 - Fraction(used, practical))
    assert abs(idle.idle_minor - cost * idle.share) < 1
    parts = idle_parts([("a", Decimal(2), {"x": Decimal(1)})], "p", idle)
    whole = sum(weight for _, weight, _ in parts)
    rest = sum(weight for name, weight, _ in parts if name == "idle capacity")
    assert Fraction(rest) / Fraction(whole) == idle.share


def put(scene: Scene, **given: Any) -> Capacity:
    asked = {"quantity": "100", "unit": "desks", "owner": "Premises office",
             "evidence": "Plan of the building", "starts": date(2017, 1, 1), **given}  # fmt: skip
    if "charge_item" not in given:
        asked = {"pool": "premises", **asked}
    return acts.put_capacity(actor=scene.officer, **asked)


def decide(scene: Scene, found: Capacity, policy: str) -> None:
    row = acts.propose_idle_policy(
        actor=scene.officer, capacity_id=found.pk, policy=policy, reason=WHY
    )
    acts.decide_idle_policy(actor=scene.director, policy_id=row.pk, approved=True)


def use(scene: Scene, found: Capacity, used: str = "80") -> None:
    for month in ("2017-10", "2017-11", "2017-12"):
        acts.record_use(actor=scene.officer, capacity_id=found.pk, period=month, used=used)


def idle_of(scene: Scene, done: Any) -> list[tuple[int, int, str]]:
    return [
        (row.cost_minor, row.idle_minor, row.policy) for row in idle_costs(scene.officer, done.pk)
    ]


def test_nothing_is_idle_before_it_is_known_and_decided(ready: Scene) -> None:
    found = put(ready)
    before = run(ready)
    assert shares(before) == {"payroll": "750.00", "network": "250.00"}
    decide(ready, found, "absorbed")
    assert run(ready).pk == before.pk
    use(ready, found)
    assert run(ready).pk != before.pk


@pytest.mark.parametrize(
    ("policy", "payroll", "idle"),
    [("absorbed", "600.00", 20_000), ("reserved", "600.00", 20_000), ("spread", "750.00", 20_000)],
)
def test_a_pools_idle_part_has_its_own_line(
    ready: Scene, policy: str, payroll: str, idle: int
) -> None:
    found = put(ready)
    for agency, quantity in ((ready.parks, 30), (ready.water, 10)):
        acts.reserve_capacity(
            actor=ready.officer, capacity_id=found.pk, agency_id=agency, quantity=quantity
        )
    decide(ready, found, policy)
    use(ready, found)
    done = run(ready)
    assert shares(done)["payroll"] == payroll
    assert shares(done).get("idle:premises") == (None if policy == "spread" else "200.00")
    assert idle_of(ready, done) == [(100_000, idle, policy)]
    row = IdleCost.objects.get(run=done)
    assert row.shares == (
        {str(ready.parks): 15_000, str(ready.water): 5_000} if policy == "reserved" else {}
    )
    assert row.decision_id is not None
    assert reconciliation(ready.officer, done.pk).agrees
    verified(done)


def test_reservations_count_once_two_people_decided_on_them(ready: Scene) -> None:
    """What one person records afterwards charges nobody before a second one approves it."""
    found = put(ready)

    def reserve(agency: UUID, quantity: int) -> None:
        acts.reserve_capacity(
            actor=ready.officer, capacity_id=found.pk, agency_id=agency, quantity=quantity
        )

    def borne() -> dict[str, int]:
        return dict(IdleCost.objects.get(run=run(ready)).shares)

    reserve(ready.parks, 40)
    decide(ready, found, "reserved")
    said = Decision.objects.get(pk=found.policies.get(state="approved").decision_id).statement
    assert "(together 40 of 100 desks a month)" in said
    use(ready, found)
    reserve(ready.water, 900_000)
    assert borne() == {str(ready.parks): 20_000}
    row = acts.propose_idle_policy(
        actor=ready.officer, capacity_id=found.pk, policy="reserved", reason=WHY
    )
    reserve(ready.water, 10)
    with pytest.raises(CostError, match="COSTS-276"):
        acts.decide_idle_policy(actor=ready.director, policy_id=row.pk, approved=True)
    acts.decide_idle_policy(
        actor=ready.director, policy_id=row.pk, approved=False, reason="Other figures by now"
    )
    decide(ready, found, "reserved")
    assert borne() == {str(ready.parks): 16_000, str(ready.water): 4_000}


def test_a_full_pool_has_no_idle_cost(ready: Scene) -> None:
    found = put(ready)
    decide(ready, found, "absorbed")
    use(ready, found, "130")
    done = run(ready)
    assert idle_of(ready, done) == [(100_000, 0, "absorbed")]
    assert shares(done) == {"payroll": "750.00", "network": "250.00"}


def test_what_an_items_service_leaves_idle(ready: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The use of a charge item is what was billed of it: nothing known here until it is."""
    found = put(ready, charge_item="payroll.payslip", quantity="50", unit="payslips")
    decide(ready, found, "absorbed")
    plain = run(ready)
    assert idle_of(ready, plain) == []
    monkeypatch.setattr(
        "commonweal.practices.charging.selectors.allocation_inputs.item_reaches",
        lambda first, last: [Reach(found, Decimal(150), Decimal(120))],
    )
    done = run(ready)
    assert done.pk != plain.pk
    assert (done.document, idle_of(ready, done)) == (
        plain.document, [(135_000, 27_000, "absorbed")],
    )  # fmt: skip


def test_an_unused_pool_is_all_idle(ready: Scene) -> None:
    found = put(ready)
    decide(ready, found, "absorbed")
    use(ready, found, "0")
    assert shares(run(ready)) == {"idle:premises": "1000.00"}


def test_idle_cost_for_who_reserved_needs_somebody(ready: Scene) -> None:
    found = put(ready)
    with pytest.raises(CostError, match="COSTS-245"):
        decide(ready, found, "reserved")
    assert not found.policies.exists()
    with pytest.raises(CostError, match="COSTS-245"):
        reserved_shares(5, {"a": Decimal(0)})


def derived(scene: Scene, done: Any, volume: int = 90, **wanted: Any) -> dict[str, Any]:
    return derive_rate(
        scene.officer, charge_item_id=scene.payslip, run_id=done.pk,
        volume=Volume(Decimal(volume), "Payslips made"), terms=RateTerms(**wanted),
    )  # fmt: skip


def test_a_rate_at_practical_capacity_says_so(ready: Scene) -> None:
    done = run(ready)
    with pytest.raises(RateError, match="CHARGING-232"):
        derived(ready, done, at_capacity=True)
    assert "capacity" not in derived(ready, done)
    found = put(ready, charge_item="payroll.payslip", quantity="50", unit="payslips")
    told = derived(ready, done)
    # 1350.00 over 90 expected, of 150 that could be made: 40 % lies idle.
    assert (told["rate"], told["capacity"]["rate_at_capacity"]) == ("15.0000", "9.0000")
    assert (told["capacity"]["idle_cost"], told["capacity"]["policy"]) == ("540.00", "")
    with pytest.raises(RateError, match="CHARGING-233"):
        derived(ready, done, at_capacity=True)
    decide(ready, found, "absorbed")
    at = derived(ready, done, at_capacity=True)
    assert (at["rate"], at["denominator"]) == ("9.0000", "150")
    assert at["capacity"]["owner"] == "Premises office"
    assert rework(at) == Decimal("9.0000")
    version = propose_rate(
        actor=ready.officer, charge_item_id=ready.payslip,
        model={"kind": "per_unit", "rate": "9.0000"}, starts=date(2018, 2, 1), derivation=at,
        reason="Below what it was because idle capacity is borne by the centre",
    )  # fmt: skip
    assert (
        "£540.00 of idle capacity, answered for by Premises office, is no part of it"
        in " ".join(derivation_sentences(version))
    )
    version.derivation = told
    assert "the rate holds £540.00 of idle capacity" in " ".join(derivation_sentences(version))
    beyond = derived(ready, done, volume=200, at_capacity=True)
    assert (beyond["denominator"], beyond["capacity"]["idle_cost"]) == ("200", "0.00")
    decide(ready, found, "spread")
    with pytest.raises(RateError, match="CHARGING-234"):
        derived(ready, done, at_capacity=True)


def test_policies_take_two_people_and_replace_one_another(ready: Scene) -> None:
    found = put(ready)
    row = acts.propose_idle_policy(
        actor=ready.officer, capacity_id=found.pk, policy="absorbed", reason=WHY
    )
    with pytest.raises((NotYours, Forbidden)):
        acts.decide_idle_policy(actor=ready.officer, policy_id=row.pk, approved=True)
    with pytest.raises(Conflict, match="AUTHORITY-103"):
        acts.propose_idle_policy(
            actor=ready.officer, capacity_id=found.pk, policy="spread", reason=WHY
        )
    with pytest.raises(AuthorityError, match="AUTHORITY-110"):
        acts.decide_idle_policy(actor=ready.director, policy_id=row.pk, approved=False)
    refused = acts.decide_idle_policy(
        actor=ready.director, policy_id=row.pk, approved=False, reason="Not before the board met"
    )
    assert refused.state == "rejected"
    for policy in ("absorbed", "spread"):
        decide(ready, found, policy)
    states = [(p.policy, p.state) for p in capacity(ready.officer, found.pk).policies.all()]
    assert states == [("spread", "approved"), ("absorbed", "replaced"), ("absorbed", "rejected")]
    late = acts.propose_idle_policy(
        actor=ready.officer, capacity_id=found.pk, policy="absorbed", reason=WHY
    )
    assert late.decision_id is not None
    withdraw(actor=ready.officer, decision_id=late.decision_id)
    late.refresh_from_db()
    assert late.state == "rejected"
    with pytest.raises(NotFound, match="COSTS-411"):
        acts.decide_idle_policy(actor=ready.director, policy_id=found.pk, approved=True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"quantity": "0"}, "COSTS-241"),
        ({"quantity": "-1"}, "COSTS-241"),
        ({"quantity": "x"}, "COSTS-241"),
        ({"quantity": "0.0000001"}, "COSTS-241"),
        ({"charge_item": "moon"}, "COSTS-242"),
        ({"charge_item": "payroll.payslip", "pool": "premises"}, "COSTS-242"),
        ({"owner": " "}, "COSTS-243"),
        ({"evidence": ""}, "COSTS-243"),
    ],
)
def test_capacities_that_cannot_be(ready: Scene, given: dict[str, Any], code: str) -> None:
    with pytest.raises(CostError) as error:
        put(ready, **given)
    assert error.value.code == code


def test_capacities_follow_one_another(ready: Scene) -> None:
    first = put(ready)
    second = put(ready, starts=date(2018, 1, 1), quantity="120")
    first.refresh_from_db()
    assert first.ends == second.starts
    assert [row.quantity for row in capacities(ready.officer)] == [120, 100]
    with pytest.raises(CostError, match="COSTS-244"):
        put(ready, starts=date(2017, 6, 1))
    with pytest.raises(CostError, match="COSTS-248"):
        acts.propose_idle_policy(
            actor=ready.officer, capacity_id=first.pk, policy="hidden", reason=WHY
        )
    with pytest.raises(CostError, match="COSTS-249"):
        acts.propose_idle_policy(
            actor=ready.officer, capacity_id=first.pk, policy="spread", reason="so"
        )
    with pytest.raises(NotFound, match="COSTS-410"):
        capacity(ready.officer, UUID(int=1))


def test_use_of_allocated_months_and_of_items(ready: Scene) -> None:
    found, item = put(ready), put(ready, charge_item="payroll.payslip")
    with pytest.raises(CostError, match="COSTS-247"):
        acts.record_use(actor=ready.officer, capacity_id=item.pk, period="2017-10", used=1)
    CloseRun.objects.create(
        agency_id=ready.centre, period="2017-10", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    with pytest.raises(CostError, match="COSTS-246"):
        acts.record_use(actor=ready.officer, capacity_id=found.pk, period="2017-10", used=1)
    with pytest.raises(Forbidden):
        put(ready.__class__(**{**vars(ready), "officer": person("auditor")}))
