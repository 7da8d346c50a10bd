"""Random days of a cash desk: whatever is paid, applied, undone and paid back, the books agree."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.ledger.public import recompute_balances
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.models import BankEntry, Bill, Settlement, SettlementPart
from commonweal.practices.charging.public import (
    accept_due_bills,
    apply_advance,
    approve_refund,
    assign_payment,
    cash_problems,
    owed,
    propose_refund,
    standings,
    undo_settlement,
)

from .cash_scene import Paid, pay
from .copies import closed, copies, enter
from .world import World

__all__ = ["closed", "copies", "enter"]
STEPS = 30


class Desk:
    """What a cash desk does, chosen by dice; what is refused changes nothing."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice, self.balance = world, random.Random(seed), 1_000_000
        self.did: dict[str, int] = {}

    def bills(self) -> list[Bill]:
        return list(Bill.objects.filter(state="issued").order_by("number"))

    def receive(self) -> None:
        bill = self.dice.choice(self.bills())
        minor = self.dice.choice([1, bill.total_minor // 3, bill.total_minor,
            bill.total_minor + self.dice.randrange(1, 5000)])  # fmt: skip
        text = self.dice.choice([bill.number, "no number", f"{bill.number}/payroll 0.05"])
        account = self.dice.choice(["", f"ACC-{bill.agency_id}"])
        pay(self.world, Paid(minor, text, "x", account), opening=self.balance)
        self.balance += minor

    def assign(self) -> None:
        entry = self.dice.choice(list(BankEntry.objects.filter(state__in=["unknown", "proposed"])))
        bill = self.dice.choice(self.bills())
        minor = self.dice.randrange(1, entry.amount_minor + 2)
        shares = [(bill.pk, minor, "")] if self.dice.random() < 0.7 else []
        with act_as(self.world.finance):
            assign_payment(
                actor=self.world.finance, entry_id=entry.pk, agency_id=bill.agency_id,
                shares=shares, remember=self.dice.random() < 0.3,
            )  # fmt: skip

    def apply(self) -> None:
        with act_as(self.world.finance):
            apply_advance(actor=self.world.finance, bill_id=self.dice.choice(self.bills()).pk)

    def undo(self) -> None:
        found = self.dice.choice(list(Settlement.objects.order_by("id")))
        with act_as(self.world.finance):
            undo_settlement(
                actor=self.world.finance, settlement_id=found.pk, reason="The dice said so"
            )

    def refund(self) -> None:
        agency = self.dice.choice(sorted(self.world.agencies.values()))
        with act_as(self.world.finance):
            asked = propose_refund(
                actor=self.world.finance, agency_id=agency, reason="The dice said so"
            )
        director = self.world.of("director")
        with act_as(director):
            approve_refund(actor=director, decision_id=asked.pk)

    def step(self) -> None:
        acts: list[Callable[[], None]] = [self.receive, self.receive, self.assign, self.apply,
            self.undo, self.refund]  # fmt: skip
        act = self.dice.choice(acts)
        try:
            with act_as(SYSTEM):
                act()
        except (CommonwealError, IndexError):
            return
        self.did[act.__name__] = self.did.get(act.__name__, 0) + 1


def all_holds(world: World) -> None:
    with act_as(SYSTEM):
        assert cash_problems(SYSTEM) == []
        bills = list(Bill.objects.filter(state="issued"))
        for found in standings(SYSTEM, bills).values():
            assert 0 <= found.open_minor <= found.bill.total_minor
        ahead = SettlementPart.objects.filter(bill__isnull=True)
        assert all(part.fund == part.service_code.upper() for part in ahead)
        for row in owed(SYSTEM):
            assert row.advance_minor >= 0
            total = row.not_due_minor + row.held_minor + row.overdue_minor - row.owed_back_minor
            assert row.open_minor == total


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_days_of_a_cash_desk(closed: World, seed: int) -> None:
    desk = Desk(closed, seed)
    with act_as(closed.finance):
        accept_due_bills(actor=closed.finance, day=date(2027, 1, 1))
    for _step in range(STEPS):
        desk.step()
        all_holds(closed)
    assert len(desk.did) >= 3, desk.did
    with act_as(SYSTEM):
        for books in (centre().agency_id, *closed.agencies.values()):
            assert recompute_balances(SYSTEM, books) == []
