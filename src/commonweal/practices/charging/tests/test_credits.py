"""Credits: equal instalments on bills to come, never below zero, by a decision of two people."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.calendar.public import at
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.actions.credits import (
    approve_credit,
    propose_credit,
    reject_credit,
)
from commonweal.practices.charging.closing.posting import service_totals
from commonweal.practices.charging.domain.credits import Portion, due, fit, instalments, months_from
from commonweal.practices.charging.models import BillLine, Credit, LineFunding
from commonweal.practices.charging.public import (
    credit_left,
    credit_view,
    credits,
    put_credit,
)

from .copies import closed, copies, enter, world
from .test_verifier import plain_python
from .world import AUGUST, JULY, SEPTEMBER, World, after, month_usage

__all__ = ["closed", "copies", "enter", "world"]
OCTOBER = "2026-10"


def july_line(world: World, agency: str = "PARKS", item: str = "payroll.payslip") -> BillLine:
    with act_as(SYSTEM):
        return BillLine.objects.select_related("bill").get(
            agency_id=world.agencies[agency], bill__period=JULY, charge_item_id=world.items[item]
        )


def give(world: World, portions: dict[UUID, int], months: tuple[str, ...]) -> Credit:
    """A credit proposed by the finance officer and approved by the director."""
    director = world.of("director")
    with act_as(world.finance):
        decision = propose_credit(
            actor=world.finance, reason="The help desk was down", portions=portions, months=months
        )
    with act_as(director):
        approve_credit(actor=director, decision_id=decision.pk)
        return Credit.objects.get(decision_id=decision.pk)


def close(world: World, period: str) -> None:
    """Close a month, with usage of its own."""
    if period > AUGUST:
        with at(after(period)):
            for source, facts in month_usage(period).items():
                world.send(source, facts, after(period))
            world.report(period)
            world.close(period, no_costs_reason="The ledger comes later")
        return
    world.close_fully(period)


@given(st.integers(-(10**9), 10**9), st.integers(1, 48))
def test_instalments_are_equal_and_add_up(amount: int, count: int) -> None:
    parts = instalments(amount, months_from("2026-10", count))
    assert sum(parts.values()) == amount
    assert max(parts.values()) - min(parts.values()) <= 1
    assert len(parts) == count


@given(st.integers(-1000, 1000), st.lists(st.integers(-500, 500).filter(bool), max_size=6))
def test_no_credit_takes_a_bill_below_zero_and_nothing_is_lost(
    total: int, amounts: list[int]
) -> None:
    wanted = [(uuid4(), amount) for amount in amounts]
    fitted = fit(total, wanted)
    for key, amount in wanted:
        assert fitted.taken.get(key, 0) + fitted.moved.get(key, 0) == amount
    positive = sum(part for part in fitted.taken.values() if part > 0)
    assert not positive or total - sum(fitted.taken.values()) >= 0
    if fitted.moved:  # something moves on only where there is no room left
        assert total - sum(fitted.taken.values()) <= 0


def test_what_a_bill_had_no_room_for_is_due_with_the_next() -> None:
    portion = Portion(uuid4(), 100, ("2026-08", "2026-09", "2026-10"), applied=10)
    assert [due(portion, month) for month in ("2026-07", AUGUST, SEPTEMBER, "2027-01")] == [
        -10, 24, 57, 90,
    ]  # fmt: skip
    assert portion.left == 90


def test_instalments_are_lines_that_inherit_the_lines_cause_and_funding(world: World) -> None:
    source = july_line(world)
    credit = give(world, {source.pk: 1001}, (AUGUST, SEPTEMBER))
    close(world, AUGUST)
    with act_as(SYSTEM):
        bill = world.bill("PARKS", AUGUST)
        line = bill.lines.get(kind="credit")
        assert (line.amount_minor, line.quantity, line.corrects_id) == (-501, 0, source.pk)
        for name in ("service_id", "charge_item_id", "rate_version_id", "order_line_id"):
            assert getattr(line, name) == getattr(source, name)
        parts = LineFunding.objects.filter(line=line).order_by("source__name")
        assert [part.amount_minor for part in parts] == [-167, -334]  # a third is the grant's
        assert bill.total_minor == sum(each.amount_minor for each in bill.lines.all())
        used = bill.lines.exclude(kind="credit").filter(service_id=source.service_id)
        assert service_totals(bill)["PAYROLL", "payroll"] == (
            sum(each.amount_minor for each in used) - 501
        )
    close(world, SEPTEMBER)
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        view = credit_view(officer, credit.pk)
        assert [(each.month, each.planned, each.taken) for each in view.months] == [
            (AUGUST, 501, 501), (SEPTEMBER, 500, 500),
        ]  # fmt: skip
        assert (view.left, view.moved_on) == (0, 0)
        assert credit_left(officer, [credit]) == {credit.pk: 0}


def test_a_credit_larger_than_the_bill_moves_on_and_is_visible(world: World) -> None:
    """July's whole bill comes back on August's, together with a year-end adjustment: more than
    August charges."""
    with act_as(SYSTEM):
        lines = list(BillLine.objects.filter(bill=world.bill("CLERK", JULY)))
        decision = approved(world)
    director = world.of("director")
    with act_as(director):
        credit = put_credit(
            actor=director, kind="year_end", reason="Over-recovered last year",
            decision_id=decision.pk, months=[AUGUST],
            portions={line.pk: 3 * line.amount_minor for line in lines},
        )  # fmt: skip
    close(world, AUGUST)
    close(world, SEPTEMBER)
    officer = world.of("agency_finance", "CLERK")
    with act_as(officer):
        view = credit_view(officer, credit.pk)
        august, september = view.months
        charged = [
            sum(line.amount_minor for line in world.bill("CLERK", month).lines.exclude(
                kind="credit"
            ))
            for month in (AUGUST, SEPTEMBER)
        ]  # fmt: skip
        assert (august.planned, august.taken) == (credit.total_minor, charged[0])
        assert world.bill("CLERK", AUGUST).total_minor == 0
        assert (september.planned, september.taken) == (0, charged[1])
        assert view.left == view.moved_on == credit.total_minor - sum(charged) > 0
    pack_is_sound(world, "CLERK", SEPTEMBER)


def approved(world: World) -> Decision:
    """Some decision of two people."""
    with act_as(SYSTEM):
        found = Decision.objects.filter(state="approved").first()
    assert found is not None
    return found


def pack_is_sound(world: World, agency: str, period: str) -> None:
    with act_as(SYSTEM):
        bill = world.bill(agency, period)
    with zipfile.ZipFile(io.BytesIO(world.paper(bill, "pack"))) as archive:
        assert "credits.json" in archive.namelist()


def test_a_charge_after_the_years_end_is_on_the_bill_in_full(world: World) -> None:
    source, director = july_line(world), world.of("director")
    with act_as(director):
        credit = put_credit(
            actor=director, kind="year_end", reason="Under-recovered last year",
            decision_id=approved(world).pk, months=[AUGUST], portions={source.pk: -250},
        )  # fmt: skip
    close(world, AUGUST)
    with act_as(SYSTEM):
        assert world.bill("PARKS", AUGUST).lines.get(kind="credit").amount_minor == 250
        assert credit_view(SYSTEM, credit.pk).left == 0


def test_two_people_give_a_credit(world: World) -> None:
    source, director = july_line(world), world.of("director")
    with act_as(world.finance):
        decision = propose_credit(
            actor=world.finance, reason="The help desk was down", portions={source.pk: 100},
            months=[AUGUST],
        )  # fmt: skip
        assert decision.statement.startswith("Credit Office of Parks $1.00 on its bill of August")
        with pytest.raises(CommonwealError) as alone:
            approve_credit(actor=world.finance, decision_id=decision.pk)
    assert alone.value.code == "ACCESS-403"
    with act_as(director):
        reject_credit(actor=director, decision_id=decision.pk, reason="It was not our fault")
    with act_as(SYSTEM):
        assert not Credit.objects.exists()


def refused(world: World, code: str, **given: object) -> CommonwealError:
    usual = {"reason": "The help desk was down", "portions": {}, "months": [AUGUST]}
    with act_as(world.finance), pytest.raises(CommonwealError) as wrong:
        propose_credit(actor=world.finance, **{**usual, **given})  # type: ignore[arg-type]
    assert wrong.value.code == code
    return wrong.value


def test_what_cannot_be_credited_is_refused_with_the_reason(world: World) -> None:
    source, other = july_line(world), july_line(world, "ROADS")
    one = {source.pk: 100}
    refused(world, "CREDIT-108", portions=one, reason="short")
    refused(world, "CREDIT-102", portions=one, months=[])
    refused(world, "CREDIT-102", portions=one, months=[AUGUST, AUGUST])
    late = refused(world, "CREDIT-103", portions=one, months=[JULY])
    assert AUGUST in late.message
    refused(world, "CREDIT-104")
    refused(world, "CREDIT-104", portions={source.pk: 0})
    refused(world, "CREDIT-104", portions={source.pk: -5})
    refused(world, "CREDIT-105", portions={uuid4(): 5})
    refused(world, "CREDIT-105", portions={source.pk: 5, other.pk: 5})
    refused(world, "CREDIT-107", portions={source.pk: source.amount_minor + 1})
    give(world, {source.pk: source.amount_minor}, (AUGUST,))
    refused(world, "CREDIT-107", portions={source.pk: 1})
    director = world.of("director")
    with act_as(director):
        for code, kind, decision in (("CREDIT-101", "gift", approved(world).pk),):
            with pytest.raises(CommonwealError) as wrong:
                put_credit(
                    actor=director, kind=kind, reason="", decision_id=decision, portions=one,
                    months=[AUGUST],
                )  # fmt: skip
            assert wrong.value.code == code
    with act_as(world.finance):
        waiting = propose_credit(
            actor=world.finance, reason="The help desk was down", portions={other.pk: 1},
            months=[AUGUST],
        )  # fmt: skip
    with act_as(director), pytest.raises(CommonwealError) as open_still:
        put_credit(
            actor=director, kind="dispute", reason="", decision_id=waiting.pk, portions=one,
            months=[AUGUST],
        )  # fmt: skip
    assert open_still.value.code == "CREDIT-106"


def test_a_month_drafted_before_the_approval_is_proposed_again(world: World) -> None:
    source, director = july_line(world), world.of("director")
    with act_as(world.finance):
        decision = propose_credit(
            actor=world.finance, reason="The help desk was down", portions={source.pk: 100},
            months=[AUGUST],
        )  # fmt: skip
    close(world, AUGUST)
    with act_as(director), pytest.raises(CommonwealError) as late:
        approve_credit(actor=director, decision_id=decision.pk)
    assert late.value.code == "CREDIT-103"
    with act_as(SYSTEM):
        assert not Credit.objects.exists()


def test_a_credit_is_the_agencys_own_and_never_changes(world: World) -> None:
    credit = give(world, {july_line(world).pk: 100}, (AUGUST,))
    other = world.of("agency_finance", "ROADS")
    with act_as(other):
        assert not Credit.objects.exists()
        assert not credits(other)
        with pytest.raises(CommonwealError) as none:
            credit_view(other, credit.pk)
    assert none.value.code == "CREDIT-404"
    with act_as(SYSTEM), pytest.raises(DatabaseError):
        Credit.objects.filter(pk=credit.pk).update(total_minor=5)


def test_no_line_takes_more_of_a_credit_than_there_is(world: World) -> None:
    give(world, {july_line(world).pk: 100}, (AUGUST,))
    world.report(AUGUST)
    world.close(AUGUST, until="draft")
    with act_as(SYSTEM):
        line = BillLine.objects.get(kind="credit")
        for amount in (-101, 1):
            with pytest.raises(DatabaseError), act_as(SYSTEM):
                BillLine.objects.filter(pk=line.pk).update(amount_minor=amount)


def test_the_pack_proves_the_instalments(world: World, tmp_path: object) -> None:
    give(world, {july_line(world).pk: 1000}, (AUGUST, SEPTEMBER, OCTOBER))
    close(world, AUGUST)
    with act_as(SYSTEM):
        bill = world.bill("PARKS", AUGUST)
        assert bill.document["lines"][-1]["kind"] == "credit"
    folder = tmp_path  # type: ignore[assignment]
    from pathlib import Path

    from commonweal.practices.charging.papers.pack import verifier_source

    place = Path(str(folder))
    pack = world.paper(bill, "pack")
    (place / "check_bill.py").write_bytes(verifier_source())
    (place / "pack.zip").write_bytes(pack)
    done = plain_python(place, "pack.zip", "--root", bill.pack_root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 credit lines are instalments" in done.stdout

    def altered(change: object) -> str:
        with zipfile.ZipFile(io.BytesIO(pack)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        document = json.loads(files["credits.json"])
        (found,) = document["credits"].values()
        change(found)  # type: ignore[operator]
        files["credits.json"] = json.dumps(document).encode()
        with zipfile.ZipFile(place / "other.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        found_out = plain_python(place, "other.zip", "--ignore-hashes")
        assert found_out.returncode == 1
        return found_out.stderr

    assert "sum of the instalments" in altered(lambda c: c.update(amount="9.00"))
    assert "not equal" in altered(
        lambda c: c["instalments"].update({AUGUST: "9.00", SEPTEMBER: "0.50", OCTOBER: "0.50"})
    )
    assert "is due by 2026-08" in altered(lambda c: c.update(before="1.00"))
    assert "nobody approved it" in altered(lambda c: c["decision"].update(state="proposed"))
    assert "one person alone" in altered(
        lambda c: c["decision"].update(decided_by=c["decision"]["proposed_by"])
    )
    assert "after the bill" in altered(
        lambda c: c["decision"].update(decided_at=str(date(2030, 1, 1)))
    )
    assert "the line it corrects" in altered(lambda c: c.update(line=str(uuid4())))
