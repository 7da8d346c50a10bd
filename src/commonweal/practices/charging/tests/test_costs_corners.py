"""Corners that only races and odd files reach."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.authority.public import get
from commonweal.practices.charging.actions import costs, rates
from commonweal.practices.charging.actions.cost_model import put_cost_model
from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.domain.rates import RateError
from commonweal.practices.charging.import_costs import files
from commonweal.practices.charging.import_costs.control import control_sum, minor_units
from commonweal.practices.charging.import_costs.files import FileOptions, read_table
from commonweal.practices.charging.models import CostMapping, RateVersion
from commonweal.practices.charging.selectors.cost_model import closed_periods, drivers
from commonweal.practices.charging.selectors.costs import allocation_runs, edges

from .costs_scene import Scene, request, scene
from .test_costs_files import workbook

__all__ = ["scene"]


def test_a_clash_that_is_no_repeat_is_not_called_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = costs.read_costs(SYSTEM, request(accept_as="other"))
    costs.import_costs(actor=SYSTEM, request=request())
    monkeypatch.setattr(costs, "read_costs", lambda *_: read)
    monkeypatch.setattr(costs, "refuse_repeat", lambda _: None)
    with pytest.raises(IntegrityError):
        costs.import_costs(actor=SYSTEM, request=request())
    assert CostMapping.objects.count() == 1


def proposed(scene: Scene, **span: Any) -> RateVersion:
    """A proposal of payslips."""
    given = {"starts": date(2018, 4, 1), **span}
    return rates.propose_rate(
        actor=scene.officer, charge_item_id=scene.payslip, reason="Because",
        model={"kind": "per_unit", "rate": "4.5"}, **given,
    )  # fmt: skip


def test_the_table_itself_refuses_overlapping_rates(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = proposed(scene), proposed(scene, starts=date(2018, 5, 1))
    rates.approve_rate(actor=scene.director, rate_version_id=second.pk)
    monkeypatch.setattr(rates, "version_to_end", lambda *_: None)
    with pytest.raises(RateError) as error:
        rates.approve_rate(actor=scene.director, rate_version_id=first.pk)
    assert error.value.code == "CHARGING-201"


def test_a_decided_rate_is_not_decided_again(scene: Scene) -> None:
    version = proposed(scene)
    rates.approve_rate(actor=scene.director, rate_version_id=version.pk)
    decision = get(SYSTEM, version.decision_id)  # type: ignore[arg-type]
    with pytest.raises(RateError) as error:
        rates.put_in_force(scene.director, decision)
    assert error.value.code == "CHARGING-213"


def test_a_proposal_with_an_end_says_so(scene: Scene) -> None:
    version = proposed(scene, ends=date(2019, 4, 1))
    decision = get(SYSTEM, version.decision_id)  # type: ignore[arg-type]
    assert decision.statement == (
        "Charge £4.50 per payslip from 1 April 2018 until before 1 April 2019. Because"
    )


def test_wide_sheets_and_long_files(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(Ledger=[["Unit", "Amount", None], ["Parks", 5, None], ["Water", 6, "x"]])
    table = read_table("x.xlsx", data, FileOptions())
    assert table.header == ("Unit", "Amount")
    assert [cells for _, cells in table.rows] == [("Parks", "5"), ("Water", "6", "x")]
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    with pytest.raises(CostError, match="512 MB"):
        read_table("x.csv", b"a,b\n1,2\n", FileOptions())
    assert files.cell_text(date(2017, 1, 2)) == "2017-01-02"


def test_the_control_reads_rows_without_their_last_line_end() -> None:
    options = FileOptions("utf-8", ",")
    found = control_sum(b'Unit,Amount,X\n"a""b",5,', "csv", options, 1, ".", 2)
    assert (found.rows, found.minor) == (1, 500)
    assert minor_units("9" * 20, ".", 2) is None


def test_a_driver_may_be_put_before_it_is_measured(scene: Scene) -> None:
    document = {"drivers": [{"code": "x", "name": "X", "unit": "x"}]}
    assert put_cost_model(actor=SYSTEM, document=document)["drivers"] == 1
    (entry,) = drivers(SYSTEM, "2017-10")
    assert (entry.period, entry.values) == ("", {})


def test_empty_reads(scene: Scene) -> None:
    assert allocation_runs(SYSTEM) == []
    assert closed_periods(["2017-10"]) == []
    costs.import_costs(actor=SYSTEM, request=request())
    run = costs.allocate(
        actor=SYSTEM, basis="actual", first_period="2017-10", last_period="2017-10", label="x"
    )
    assert [edge.target for edge in edges(SYSTEM, run.pk)] == ["unallocated"]
