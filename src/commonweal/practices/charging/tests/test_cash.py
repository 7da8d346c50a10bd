"""From an issued bill to cash: acceptance, payments, advances, refunds; the books agree."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import NotYours
from commonweal.kernel.ledger.public import eliminations, trial_balance
from commonweal.kernel.schema.public import CommonwealError, Conflict, Forbidden, NotFound, uuid7
from commonweal.practices.charging.models import (
    BankEntry,
    BankStatement,
    BillAcceptance,
    Settlement,
)
from commonweal.practices.charging.public import (
    PaymentError,
    accept_bill,
    accept_due_bills,
    account,
    apply_advance,
    approve_refund,
    assign_payment,
    cash_problems,
    days_to_settle,
    owed,
    owed_csv,
    post_refund,
    propose_refund,
    propose_return,
    raise_query,
    reject_refund,
    remind_agency,
    set_payment_aside,
    undo_settlement,
    waiting_payments,
    waiting_summary,
)

from .cash_scene import Paid, bill_of, pay, stands
from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, World

__all__ = ["closed", "copies", "enter", "world"]


def agrees(world: World) -> None:
    """The books say what bills and payments say, and every pair cancels out."""
    with act_as(SYSTEM):
        assert cash_problems(SYSTEM) == []
        for period in (JULY, AUGUST, "2026-09"):
            assert all(each.residual == 0 for each in eliminations(SYSTEM, period))


def waiting_id(world: World) -> UUID:
    with act_as(world.finance):
        return waiting_payments(world.finance)[0].pk


def test_a_bill_is_issued_then_accepted_then_settled_with_its_days(world: World) -> None:
    bill = bill_of(world, "PARKS")
    assert stands(world, bill.pk).code == "issued"
    parks = world.of("agency_finance", "PARKS")
    with act_as(parks):
        first = accept_bill(actor=parks, bill_id=bill.pk)
        again = accept_bill(actor=parks, bill_id=bill.pk)
    assert (first.pk, first.how) == (again.pk, "person")
    assert stands(world, bill.pk).code == "accepted"
    pay(world, Paid(bill.total_minor, f"bill {bill.number}"))
    found = stands(world, bill.pk)
    assert (found.code, found.open_minor, found.settled_on) == ("settled", 0, date(2026, 9, 3))
    assert found.days == (date(2026, 9, 3) - bill.issued_on).days
    with act_as(world.finance):
        days = {each.bill.agency.code: each.days for each in days_to_settle(world.finance, [JULY])}
    assert days == {"PARKS": found.days, "ROADS": None, "CLERK": None}
    agrees(world)


def test_a_bill_is_accepted_by_its_terms_once_its_days_have_passed(world: World) -> None:
    bill = bill_of(world, "PARKS")
    with act_as(world.finance):
        assert accept_due_bills(actor=world.finance, day=bill.due_on) == 0
        assert accept_due_bills(actor=world.finance, day=date(2027, 1, 1)) == 3
        assert accept_due_bills(actor=world.finance, day=date(2027, 1, 1)) == 0
    found = stands(world, bill.pk)
    assert (found.code, found.accepted_how, found.accepted_on) == ("accepted", "terms", bill.due_on)


def test_nobody_else_accepts_a_bill(world: World) -> None:
    bill = bill_of(world, "PARKS")
    roads = world.of("agency_finance", "ROADS")
    with act_as(roads), pytest.raises(NotFound):
        accept_bill(actor=roads, bill_id=bill.pk)
    with act_as(world.finance), pytest.raises(Forbidden):
        accept_bill(actor=world.finance, bill_id=bill.pk)
    with act_as(SYSTEM), pytest.raises(PaymentError, match="by a person"):
        accept_bill(actor=SYSTEM, bill_id=bill.pk)


def test_a_part_payment_is_spread_over_the_services_by_largest_remainder(world: World) -> None:
    bill = bill_of(world, "ROADS")
    pay(world, Paid(bill.total_minor // 3, bill.number))
    found = stands(world, bill.pk)
    assert (found.code, found.paid_minor) == ("part_settled", bill.total_minor // 3)
    with act_as(world.finance):
        parts = Settlement.objects.get(kind="receipt").parts.values_list(
            "fund", "service_code", "amount_minor"
        )
        assert sorted({(fund, code) for fund, code, _minor in parts}) == [
            ("HELPDESK", "helpdesk"), ("PAYROLL", "payroll"),
        ]  # fmt: skip
        assert sum(minor for *_key, minor in parts) == bill.total_minor // 3
    agrees(world)


def test_one_payment_pays_several_bills_as_its_text_says(closed: World) -> None:
    july, august = bill_of(closed, "PARKS"), bill_of(closed, "PARKS", AUGUST)
    text = f"{july.number} {july.total_minor / 100:.2f} and {august.number}/payroll 1.00"
    pay(closed, Paid(july.total_minor + 100, text))
    assert stands(closed, july.pk).code == "settled"
    with act_as(closed.finance):
        part = Settlement.objects.get().parts.get(bill=august)
    assert (part.service_code, part.amount_minor) == ("payroll", 100)
    agrees(closed)


def test_what_is_paid_too_much_becomes_an_advance_and_pays_a_later_bill(closed: World) -> None:
    july, august = bill_of(closed, "CLERK"), bill_of(closed, "CLERK", AUGUST)
    pay(closed, Paid(july.total_minor + 250, july.number))
    with act_as(closed.finance):
        assert account(closed.finance, july.agency_id).owed.advance_minor == 250
        with pytest.raises(PaymentError, match="not accepted yet"):
            apply_advance(actor=closed.finance, bill_id=august.pk)
    clerk = closed.of("agency_finance", "CLERK")
    with act_as(clerk):
        accept_bill(actor=clerk, bill_id=august.pk)
        apply_advance(actor=clerk, bill_id=august.pk, amount_minor=100)
        apply_advance(actor=clerk, bill_id=august.pk)
        with pytest.raises(PaymentError, match="no such amount"):
            apply_advance(actor=clerk, bill_id=august.pk)
        seen = account(clerk, july.agency_id)
    assert seen.owed.advance_minor == 0
    assert stands(closed, august.pk).paid_minor == 250
    agrees(closed)


def test_an_advance_never_pays_another_service(closed: World) -> None:
    """Law 5: ROADS pays payroll ahead; the help desk's part of its bill stays open."""
    july = bill_of(closed, "ROADS")
    pay(closed, Paid(10_000_00, "ahead", "ROADS"))
    with act_as(closed.finance):
        assign_payment(
            actor=closed.finance, entry_id=waiting_id(closed), agency_id=july.agency_id,
            advance_service="payroll",
        )  # fmt: skip
        accept_due_bills(actor=closed.finance, day=date(2027, 1, 1))
        made = apply_advance(actor=closed.finance, bill_id=july.pk)
        assert {part.service_code for part in made.parts.all()} == {"payroll"}
    assert stands(closed, july.pk).code == "part_settled"
    agrees(closed)


def test_an_exact_amount_from_a_known_account_needs_no_number(world: World) -> None:
    parks, roads = bill_of(world, "PARKS"), bill_of(world, "ROADS")
    pay(world, Paid(5_00, "thanks", "Office of Parks", "ACC-PARKS"))
    with act_as(world.finance):
        entry = BankEntry.objects.get()
        assert (entry.state, entry.proposal["how"]) == ("proposed", "name")
        assign_payment(
            actor=world.finance, entry_id=entry.pk, agency_id=parks.agency_id,
            shares=[(parks.pk, 5_00, "")], remember=True,
        )  # fmt: skip
    left = parks.total_minor - 5_00
    report = pay(
        world,
        Paid(left, "", "P", "ACC-PARKS", day="2026-09-04"),
        Paid(roads.total_minor, "no number", "somebody", day="2026-09-04"),
        opening=1005_00,
    )
    assert [each.match.how for each in report.entries] == ["amount", "amount"]
    assert [each.match.sure for each in report.entries] == [True, False]
    assert stands(world, parks.pk).code == "settled"
    assert stands(world, roads.pk).code == "issued"
    agrees(world)


def test_a_payment_nobody_recognises_waits_with_its_age(world: World) -> None:
    pay(world, Paid(77_77, "hello", "Nobody", day="2026-08-01"))
    with act_as(world.finance):
        found = waiting_summary(world.finance)
        centre_id = BankEntry.objects.get().agency_id
        books = trial_balance(world.finance, centre_id, "2026-12")
    assert (found.count, found.total_minor, found.days) == (1, 77_77, 35)
    assert [line.closing for line in books if line.account == "2390"] == [-77_77]
    agrees(world)


def test_a_match_is_undone_by_its_reversal_and_the_payment_waits_again(world: World) -> None:
    bill = bill_of(world, "PARKS")
    pay(world, Paid(bill.total_minor, bill.number))
    with act_as(world.finance):
        receipt = Settlement.objects.get()
        with pytest.raises(PaymentError, match="ten characters"):
            undo_settlement(actor=world.finance, settlement_id=receipt.pk, reason="no")
        undone = undo_settlement(
            actor=world.finance, settlement_id=receipt.pk, reason="It was meant for Roads"
        )
        assert undone.reverses_id == receipt.pk
        with pytest.raises(Conflict, match="undone already"):
            undo_settlement(
                actor=world.finance, settlement_id=receipt.pk, reason="It was meant for Roads"
            )
        with pytest.raises(Conflict, match="undone already"):
            undo_settlement(
                actor=world.finance, settlement_id=undone.pk, reason="It was meant for Roads"
            )
        assert waiting_summary(world.finance).total_minor == bill.total_minor
    assert stands(world, bill.pk).open_minor == bill.total_minor
    agrees(world)
    roads = bill_of(world, "ROADS")
    with act_as(world.finance):
        assign_payment(
            actor=world.finance, entry_id=waiting_id(world), agency_id=roads.agency_id,
            shares=[(roads.pk, bill.total_minor, "")],
        )  # fmt: skip
        with pytest.raises(NotFound):
            undo_settlement(actor=world.finance, settlement_id=uuid7(), reason="It is not there")
    assert stands(world, roads.pk).paid_minor == bill.total_minor
    agrees(world)


def test_an_advance_that_was_used_is_not_undone(closed: World) -> None:
    july, august = bill_of(closed, "CLERK"), bill_of(closed, "CLERK", AUGUST)
    pay(closed, Paid(july.total_minor + 250, july.number))
    with act_as(closed.finance):
        accept_due_bills(actor=closed.finance, day=date(2027, 1, 1))
        used = apply_advance(actor=closed.finance, bill_id=august.pk)
        receipt = Settlement.objects.get(kind="receipt")
        with pytest.raises(PaymentError, match="Undo that first"):
            undo_settlement(actor=closed.finance, settlement_id=receipt.pk, reason="A mistake it")
        undo_settlement(actor=closed.finance, settlement_id=used.pk, reason="A mistake it")
        undo_settlement(actor=closed.finance, settlement_id=receipt.pk, reason="A mistake it")
    assert stands(closed, july.pk).open_minor == july.total_minor
    agrees(closed)


def test_a_refund_takes_two_people_and_posts_once(world: World) -> None:
    bill = bill_of(world, "CLERK")
    pay(world, Paid(bill.total_minor + 250, bill.number))
    director = world.of("director")
    with act_as(world.finance):
        for wrong in ({"payroll": 251}, {"helpdesk": 1}, {"payroll": 0}):
            with pytest.raises(PaymentError, match="no such advance"):
                propose_refund(
                    actor=world.finance, agency_id=bill.agency_id, reason="They asked for it back",
                    amounts=wrong,
                )  # fmt: skip
        with pytest.raises(PaymentError, match="ten characters"):
            propose_refund(actor=world.finance, agency_id=bill.agency_id, reason="no")
        asked = propose_refund(
            actor=world.finance, agency_id=bill.agency_id, reason="They asked for it back"
        )
        with pytest.raises(Forbidden):
            approve_refund(actor=world.finance, decision_id=asked.pk)
        assert not Settlement.objects.filter(kind="refund").exists()
    with act_as(director):
        approve_refund(actor=director, decision_id=asked.pk)
    with act_as(world.finance):
        refund = Settlement.objects.get(kind="refund")
        assert (refund.amount_minor, refund.decision_id) == (-250, asked.pk)
        with pytest.raises(PaymentError, match="money that left"):
            undo_settlement(
                actor=world.finance, settlement_id=refund.pk, reason="It came back here"
            )
    pay(world, Paid(-250, "refund", day="2026-09-06"), opening=9_00)
    with act_as(world.finance):
        out = BankEntry.objects.get(state="out")
        assert out.proposal == {"refund": str(refund.pk)}
    agrees(world)


def test_a_rejected_refund_leaves_everything(world: World) -> None:
    bill = bill_of(world, "CLERK")
    pay(world, Paid(bill.total_minor + 250, bill.number))
    director = world.of("director")
    with act_as(world.finance):
        asked = propose_refund(
            actor=world.finance, agency_id=bill.agency_id, reason="They asked for it back",
            amounts={"payroll": 200},
        )  # fmt: skip
    with act_as(director):
        reject_refund(actor=director, decision_id=asked.pk, reason="They owe August still")
        assert account(director, bill.agency_id).owed.advance_minor == 250


def test_a_refund_needs_an_approved_decision_and_the_money(world: World) -> None:
    bill = bill_of(world, "CLERK")
    common = {"agency_id": bill.agency_id, "currency": "USD", "day": date(2026, 9, 5),
              "reason": "Nobody decided this"}  # fmt: skip
    with act_as(SYSTEM):
        with pytest.raises(PaymentError, match="above zero"):
            post_refund(actor=SYSTEM, amounts={}, decision_id=uuid7(), key="x", **common)
        with pytest.raises(PaymentError, match="Nobody approved"):
            post_refund(
                actor=SYSTEM, amounts={("PAYROLL", "payroll"): 5}, decision_id=uuid7(), key="x",
                **common,
            )  # fmt: skip


def test_an_unknown_payment_goes_back_by_two_people(world: World) -> None:
    pay(world, Paid(77_77, "hello", "Nobody"))
    director = world.of("director")
    with act_as(world.finance):
        asked = propose_return(
            actor=world.finance, entry_id=waiting_id(world), reason="Meant for another office"
        )
    with act_as(director):
        approve_refund(actor=director, decision_id=asked.pk)
        assert BankEntry.objects.get().state == "returned"
        assert waiting_summary(director).count == 0
    with act_as(world.finance):
        entry = BankEntry.objects.get()
        for act in (propose_return, set_payment_aside):
            with pytest.raises(Conflict, match="does not wait"):
                act(actor=world.finance, entry_id=entry.pk, reason="Meant for another office")
            with pytest.raises(NotFound):
                act(actor=world.finance, entry_id=uuid7(), reason="Meant for another office")
    agrees(world)


def test_what_is_not_about_bills_is_set_aside(world: World) -> None:
    pay(world, Paid(1_23, "interest"), Paid(-4_00, "fee"))
    with act_as(world.finance):
        with pytest.raises(PaymentError, match="ten characters"):
            set_payment_aside(actor=world.finance, entry_id=waiting_id(world), reason="fee")
        for entry in BankEntry.objects.all():
            set_payment_aside(
                actor=world.finance, entry_id=entry.pk, reason="The bank's own business"
            )
        assert set(BankEntry.objects.values_list("state", flat=True)) == {"aside"}
    agrees(world)


def test_only_the_disputed_amount_is_held(world: World) -> None:
    bill = bill_of(world, "ROADS")
    roads = world.of("agency_finance", "ROADS")
    with act_as(roads):
        line = bill.lines.order_by("-amount_minor").first()
        for _twice in range(2):
            raise_query(actor=roads, line_id=line.pk, kind="dispute", text="We think it is wrong")
    found = stands(world, bill.pk)
    assert found.held_minor == line.amount_minor
    assert found.payable_minor == bill.total_minor - line.amount_minor
    pay(world, Paid(found.payable_minor, "", "x", "ACC"))
    with act_as(world.finance):
        entry = BankEntry.objects.get()
        assert entry.proposal["shares"][0]["number"] == bill.number  # the payable part fits, too


def test_who_has_not_paid_by_age_with_disputes_apart(closed: World) -> None:
    july = bill_of(closed, "ROADS")
    roads = closed.of("agency_finance", "ROADS")
    with act_as(roads):
        line = july.lines.order_by("-amount_minor").first()
        raise_query(actor=roads, line_id=line.pk, kind="dispute", text="We think it is wrong")
    with closed.clock(datetime(2026, 11, 20, 12, tzinfo=UTC)), act_as(closed.finance):
        rows = {row.agency.code: row for row in owed(closed.finance)}
        row = rows["ROADS"]
        assert row.held_minor == line.amount_minor
        assert row.open_minor == row.not_due_minor + row.held_minor + row.overdue_minor
        assert row.buckets["61-90"] == july.total_minor - line.amount_minor
        assert b"ROADS,Office of Roads," in owed_csv(closed.finance)
        reminder = remind_agency(actor=closed.finance, agency_id=july.agency_id)
        assert reminder.overdue_minor == row.overdue_minor
        with pytest.raises(Conflict, match="reminded today"):
            remind_agency(actor=closed.finance, agency_id=july.agency_id)
    with act_as(closed.finance), pytest.raises(PaymentError, match="Nothing of this agency"):
        remind_agency(actor=closed.finance, agency_id=july.agency_id)


def test_an_agency_sees_its_own_account_only(world: World) -> None:
    parks, roads = world.of("agency_finance", "PARKS"), bill_of(world, "ROADS")
    with act_as(parks):
        own = account(parks, world.agencies["PARKS"])
        assert own.owed.open_minor == bill_of_total(world, "PARKS")
        with pytest.raises(Forbidden):
            account(parks, roads.agency_id)
        assert not BankStatement.objects.exists()
        assert not BillAcceptance.objects.exists()


def bill_of_total(world: World, agency: str) -> int:
    return bill_of(world, agency).total_minor


def test_wrong_assignments_are_refused(world: World) -> None:
    parks, roads = bill_of(world, "PARKS"), bill_of(world, "ROADS")
    pay(world, Paid(10_00, "hello"))
    entry = waiting_id(world)

    def refused(message: str, **given: object) -> None:
        with act_as(world.finance), pytest.raises(CommonwealError, match=message):
            assign_payment(actor=world.finance, entry_id=entry, **given)

    refused("no bill of PARKS", agency_id=parks.agency_id, shares=[(roads.pk, 1, "")])
    refused("more than was paid", agency_id=parks.agency_id, shares=[(parks.pk, 10_01, "")])
    refused("Nothing is open for", agency_id=parks.agency_id, shares=[(parks.pk, 5, "hosting")])
    refused("more than what is open", agency_id=parks.agency_id, shares=[(parks.pk, 0, "")])
    refused("Name the service", agency_id=parks.agency_id, advance_service="hosting")
    agrees(world)


def test_nobody_of_an_agency_settles(world: World) -> None:
    parks = world.of("agency_finance", "PARKS")
    with act_as(parks), pytest.raises(Forbidden):
        owed(parks)
    director = world.of("director")
    with act_as(director), pytest.raises((Forbidden, NotYours)):
        accept_due_bills(actor=director)
