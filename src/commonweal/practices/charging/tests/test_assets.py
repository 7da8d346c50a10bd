"""Jointly funded assets: exact months, contributors' shares, proceeds; two people end one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import act_as
from commonweal.kernel.authority.public import NotYours
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound
from commonweal.practices.charging.actions import assets as acts
from commonweal.practices.charging.domain.assets import Terms, ended, months
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.models import Asset, CloseRun, CostLine, Disposal
from commonweal.practices.charging.selectors import assets as reads
from commonweal.practices.charging.selectors.cost_model import amounts_by_pool
from commonweal.practices.charging.selectors.lineage import ledger_trail

from .costs_scene import Scene, scene
from .test_cost_terms import ready
from .test_costs_allocation import run

__all__ = ["ready", "scene"]
PAID = {"PARKS": 25_000, "grant:SLFRF-7": 25_000}


@given(
    st.integers(1, 10**10), st.integers(1, 120), st.lists(st.integers(1, 10**9), max_size=3),
    st.integers(0, 130), st.integers(0, 10**9),
)  # fmt: skip
def test_every_cent_is_depreciated_or_left(
    cost: int, life: int, paid: list[int], after: int, proceeds: int
) -> None:
    paid = paid if sum(paid) <= cost else []
    terms = Terms(cost, {str(at): part for at, part in enumerate(paid)}, date(2017, 10, 15), life)
    found = months(terms)
    assert (len(found), next(iter(found))) == (life, "2017-10")
    assert sum(whole for whole, _ in found.values()) == cost
    assert sum(own for _, own in found.values()) == cost - sum(paid)
    assert max(w for w, _ in found.values()) - min(w for w, _ in found.values()) <= 1
    assert all(0 <= own <= whole for whole, own in found.values())
    day = date(2017 + (9 + after) // 12, (9 + after) % 12 + 1, 20)
    end = ended(terms, day, proceeds)
    before = [parts for month, parts in found.items() if month < f"{day:%Y-%m}"]
    assert end.left_minor == cost - sum(whole for whole, _ in before)
    assert sum(end.proceeds.values()) == proceeds
    assert end.own_gain_minor == end.proceeds[""] - (
        cost - sum(paid) - sum(own for _, own in before)
    )


def put(scene: Scene, **given: Any) -> Asset:
    asked = {"code": "san", "name": "Storage array", "pool": "premises", "cost_minor": 100_000,
             "in_service": date(2017, 10, 12), "life_months": 7, "contributors": PAID,
             **given}  # fmt: skip
    return acts.put_asset(actor=scene.officer, **asked)


def test_only_what_the_centre_paid_reaches_the_pool(ready: Scene) -> None:
    put(ready)
    held = amounts_by_pool("actual", "2017-10", "2017-10")
    (made,) = acts.depreciate(actor=ready.officer, period="2017-10")
    assert (made.amount_minor, made.recoverable_minor) == (14_286, 7_143)
    after = amounts_by_pool("actual", "2017-10", "2017-10")
    assert after["premises"] == (1, 7_143)
    assert {code: row for code, row in after.items() if code != "premises"} == held
    assert acts.depreciate(actor=ready.officer, period="2017-10") == []
    assert acts.depreciate(actor=ready.officer, period="2017-09") == []
    done = run(ready, first_period="2017-10", last_period="2017-10", label="2017-10")
    assert made.line is not None
    trail = ledger_trail(ready.officer, made.line.pk)
    assert (trail.run, trail.pool) == (done, "premises")
    assert [(part.key, part.minor) for part in trail.services] == [
        ("network", 1_786), ("payroll", 5_357),
    ]  # fmt: skip
    view = reads.asset_view(ready.officer, "san")
    assert (view.depreciated_minor, view.recovered_minor, view.left_minor) == (
        14_286, 7_143, 85_714,
    )  # fmt: skip
    assert view.contributed_minor == 50_000
    assert [row.period for row in reads.asset_months(ready.officer, view.asset)] == ["2017-10"]


def test_an_asset_that_others_paid_reaches_no_pool(ready: Scene) -> None:
    put(ready, contributors={"PARKS": 100_000})
    (made,) = acts.depreciate(actor=ready.officer, period="2017-10")
    assert (made.recoverable_minor, made.line) == (0, None)


def test_a_disposal_pays_contributors_and_the_pool(ready: Scene) -> None:
    put(ready)
    acts.depreciate(actor=ready.officer, period="2017-10")
    asked = acts.propose_disposal(
        actor=ready.officer, code="san", day=date(2017, 12, 3), proceeds_minor=40_001,
        reason="Replaced by the cloud",
    )  # fmt: skip
    with pytest.raises((NotYours, Forbidden)):
        acts.decide_disposal(actor=ready.officer, disposal_id=asked.pk, approved=True)
    with pytest.raises(Conflict, match="COSTS-260"):
        acts.propose_disposal(
            actor=ready.officer, code="san", day=date(2017, 12, 3), proceeds_minor=0,
            reason="Replaced by the cloud",
        )  # fmt: skip
    acts.depreciate(actor=ready.officer, period="2017-11")
    done = acts.decide_disposal(actor=ready.director, disposal_id=asked.pk, approved=True)
    assert done.state == "approved"
    # Half was the centre's: 50 000 less two months (7143 each) is left; half of the proceeds.
    assert done.parts["own_left_minor"] == 50_000 - 2 * 7_143
    lines = CostLine.objects.filter(period="2017-12", unit="asset:san").order_by("row")
    assert [line.amount_minor for line in lines] == [35_714, -20_001]
    (credit,) = reads.contributor_credits(ready.officer)
    assert (credit.agency_id, credit.amount_minor) == (ready.parks, 10_000)
    with act_as(ready.parks_finance):
        assert [row.pk for row in reads.contributor_credits(ready.parks_finance)] == [credit.pk]
    with act_as(ready.water_finance):
        assert list(reads.contributor_credits(ready.water_finance)) == []
    with act_as(ready.officer):
        assert acts.depreciate(actor=ready.officer, period="2017-12") == []
        (view,) = reads.assets(ready.officer)
        assert view.asset.disposed_on == date(2017, 12, 3)
        assert [row.state for row in reads.disposals(ready.officer, view.asset)] == ["approved"]


def test_a_disposal_may_be_refused_and_tried_again(ready: Scene) -> None:
    put(ready)
    asked = acts.propose_disposal(
        actor=ready.officer, code="san", day=date(2017, 12, 3), proceeds_minor=0,
        reason="Broken beyond repair",
    )  # fmt: skip
    refused = acts.decide_disposal(
        actor=ready.director, disposal_id=asked.pk, approved=False, reason="Have it repaired first"
    )
    assert refused.state == "rejected"
    again = acts.propose_disposal(
        actor=ready.officer, code="san", day=date(2017, 10, 20), proceeds_minor=0,
        reason="It cannot be repaired",
    )  # fmt: skip
    acts.depreciate(actor=ready.officer, period="2017-10")
    with pytest.raises(CostError, match="COSTS-258"):
        acts.decide_disposal(actor=ready.director, disposal_id=again.pk, approved=True)
    assert Disposal.objects.get(pk=again.pk).state == "proposed"
    with pytest.raises(NotFound, match="COSTS-412"):
        acts.decide_disposal(actor=ready.director, disposal_id=ready.centre, approved=True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"cost_minor": 0}, "COSTS-251"),
        ({"life_months": 0}, "COSTS-252"),
        ({"contributors": {"PARKS": 100_001}}, "COSTS-253"),
        ({"contributors": {"PARKS": 0}}, "COSTS-253"),
        ({"contributors": {"MOON": 1}}, "COSTS-257"),
        ({"name": " "}, "COSTS-202"),
        ({"pool": "moon"}, "COSTS-204"),
        ({"code": "Big"}, "COSTS-201"),
    ],
)
def test_assets_that_cannot_be(ready: Scene, given: dict[str, Any], code: str) -> None:
    with pytest.raises(CostError) as error:
        put(ready, **given)
    assert error.value.code == code
    assert not Asset.objects.exists()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"proceeds_minor": -1}, "COSTS-254"),
        ({"day": date(2017, 1, 1)}, "COSTS-255"),
        ({"reason": "old"}, "COSTS-259"),
    ],
)
def test_disposals_that_cannot_be(ready: Scene, given: dict[str, Any], code: str) -> None:
    put(ready)
    asked = {"code": "san", "day": date(2017, 12, 3), "proceeds_minor": 5,
             "reason": "Replaced by the cloud", **given}  # fmt: skip
    with pytest.raises(CostError) as error:
        acts.propose_disposal(actor=ready.officer, **asked)
    assert error.value.code == code


def test_codes_are_used_once_and_closed_months_are_kept(ready: Scene) -> None:
    put(ready)
    with pytest.raises(Conflict, match="COSTS-256"):
        put(ready)
    with pytest.raises(NotFound, match="COSTS-413"):
        reads.asset_by_code(ready.officer, "moon")
    CloseRun.objects.create(
        agency_id=ready.centre, period="2017-10", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    with pytest.raises(CostError, match="COSTS-258"):
        acts.depreciate(actor=ready.officer, period="2017-10")
    with pytest.raises(Forbidden):
        acts.depreciate(actor=ready.parks_finance, period="2017-11")
