"""Corners of cash: bills below zero, refunds of one key, bills that are not in the books yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.ledger.public import eliminations
from commonweal.kernel.schema.public import NotFound, uuid7
from commonweal.practices.charging.models import (
    BankEntry,
    Settlement,
)
from commonweal.practices.charging.public import (
    PaymentError,
    accept_bill,
    accept_due_bills,
    account,
    apply_advance,
    approve_refund,
    cash_problems,
    credit_to_advance,
    invoice_xml,
    post_refund,
    propose_refund,
)
from commonweal.practices.charging.tasks import accept_due

from .cash_scene import Paid, bill_of, enter_details, pay, stands
from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, World, month_usage

__all__ = ["closed", "copies", "enter", "world"]


def agrees(world: World) -> None:
    """The books say what bills and payments say, and every pair cancels out."""
    with act_as(SYSTEM):
        assert cash_problems(SYSTEM) == []
        for period in (JULY, AUGUST, "2026-09"):
            assert all(each.residual == 0 for each in eliminations(SYSTEM, period))


def below_zero(world: World) -> None:
    """ROADS used next to nothing in July and August after all: its August bill is below zero."""
    for period, more in ((JULY, 0), (AUGUST, 2)):
        for source, facts in month_usage(period, more).items():
            world.send(source, [
                replace(fact, external_id=f"{fact.external_id}-x", replaces=fact.external_id,
                        quantity=Decimal("0.000001"))
                for fact in facts if fact.agency == "ROADS"
            ])  # fmt: skip
    world.close_fully(AUGUST)


def test_a_bill_below_zero_becomes_an_advance_of_its_services(world: World) -> None:
    below_zero(world)
    july, august = bill_of(world, "ROADS"), bill_of(world, "ROADS", AUGUST)
    assert august.total_minor < 0
    agrees(world)
    with act_as(world.finance):
        with pytest.raises(PaymentError, match="not accepted yet"):
            credit_to_advance(actor=world.finance, bill_id=august.pk)
        accept_due_bills(actor=world.finance, day=date(2027, 1, 1))
        with pytest.raises(PaymentError, match="owes the agency nothing"):
            credit_to_advance(actor=world.finance, bill_id=july.pk)
        with pytest.raises(NotFound):
            credit_to_advance(actor=world.finance, bill_id=uuid7())
        row = account(world.finance, july.agency_id).owed
        assert row.owed_back_minor == -august.total_minor
        credit_to_advance(actor=world.finance, bill_id=august.pk)
        assert account(world.finance, july.agency_id).owed.advance_minor == -august.total_minor
        apply_advance(actor=world.finance, bill_id=july.pk)
    assert stands(world, august.pk).code == "settled"
    agrees(world)


def test_the_invoice_of_a_bill_below_zero_is_a_credit_note(world: World) -> None:
    rules = pytest.importorskip("commonweal.practices.charging.tests.invoice_rules")
    enter_details(world)
    below_zero(world)
    with act_as(world.finance):
        _name, data = invoice_xml(world.finance, bill_of(world, "ROADS", AUGUST).pk)
    assert b"<CreditNote " in data
    assert b"ROADS-2026-07" in data
    assert rules.broken_rules(data) == []


def test_a_refund_of_one_key_is_posted_once(world: World) -> None:
    bill = bill_of(world, "CLERK")
    pay(world, Paid(bill.total_minor + 250, bill.number))
    director = world.of("director")
    with act_as(world.finance):
        asked = propose_refund(
            actor=world.finance, agency_id=bill.agency_id, reason="They asked for it back",
            amounts={"payroll": 100},
        )  # fmt: skip
    with act_as(director):
        approve_refund(actor=director, decision_id=asked.pk)
    common = {"agency_id": bill.agency_id, "currency": "USD", "day": date(2026, 9, 5),
              "reason": "They asked for it back", "decision_id": asked.pk}  # fmt: skip
    with act_as(SYSTEM):
        again = post_refund(
            actor=SYSTEM, amounts={("PAYROLL", "payroll"): 100}, key=f"refund:{asked.pk}", **common
        )
        assert again == Settlement.objects.get(kind="refund")
        with pytest.raises(PaymentError, match="smaller than the refund"):
            post_refund(actor=SYSTEM, amounts={("PAYROLL", "payroll"): 151}, key="y", **common)
    agrees(world)


def test_a_bill_that_is_not_in_the_books_yet_is_not_paid(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="issue")
    august = bill_of(world, "CLERK", AUGUST)
    pay(world, Paid(august.total_minor, august.number))
    clerk = world.of("agency_finance", "CLERK")
    with act_as(clerk):
        accept_bill(actor=clerk, bill_id=august.pk)
        with pytest.raises(PaymentError, match="not in the books yet"):
            apply_advance(actor=clerk, bill_id=august.pk)
        with pytest.raises(NotFound):
            apply_advance(actor=clerk, bill_id=bill_of(world, "PARKS").pk)
    with act_as(world.finance):
        assert BankEntry.objects.get().state in ("unknown", "proposed")
    agrees(world)


def test_a_draft_is_not_accepted(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="preview")
    draft, clerk = bill_of(world, "CLERK", AUGUST), world.of("agency_finance", "CLERK")
    with act_as(clerk), pytest.raises(PaymentError, match="not issued yet"):
        accept_bill(actor=clerk, bill_id=draft.pk)


def test_the_night_accepts_what_the_terms_accept(world: World) -> None:
    with world.clock(datetime(2027, 1, 1, 12, tzinfo=UTC)):
        accept_due(actor=SYSTEM, job_id=uuid7(), payload={})
    assert stands(world, bill_of(world, "PARKS").pk).accepted_how == "terms"
