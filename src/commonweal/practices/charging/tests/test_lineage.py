"""The auditor's walk: any cent of a bill to its ledger lines, any ledger line to whom it went."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.interfaces.cli.main import build_parser
from commonweal.kernel.access.public import act_as
from commonweal.kernel.schema.public import Forbidden, NotFound, Place
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.domain.lineage import (
    behind,
    by_agency,
    charged,
    numerator_parts,
    split_signed,
)
from commonweal.practices.charging.models import BillLine, CostLine, LineMark
from commonweal.practices.charging.public import (
    cost_pool_lines,
    ledger_trail,
    line_costs,
    line_pool_shares,
    pool_ledger,
)

from .copies import closed, copies, enter, world
from .costs_scene import SMALL, Scene, request, scene
from .world import AUGUST, JULY, World

__all__ = ["closed", "copies", "enter", "scene", "world"]


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=6),
)
def test_parts_add_up_and_are_near(total: int, parts_of_97: list[int]) -> None:
    weights = {at: Fraction(part, 97) for at, part in enumerate(parts_of_97)}
    if sum(weights.values()) == 0:
        with pytest.raises(CostError, match="COSTS-301"):
            split_signed(total, weights)
        return
    parts = split_signed(total, weights)
    assert [part.key for part in parts] == list(weights)
    assert sum(part.minor for part in parts) == total
    assert sum(part.share for part in parts) == 1
    assert all(abs(part.minor - total * part.share) < 1 for part in parts)


def test_nothing_lost_on_the_way_to_agencies() -> None:
    shares = {"pay": Fraction(2, 3), "net": Fraction(1, 6), "unallocated": Fraction(1, 6)}
    billed = {"pay": {"A": 300, "B": 200, "C": 0}, "net": {"A": -5}}
    found = charged(1000, shares, billed, frozenset({"unallocated"}))
    assert [(each.service, each.agency, each.minor) for each in found] == [
        ("net", "", 167), ("pay", "A", 400), ("pay", "B", 267), ("unallocated", "", 166),
    ]  # fmt: skip
    assert by_agency(found) == {"": 333, "A": 400, "B": 267}
    assert sum(each.share for each in found) == 1


def derivation(**more: Any) -> dict[str, Any]:
    half = {"numerator": "1", "denominator": "2"}
    return {
        "kind": "cost_over_volume", "share": half, "scale": {"numerator": "12", "denominator": "1"},
        "pools": [{"pool": "a", "name": "A", "driver": "direct cost", "amount": "10.00"},
                  {"pool": "b", "name": "B", "driver": "heads", "amount": "0.00"}],
        "adjustments": [{"name": "Surplus", "amount": "-20.00", "reason": "Last year"},
                        {"name": "Surplus", "amount": "-20.00", "reason": "Last year"}],
        **more,
    }  # fmt: skip


def test_a_rate_stands_on_costs_and_adjustments() -> None:
    parts = numerator_parts(derivation())
    assert [(part.pool, part.amount) for part in parts] == [("a", 60), ("", -20), ("", -20)]
    assert [part.minor for part in behind(1001, derivation())] == [3003, -1001, -1001]
    assert behind(5, {"kind": "given"}) == []
    assert behind(5, derivation(pools=[], adjustments=[])) == []


def line_of(world: World, agency: str, period: str, item: str = "payroll.payslip") -> BillLine:
    with act_as(world.finance):
        return BillLine.objects.select_related("rate_version", "bill").get(
            bill__period=period, agency_id=world.agencies[agency], charge_item__code=item,
            kind="usage",
        )  # fmt: skip


def test_from_a_bill_line_to_its_ledger_lines_and_back(closed: World) -> None:
    """An auditor takes a cent of August's bill, and then one of August's ledger lines."""
    officer = closed.of("agency_finance", "PARKS")
    line = line_of(closed, "PARKS", AUGUST)
    with act_as(officer):
        costs = line_costs(officer, line.pk)
        assert costs.at_cost
        assert sum(part.minor for part in costs.parts) == line.amount_minor
        assert {part.key.pool for part in costs.parts} == {"payroll-direct", "premises"}
        for part in costs.parts:
            pool = line_pool_shares(officer, line.pk, part.key.pool)
            assert sum(row.minor for row in pool.rows) == part.minor
            assert sum(row.share for row in pool.rows) == 1
            assert all(row.line.reference == row.line.supplier == "" for row in pool.rows)
        with pytest.raises(NotFound, match="CHARGING-407"):
            line_pool_shares(officer, line.pk, "desk-direct")
    with act_as(closed.finance):
        (cost,) = cost_pool_lines(closed.finance, "premises", AUGUST, AUGUST)
        trail = ledger_trail(closed.finance, cost.id)
        assert trail.run is not None
        assert (trail.run.label, trail.pool, cost.amount_minor) == (AUGUST, "premises", 10101)
        services = {part.key: (part.share, part.minor) for part in trail.services}
        assert services == {
            "helpdesk": (Fraction(4, 7), 5772), "payroll": (Fraction(3, 7), 4329),
        }  # fmt: skip
        assert sum(trail.agencies.values()) == cost.amount_minor
        assert sum(each.share for each in trail.charged) == 1
        billed = {
            code: sum(
                row.amount_minor
                for row in BillLine.objects.filter(
                    agency_id=closed.agencies[code], charge_period=AUGUST, service__code="helpdesk"
                )
            )
            for code in ("PARKS", "ROADS")
        }
        parks = next(e for e in trail.charged if (e.service, e.agency) == ("helpdesk", "PARKS"))
        assert parks.share == Fraction(4, 7) * Fraction(billed["PARKS"], sum(billed.values()))


def test_every_ledger_line_of_a_closed_month_is_accounted_for(closed: World) -> None:
    with act_as(closed.finance):
        for period in (JULY, AUGUST):
            for cost in CostLine.objects.filter(period=period, basis="actual"):
                trail = ledger_trail(closed.finance, cost.pk)
                assert sum(part.minor for part in trail.services) == cost.amount_minor
                assert sum(trail.agencies.values()) == cost.amount_minor
                assert "" not in trail.agencies


def test_other_runs_and_lines_that_none_counted(scene: Scene) -> None:
    from commonweal.practices.charging.actions.cost_model import put_cost_model
    from commonweal.practices.charging.actions.costs import allocate, import_costs

    from .test_costs_allocation import DOCUMENT

    import_costs(actor=scene.officer, request=request())
    put_cost_model(actor=scene.officer, document=DOCUMENT)
    rent = CostLine.objects.get(category="Rent")
    assert ledger_trail(scene.officer, rent.pk).run is None
    quarter = allocate(
        actor=scene.officer, basis="actual", first_period="2017-10", last_period="2017-12",
        label="Q3",
    )  # fmt: skip
    month = allocate(
        actor=scene.officer, basis="actual", first_period="2017-11", last_period="2017-11",
        label="2017-11",
    )  # fmt: skip
    found = ledger_trail(scene.officer, rent.pk)
    assert (found.run, len(found.runs)) == (month, 2)
    assert found.agencies == {"": 100_000}
    other = ledger_trail(scene.officer, rent.pk, quarter.pk)
    assert other.run == quarter
    assert [(part.key, part.minor) for part in other.services] == [
        ("network", 25_000), ("payroll", 75_000),
    ]  # fmt: skip
    refund = CostLine.objects.get(category="Tea")
    lost = ledger_trail(scene.officer, refund.pk)
    assert (lost.pool, [(p.key, p.minor) for p in lost.services]) == (
        "unassigned", [("unallocated", -750)],
    )  # fmt: skip
    import_costs(actor=scene.officer, request=request(SMALL.replace(",1,600", ",11,601")))
    late = CostLine.objects.order_by("id").last()
    assert late is not None
    assert ledger_trail(scene.officer, late.pk).run is None
    with pytest.raises(NotFound, match="COSTS-406"):
        ledger_trail(scene.officer, rent.pk, late.pk)
    with pytest.raises(NotFound, match="COSTS-407"):
        ledger_trail(scene.officer, month.pk)
    with pytest.raises(Forbidden):
        ledger_trail(scene.parks_finance, rent.pk)


def test_personal_lines_are_a_sum_for_agencies(closed: World) -> None:
    line = line_of(closed, "PARKS", AUGUST)
    with act_as(closed.finance):
        centre = CostLine.objects.values_list("agency_id", flat=True)[0]
        LineMark.objects.create(
            agency_id=centre, mark="personal", unit="payroll", reason="One person's salary"
        )
    officer = closed.of("agency_finance", "PARKS")
    with act_as(officer):
        pool = line_pool_shares(officer, line.pk, "payroll-direct", Place(limit=1))
        shown = pool_ledger(officer, line.rate_version.code, "payroll-direct")
    assert (list(shown.page), shown.personal_lines, shown.personal_minor) == ([], 1, 120_050)
    assert (list(pool.rows), pool.personal_lines) == ([], 1)
    assert pool.personal_share == pool.part.minor > 0
    assert pool.personal_minor == 120_050


def test_nobody_walks_behind_another_agencys_line(closed: World) -> None:
    line, officer = line_of(closed, "ROADS", AUGUST), closed.of("agency_finance", "PARKS")
    with act_as(officer), pytest.raises(NotFound):
        line_costs(officer, line.pk)


def test_behind_a_price_set_by_hand_is_what_the_service_cost_in_the_month(closed: World) -> None:
    officer = closed.of("agency_finance", "PARKS")
    line = line_of(closed, "PARKS", AUGUST, "helpdesk.case")
    with act_as(officer):
        found = line_costs(officer, line.pk)
        assert (found.of_month, found.at_cost) == (True, False)
        assert {part.key.pool for part in found.parts} == {"desk-direct", "premises"}
        assert sum(part.minor for part in found.parts) == line.amount_minor
        for part in found.parts:
            rows = line_pool_shares(officer, line.pk, part.key.pool)
            assert rows.first_period == rows.last_period == AUGUST
            assert sum(row.minor for row in rows.rows) + rows.personal_share == part.minor


def run_cli(*words: str) -> int:
    args = build_parser().parse_args(["costs", *words])
    return int(args.run(args))


def test_the_commands(closed: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli("lines", "premises", "--from", AUGUST, "--to", AUGUST) == 0
    shown = capsys.readouterr().out.splitlines()[1]
    cost = shown.split()[0]
    assert shown.endswith("101.01")
    assert run_cli("charged", cost) == 0
    told = capsys.readouterr().out
    assert "101.01 USD, pool premises" in told
    amounts = [Decimal(row.split()[-1]) for row in told.splitlines()[2:]]
    assert sum(amounts) == Decimal("101.01")
    assert run_cli("charged", cost, "--json") == 0
    line = line_of(closed, "PARKS", AUGUST)
    assert run_cli("behind", str(line.pk)) == 0
    assert "payroll-direct" in capsys.readouterr().out
    assert run_cli("behind", str(line.pk), "--pool", "premises") == 0
    assert capsys.readouterr().out.count("1/1") == 1
    assert run_cli("behind", str(line.pk), "--json") == 0
