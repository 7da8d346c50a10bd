"""Reduced prices: billed at the full price with a line beside it, imputed, and provable."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.closing.reductions import taken_off
from commonweal.practices.charging.models import BillLine
from commonweal.practices.charging.papers.verifier.run import main as check

from .copies import closed, copies, enter, world
from .recovery_scene import decide
from .world import AUGUST, World

__all__ = ["closed", "copies", "enter", "world"]


def reduced(world: World, *, approve: bool = True, **more: Any) -> charging.PriceReduction:
    """PARKS pays 60 percent of the full price of help-desk cases from August to October."""
    given_: dict[str, Any] = {
        "agency_id": world.agencies["PARKS"], "charge_item_id": world.items["helpdesk.case"],
        "percent": "60", "starts": date(2026, 8, 1), "ends": date(2026, 11, 1),
        "reason": "The parks have a hard year.",
    }  # fmt: skip
    with act_as(world.finance):
        row = charging.propose_reduction(actor=world.finance, **{**given_, **more})
    if approve:
        decide(world, row.decision_id)
    return row


def lines_of(world: World) -> list[BillLine]:
    with act_as(SYSTEM):
        found = BillLine.objects.filter(bill=world.bill("PARKS", AUGUST)).order_by("number")
        return list(found.select_related("charge_item"))


@given(
    st.decimals("-999999999", "999999999", places=9, allow_nan=False),
    st.decimals(0, 100, places=6, allow_nan=False),
)
def test_what_comes_off_is_exact_to_nine_decimals(amount: Decimal, percent: Decimal) -> None:
    from fractions import Fraction

    found = taken_off(amount, percent)
    exact = -Fraction(amount) * (100 - Fraction(percent)) / 100
    assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**9)


def test_a_reduced_price_is_a_line_of_its_own_and_imputed_revenue(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reduced(world)
    world.close_fully(AUGUST)
    lines = lines_of(world)
    cut = [line for line in lines if line.kind == "discount"]
    assert len(cut) == 1
    full = next(line for line in lines if line.pk == cut[0].corrects_id)
    assert full.charge_item.code == "helpdesk.case"
    assert cut[0].amount_exact == -(full.amount_exact * 4 / 10).quantize(Decimal("1e-9"))
    assert cut[0].quantity == 0
    with act_as(SYSTEM):
        bill = world.bill("PARKS", AUGUST)
    assert bill.total_minor == sum(line.amount_minor for line in lines)
    with act_as(SYSTEM):
        assert charging.bill_problems(SYSTEM, bill) == []
    pack = tmp_path / "pack.zip"
    pack.write_bytes(world.paper(bill, "pack"))
    assert check([str(pack), "--root", bill.pack_root]) == 0, capsys.readouterr().err
    director = world.of("director")
    with act_as(director):
        accounts = {row.service.code: row.account for row in charging.recoveries(director, 2027)}
    month = accounts["helpdesk"].months[-1]
    assert month.imputed == -cut[0].amount_minor
    assert accounts["payroll"].months[-1].imputed == 0
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        assert [row.percent for row in charging.price_reductions(officer)] == [60]
        view = charging.line_view(officer, cut[0].pk)
    assert view.line.pk == cut[0].pk
    words = charging.Words("USD")
    assert "Taken off the full price" in words.line(cut[0])
    assert words.line_note(cut[0]) == "Reduced price"


def changed(pack: bytes, name: str, change: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            data = old.read(each)
            if each == name:
                document = json.loads(data)
                change(document)
                data = json.dumps(document).encode()
            new.writestr(each, data)
    return out.getvalue()


def _percent(document: Any) -> None:
    document["reductions"][0]["percent"] = "50"


def _both(document: Any) -> None:
    document["reductions"][0]["percent"] = "50"
    document["reductions"][0]["decision"]["effect"]["percent"] = "50"


def _alone(document: Any) -> None:
    decision = document["reductions"][0]["decision"]
    decision["decided_by"] = decision["proposed_by"]


def _nobody(document: Any) -> None:
    document["reductions"][0]["decision"]["state"] = "proposed"


def _over(document: Any) -> None:
    document["reductions"][0]["ends"] = "2026-08-01"


def _pointing(document: Any) -> None:
    for line in document["lines"]:
        if line["kind"] == "discount":
            line["corrects"] = "nothing"


def _counted(document: Any) -> None:
    for line in document["lines"]:
        if line["kind"] == "discount":
            line["quantity"] = "1.000000"


def test_a_changed_reduction_is_found_without_trusting_hashes(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reduced(world)
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        bill = world.bill("PARKS", AUGUST)
    pack = world.paper(bill, "pack")

    for name, change, said in (
        ("reductions.json", _percent, "part decided"),
        ("reductions.json", _both, "exact amount"),
        ("reductions.json", _alone, "one person alone"),
        ("reductions.json", _nobody, "nobody approved the reduction"),
        ("reductions.json", _over, "no reduction was decided"),
        ("bill.json", _pointing, "reduces no line of this bill"),
        ("bill.json", _counted, "quantity"),
    ):
        path = tmp_path / "changed.zip"
        path.write_bytes(changed(pack, name, change))
        assert check([str(path), "--ignore-hashes"]) == 1, said
        assert said in capsys.readouterr().err


def test_a_waived_price_bills_nothing(world: World) -> None:
    reduced(world, percent="0", charge_item_id=world.items["payroll.base"])
    world.close_fully(AUGUST)
    lines = [line for line in lines_of(world) if line.charge_item.code == "payroll.base"]
    assert sum(line.amount_minor for line in lines) == 0
    assert {line.kind for line in lines} == {"fixed", "discount"}


def test_a_draft_is_drafted_again_with_its_reduction(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="draft")
    assert all(line.kind != "discount" for line in lines_of(world))
    with pytest.raises(CommonwealError) as late:
        reduced(world)
    assert late.value.code == "RECOVERY-104"


def test_one_reduction_at_a_time(world: World) -> None:
    reduced(world)
    second = reduced(world, approve=False, starts=date(2026, 9, 1))
    with pytest.raises(CommonwealError) as refused:
        decide(world, second.decision_id)
    assert refused.value.code == "RECOVERY-111"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"percent": "100"}, "RECOVERY-105"),
        ({"percent": "-1"}, "RECOVERY-102"),
        ({"percent": "1.2345678"}, "RECOVERY-102"),
        ({"percent": "half"}, "RECOVERY-102"),
        ({"starts": date(2026, 8, 2)}, "RECOVERY-103"),
        ({"ends": date(2026, 8, 1)}, "RECOVERY-103"),
        ({"ends": date(2031, 8, 1)}, "RECOVERY-103"),
        ({"starts": date(2026, 7, 1)}, "RECOVERY-104"),
        ({"reason": "because"}, "RECOVERY-101"),
    ],
)
def test_reductions_that_are_refused(world: World, more: dict[str, Any], code: str) -> None:
    with pytest.raises(CommonwealError) as refused:
        reduced(world, **more)
    assert refused.value.code == code


def test_an_item_that_is_none(world: World) -> None:
    with pytest.raises(CommonwealError) as refused:
        reduced(world, charge_item_id=world.agencies["PARKS"])
    assert refused.value.code == "CHARGING-405"
