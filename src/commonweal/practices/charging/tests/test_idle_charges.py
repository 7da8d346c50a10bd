"""What lies idle of a reserved capacity is charged to those who reserved it, to the cent."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from commonweal.kernel.access.public import SYSTEM, act_as, create_token
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import create_agency
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging.actions import capacity as acts
from commonweal.practices.charging.closing.idle import charge_idle
from commonweal.practices.charging.models import (
    BillLine,
    Capacity,
    CloseRun,
    CostLine,
    Credit,
    IdleCharge,
    IdleCost,
    LineFunding,
)
from commonweal.practices.charging.papers.pack import verifier_source
from commonweal.practices.charging.papers.verifier.basis import Difference, cents_of
from commonweal.practices.charging.papers.verifier.credits import check_credits, check_idle
from commonweal.practices.charging.public import (
    CostRequest,
    Words,
    credit_view,
    idle_view,
    import_costs,
    ledger_to_bills,
    ledger_trail,
    line_costs,
    peers,
    recovery,
)

from .copies import closed, copies, enter, world
from .test_annual_package import made, rows
from .test_credits import OCTOBER, close
from .test_disputes import answer, decide, dispute
from .test_verifier import plain_python
from .world import AUGUST, JULY, MAPPING, SEPTEMBER, World, after

__all__ = ["closed", "copies", "enter", "world"]
WHY = "Agencies reserved desks for an emergency"
RESERVED = {"PARKS": 30, "CLERK": 10}


def reserve(
    world: World, reserved: dict[str, int] = RESERVED, quantity: int = 100, **of: str
) -> Capacity:
    """A capacity of 100 (of the premises, if nothing else is said) whose idle part is reserved."""
    with at(after(JULY)), act_as(world.finance):
        found = acts.put_capacity(
            actor=world.finance, quantity=quantity, unit="desks", owner="Premises office",
            evidence="Plan of the building", starts=date(2026, 8, 1),
            **(of or {"pool": "premises"}),
        )  # fmt: skip
        if found.pool:
            acts.record_use(actor=world.finance, capacity_id=found.pk, period=AUGUST, used=80)
        for code, quantity in reserved.items():
            acts.reserve_capacity(
                actor=world.finance, capacity_id=found.pk, agency_id=world.agencies[code],
                quantity=quantity,
            )  # fmt: skip
        row = acts.propose_idle_policy(
            actor=world.finance, capacity_id=found.pk, policy="reserved", reason=WHY
        )
    director = world.of("director")
    with at(after(JULY)), act_as(director):
        acts.decide_idle_policy(actor=director, policy_id=row.pk, approved=True)
    return found


def charges(world: World, agency: str) -> list[BillLine]:
    """The lines of September's bill that charge idle capacity."""
    with act_as(SYSTEM):
        found = BillLine.objects.filter(
            bill__period=SEPTEMBER, agency_id=world.agencies[agency], kind="credit"
        )
        return list(found.select_related("credit__credit", "bill", "corrects").order_by("number"))


def proved(folder: Path, pack: bytes) -> None:
    """Plain Python and the program that is given with it accept a pack."""
    (folder / "pack.zip").write_bytes(pack)
    (folder / "check_bill.py").write_bytes(verifier_source())
    done = plain_python(folder, "pack.zip")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def charged(world: World) -> World:
    """August's premises cost 101.01, of which a fifth lay idle; September is billed too."""
    reserve(world)
    close(world, AUGUST)
    close(world, SEPTEMBER)
    return world


def test_who_reserved_pays_for_what_lay_idle_on_the_next_bill(charged: World) -> None:
    with act_as(SYSTEM):
        idle = IdleCost.objects.get(policy="reserved")
        assert (idle.cost_minor, idle.idle_minor) == (10_101, 2_020)
    assert sum(line.amount_minor for line in charges(charged, "PARKS")) == 1_515
    assert sum(line.amount_minor for line in charges(charged, "CLERK")) == 505
    assert charges(charged, "ROADS") == []
    lines = charges(charged, "PARKS")
    assert {line.service.code for line in lines} == {"payroll", "helpdesk"}
    assert len(lines) == 2
    for line in lines:
        with act_as(SYSTEM):
            parts = LineFunding.objects.filter(line=line).values_list("amount_minor", flat=True)
            assert sum(parts) == line.amount_minor
        assert (line.quantity, line.charge_period) == (0, AUGUST)
        reason = "Reserved capacity of “Premises” that lay idle in August 2026"
        assert Words("USD").line_note(line) == reason
        assert Words("USD").line(line).startswith("Your part of what lay idle: $")


def test_the_pack_proves_the_charge_and_a_false_one_is_found(
    charged: World, tmp_path: Path
) -> None:
    with act_as(SYSTEM):
        bill = charged.bill("PARKS", SEPTEMBER)
    pack = charged.paper(bill, "pack")
    with zipfile.ZipFile(BytesIO(pack)) as found:
        credits = json.loads(found.read("credits.json"))["credits"]
    idle = next(iter(credits.values()))["idle"]
    assert (idle["practical"], idle["used"], idle["idle"], idle["charged"]) == (
        "100.000000", "80.000000", "20.20", "15.15",
    )  # fmt: skip
    proved(tmp_path, pack)


def test_a_charge_without_its_figures_is_no_proof(charged: World) -> None:
    """Left out of the pack, or called another credit, a charge is found; the honest one passes."""
    with act_as(SYSTEM):
        pack = charged.paper(charged.bill("PARKS", SEPTEMBER), "pack")
    with zipfile.ZipFile(BytesIO(pack)) as found:
        bill = json.loads(found.read("bill.json"))
        credits = json.loads(found.read("credits.json"))["credits"]
    total = sum(cents_of(line["amount"], "", 2) for line in bill["lines"])
    assert check_credits(bill, credits, total, 2) == 2
    bare = {key: {**each} for key, each in credits.items()}
    for each in bare.values():
        del each["idle"]
    with pytest.raises(Difference, match="does not say how it came about"):
        check_credits(bill, bare, total, 2)
    for each in bare.values():
        each["kind"] = "service_level"
    with pytest.raises(Difference, match="never charges"):
        check_credits(bill, bare, total, 2)


FALSE: list[Callable[[dict[str, Any]], None]] = [
    lambda idle: idle.update(used="70.000000"),
    lambda idle: idle.update(reserved="31.000000"),
    lambda idle: idle.update(charged="15.16"),
]


@pytest.mark.parametrize("change", FALSE)
def test_figures_that_do_not_follow_are_named(change: Callable[[dict[str, Any]], None]) -> None:
    idle = {"practical": "100.000000", "used": "80.000000", "cost": "101.01", "idle": "20.20",
            "reserved": "30.000000", "reserved_all": "40.000000", "charged": "15.15",
            "recovered": "0.00"}  # fmt: skip
    own = {"credit": "1", "kind": "idle_pool", "amount": "-15.15", "idle": idle}
    check_idle(own, {"a": own}, 2, "line 1")
    change(idle)
    with pytest.raises(Difference):
        check_idle(own, {"a": own}, 2, "line 1")


def test_from_the_charge_to_the_ledger_and_back(charged: World) -> None:
    officer = charged.of("agency_finance", "PARKS")
    for line in charges(charged, "PARKS"):
        with act_as(officer):
            found = line_costs(officer, line.pk)
        assert found.idle
        assert [part.key.pool for part in found.parts] == ["premises"]
        assert sum(part.minor for part in found.parts) == line.amount_minor
    with act_as(charged.finance):
        premises = CostLine.objects.get(period=AUGUST, basis="actual", unit="premises")
        trail = ledger_trail(charged.finance, premises.pk)
        idle = {each.agency: each.minor for each in trail.charged if ":" in each.service}
    assert idle == {"PARKS": 1_515, "CLERK": 505}
    assert sum(each.minor for each in trail.charged) == 10_101


def test_a_late_ledger_line_leaves_what_was_charged_in_view(charged: World) -> None:
    """A later allocation of the month finds more idle: who was charged stays named, with what is
    left to the centre, and the charge still leads to the allocation that it was made by."""
    line = charges(charged, "PARKS")[0]
    officer = charged.of("agency_finance", "PARKS")
    with act_as(officer):
        before = line_costs(officer, line.pk)
    with at(after(SEPTEMBER)), act_as(charged.finance):
        import_costs(
            actor=charged.finance,
            request=CostRequest(
                filename="late.csv", data=f"Period,Unit,Amount\n{AUGUST},premises,50.00\n".encode(),
                given=MAPPING, currency="USD", late_reason="The ledger was a week late",
            ),
        )  # fmt: skip
        premises = CostLine.objects.get(
            period=AUGUST, basis="actual", unit="premises", amount_minor=10_101
        )
        found = ledger_trail(charged.finance, premises.pk).charged
    idle = {each.agency: each.minor for each in found if ":" in each.service}
    assert set(idle) == {"PARKS", "CLERK", ""}
    assert (idle["PARKS"], idle["CLERK"], sum(idle.values())) == (1_013, 338, 2_020)
    assert sum(each.minor for each in found) == 10_101
    with act_as(officer):
        now_read = line_costs(officer, line.pk)
    assert now_read.ground["run"] == before.ground["run"]
    assert now_read.parts == before.parts


def test_a_charge_for_idle_capacity_moves_no_other_cost(world: World) -> None:
    """Whom a service's cost was charged to is said by what was billed for the service alone."""
    reserve(world)
    close(world, AUGUST)

    def shares() -> dict[tuple[str, str], int]:
        with act_as(world.finance):
            premises = CostLine.objects.get(period=AUGUST, basis="actual", unit="premises")
            found = ledger_trail(world.finance, premises.pk).charged
        return {(each.service, each.agency): each.minor for each in found}

    before = shares()
    close(world, SEPTEMBER)
    assert shares() == before


def test_books_and_recovery_stay_whole(charged: World) -> None:
    """The charge is revenue in the books; no service's account gains by it, for none bore it."""
    director = charged.of("director")
    with act_as(director):
        trace = ledger_to_bills(director, [AUGUST])
        assert not trace.differences
        found = recovery(director, "payroll", 2027)
        months = {row.period: row for row in found.account.months}
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(bill__period=SEPTEMBER, service__code="payroll")
        plain = sum(line.amount_minor for line in lines.exclude(kind="credit"))
        slips = BillLine.objects.filter(
            charge_item__code="payroll.payslip", agency_id=charged.agencies["PARKS"],
            bill__state="issued", bill__period__in=(JULY, AUGUST, SEPTEMBER),
        ).exclude(kind="credit")  # fmt: skip
        one = sum(line.amount_minor for line in slips) / sum(line.quantity for line in slips) / 100
    assert months[SEPTEMBER].revenue == plain
    _row, files = made(charged, 2027)
    found = {row["service"]: row for row in rows(files, "17-reconciliation.csv")}
    assert {row["difference"] for row in found.values()} == {"0.00"}
    idle = sum(Decimal(row["idle_capacity"]) for row in found.values())
    assert idle == Decimal("20.20")
    officer = charged.of("agency_finance", "PARKS")
    with act_as(officer):
        compared = peers(officer, 2027, charged.agencies["PARKS"])
    own = next(row.own for row in compared.rows if row.code == "payroll.payslip")
    assert own is not None
    assert abs(Decimal(own.numerator) / own.denominator - one) < Decimal("0.000001")


def test_a_charge_given_back_is_no_loss_of_the_services_account(charged: World) -> None:
    """A pool's idle charge brought the service nothing, so its credit takes nothing from it."""
    line = next(each for each in charges(charged, "PARKS") if each.service.code == "payroll")
    disputed = dispute(charged, line)
    answer(charged, disputed, "credited", amount_minor=disputed.disputed_minor)
    decide(charged, disputed)
    close(charged, OCTOBER)
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(bill__period=OCTOBER, service__code="payroll")
        back = lines.get(kind="credit")
        assert (back.corrects_id, back.amount_minor) == (line.pk, -line.amount_minor)
        plain = sum(each.amount_minor for each in lines.exclude(kind="credit"))
    director = charged.of("director")
    with act_as(director):
        assert not ledger_to_bills(director, [OCTOBER]).differences
        months = {row.period: row for row in recovery(director, "payroll", 2027).account.months}
    assert months[OCTOBER].revenue == plain


def test_repeated_nothing_is_charged_twice(charged: World) -> None:
    with act_as(SYSTEM):
        run = IdleCharge.objects.first()
        assert run is not None
        before = Credit.objects.count()
    with act_as(charged.finance):
        done = charge_idle(actor=charged.finance, run=CloseRun.objects.get(period=AUGUST))
    assert done == {"count": 2, "left": 0}
    with act_as(SYSTEM):
        assert Credit.objects.count() == before


def test_an_agency_sees_how_its_own_charge_came_about_and_no_others(charged: World) -> None:
    with act_as(SYSTEM):
        own, other = (
            Credit.objects.get(agency_id=charged.agencies[code]) for code in ("PARKS", "CLERK")
        )
    officer = charged.of("agency_finance", "PARKS")
    with act_as(officer):
        view = idle_view(officer, own.pk)
        assert view is not None
        assert "those who reserved it bear it" in view.decided
        found = view.charge
        assert (found.reserved, found.reserved_all, found.name) == (30, 40, "Premises")
        assert credit_view(officer, own.pk).left == 0
        with pytest.raises(NotFound):
            credit_view(officer, other.pk)
        assert idle_view(officer, other.pk) is None
        assert IdleCharge.objects.count() == 1


def item_idle(item: str) -> tuple[IdleCost, int]:
    """August's idle line of an item, checked, and what the item's own charges brought in."""
    with act_as(SYSTEM):
        idle = IdleCost.objects.get(policy="reserved")
        service = item.partition(".")[0]
        lines = BillLine.objects.filter(
            charge_period=AUGUST, service__code=service, kind__in=("usage", "fixed")
        )
        whole = sum(line.amount_minor for line in lines)
        own = list(lines.filter(charge_item__code=item))
        billed, used = sum(line.amount_minor for line in own), sum(line.quantity for line in own)
        run = idle.run.result["totals"]
        (cost,) = [Decimal(row["amount"]) * 100 for row in run if row["target"] == service]
    assert abs(idle.cost_minor - cost * billed / whole) <= 1
    assert (idle.used, idle.recovered_minor) == (used, billed)
    assert abs(idle.idle_minor - idle.cost_minor * max(0, 1 - used / idle.practical)) <= 1
    return idle, billed


def test_a_price_that_recovers_idle_cost_already_charges_it_once(world: World) -> None:
    """Help-desk hours bring in more than they cost, so nothing is left for who reserved."""
    reserve(world, {"PARKS": 1, "ROADS": 2}, charge_item="helpdesk.hour")
    close(world, AUGUST)
    idle, billed = item_idle("helpdesk.hour")
    assert idle.idle_minor > 0
    assert billed > idle.cost_minor
    assert not any(idle.shares.values())
    close(world, SEPTEMBER)
    assert charges(world, "PARKS") == charges(world, "ROADS") == []


def test_a_charge_items_idle_part_is_charged_as_far_as_its_cost_is_open(
    world: World, tmp_path: Path
) -> None:
    """Payslips bring in less than they cost; the charge is revenue of their service."""
    with at(after(JULY)), act_as(world.finance):
        dear = f"Period,Unit,Amount\n{AUGUST},payroll,9000.00\n".encode()
        import_costs(
            actor=world.finance,
            request=CostRequest(filename="dear.csv", data=dear, given=MAPPING, currency="USD"),
        )
    reserve(world, {"PARKS": 1, "ROADS": 2}, 10_000, charge_item="payroll.payslip")
    close(world, AUGUST)
    idle, billed = item_idle("payroll.payslip")
    open_ = min(idle.idle_minor, idle.cost_minor - billed)
    assert open_ > 0
    close(world, SEPTEMBER)
    parks, roads = charges(world, "PARKS"), charges(world, "ROADS")
    assert sum(line.amount_minor for line in (*parks, *roads)) == open_
    assert [line.charge_item.code for line in parks] == ["payroll.payslip"]
    with act_as(SYSTEM):
        bill = world.bill("ROADS", SEPTEMBER)
    proved(tmp_path, world.paper(bill, "pack"))
    director = world.of("director")
    with act_as(director):
        months = recovery(director, "payroll", 2027).account.months
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(bill__period=SEPTEMBER, service__code="payroll")
        assert months[-1].revenue == sum(line.amount_minor for line in lines)


def test_an_agency_that_was_never_billed_bears_nothing(world: World) -> None:
    with act_as(SYSTEM):
        new = create_agency(actor=SYSTEM, code="NEW", name="New office").id
    world = replace(world, agencies={**world.agencies, "NEW": new})
    reserve(world, {"NEW": 10, "PARKS": 30})
    run = world.close_fully(AUGUST)
    with act_as(SYSTEM):
        assert run.steps.get(code="post").detail["idle"] == {"count": 1, "left": 1}
        assert [row.amount_minor for row in IdleCharge.objects.all()] == [1_515]
    with act_as(world.finance):
        premises = CostLine.objects.get(period=AUGUST, basis="actual", unit="premises")
        found = ledger_trail(world.finance, premises.pk).charged
    idle = {each.agency: each.minor for each in found if ":" in each.service}
    assert idle == {"PARKS": 1_515, "": 505}


def test_the_agency_reads_its_charge_by_page_and_by_api(charged: World) -> None:
    officer = charged.of("agency_finance", "PARKS")
    line = charges(charged, "PARKS")[0]
    assert line.credit is not None
    with at(after(SEPTEMBER)), act_as(officer):
        _, token = create_token(actor=officer, name="mine", scopes=["charging.view_bills"], days=30)
    with at(after(SEPTEMBER)):
        browser = Client(headers={"accept-language": "en-us"})
        browser.force_login(get_user_model().objects.get(pk=officer.user_id))
        read = browser.get(f"/agency/lines/{line.pk}/").content.decode()
        assert "Reserved capacity of “Premises” that lay idle in August 2026" in read
        assert "30 of 40 desks reserved" in read
        assert "those who reserved it bear it" in read
        assert "How the rate is worked out" not in read
        costs = browser.get(f"/agency/lines/{line.pk}/costs/").content.decode()
        assert "You reserved this capacity, and it lay idle." in costs
        assert "Premises" in costs
        page = browser.get(f"/agency/credits/{line.credit.credit_id}/").content.decode()
        assert "The bills hold this charge of $15.15." in page
        assert "Reserved by you" in page
        found = Client(headers={"authorization": f"Bearer {token}"}).get(
            f"/api/v1/credits/{line.credit.credit_id}"
        )
        assert found.status_code == 200, found.content
        assert found.json()["idle"]["charged"] == "15.15"
        assert found.json()["credit"]["total"] == "-15.15"
