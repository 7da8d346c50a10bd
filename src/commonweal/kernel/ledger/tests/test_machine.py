"""Random lives of a ledger against a plain model of dictionaries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.ledger.public import (
    JournalRef,
    Line,
    close_period,
    open_period,
    post_many,
    post_pair,
    recompute_balances,
    reopen_period,
    reverse,
    trial_balance,
)

from .conftest import DAY, make_books

WHY = "It was entered twice by mistake."

PERIODS = ["2026-10", "2026-11"]
ACCOUNTS = ["1000", "1100", "2100", "4000", "5100"]
FUNDS = ["GEN", "ISF"]


class LedgerLife(RuleBasedStateMachine):
    """Post, replay, pair, reverse, close and reopen; the model predicts every outcome."""

    posted = Bundle("posted")

    @initialize()
    def start(self) -> None:
        from django.db import transaction

        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.scope = act_as(SYSTEM)
        self.scope.__enter__()
        self.books = make_books()
        for agency in (self.books.centre, self.books.one):
            open_period(actor=SYSTEM, agency_id=agency, period=PERIODS[1])
        self.closed: set[tuple[Any, str]] = set()
        self.journals: dict[tuple[Any, str], tuple[Any, ...]] = {}
        self.reversed: set[Any] = set()
        self.sums: dict[Any, int] = defaultdict(int)
        self.count: dict[Any, int] = defaultdict(int)
        self.fresh = 0

    def book(self, agency: Any, period: str, lines: Any) -> None:
        self.count[agency] += 1
        for line in lines:
            self.sums[agency, period, line.account, line.fund] += line.amount

    @rule(
        target=posted,
        period=st.sampled_from(PERIODS),
        key=st.integers(0, 12),
        accounts=st.lists(st.sampled_from(ACCOUNTS), min_size=2, max_size=4),
        fund=st.sampled_from(FUNDS),
        amount=st.integers(1, 10**15),
        bulk=st.booleans(),
    )
    def post(
        self, period: str, key: int, accounts: list[str], fund: str, amount: int, bulk: bool
    ) -> Any:
        amounts = [amount + n for n in range(len(accounts) - 1)]
        lines = [
            Line(account, value, fund)
            for account, value in zip(accounts, [*amounts, -sum(amounts)], strict=True)
        ]
        agency, name = self.books.one, f"k{key}"
        content = (period, tuple(lines))
        known = self.journals.get((agency, name))
        try:
            if bulk:
                draft = self.books.draft(agency, name, *lines, period=period)
                (ref,) = post_many(actor=SYSTEM, journals=[draft])
            else:
                ref = self.books.post(agency, name, *lines, period=period)
        except CommonwealError as error:
            if known:
                assert (error.code, known[0] != content) == ("LEDGER-409", True)  # noqa: PT017
            else:
                assert error.code == "LEDGER-204"  # noqa: PT017
                assert (agency, period) in self.closed
            return multiple()
        if known:
            assert (ref.id, ref.replayed, known[0]) == (known[1].id, True, content)
            return multiple()
        assert (agency, period) not in self.closed
        self.journals[agency, name] = (content, ref)
        self.book(agency, period, lines)
        assert ref.number == self.count[agency]
        return (ref, [(agency, lines)])

    @rule(target=posted, period=st.sampled_from(PERIODS), amount=st.integers(1, 10**12))
    def pair(self, period: str, amount: int) -> Any:
        self.fresh += 1
        left, right = self.books.bill(amount, f"p{self.fresh}", period)
        try:
            mine, _ = post_pair(actor=SYSTEM, left=left, right=right)
        except CommonwealError as error:
            assert error.code == "LEDGER-204"  # noqa: PT017
            sides = {(self.books.centre, period), (self.books.one, period)}
            assert sides & self.closed
            return multiple()
        self.book(left.agency_id, period, left.lines)
        self.book(right.agency_id, period, right.lines)
        return (mine, [(left.agency_id, left.lines), (right.agency_id, right.lines)])

    @rule(journal=consumes(posted), period=st.sampled_from(PERIODS))
    def reverse(self, journal: tuple[JournalRef, Any], period: str) -> None:
        ref, sides = journal
        self.fresh += 1
        where = {"actor": SYSTEM, "journal_id": ref.id, "effective_date": DAY}
        try:
            reverse(reason=WHY, **where, period=period, key=f"r{self.fresh}")
        except CommonwealError as error:
            assert error.code == "LEDGER-204"  # noqa: PT017
            assert {(agency, period) for agency, _ in sides} & self.closed
            return
        for agency, lines in sides:
            self.book(agency, period, [])
            for line in lines:
                self.sums[agency, period, line.account, line.fund] -= line.amount
        with pytest.raises(CommonwealError) as caught:
            reverse(reason=WHY, **where, period=period, key=f"again{self.fresh}")
        assert caught.value.code == "LEDGER-413"

    @rule(period=st.sampled_from(PERIODS), centre=st.booleans(), close=st.booleans())
    def turn(self, period: str, centre: bool, close: bool) -> None:
        agency = self.books.centre if centre else self.books.one
        if close:
            close_period(actor=SYSTEM, agency_id=agency, period=period)
            self.closed.add((agency, period))
        elif (agency, period) in self.closed:
            reopen_period(
                actor=SYSTEM, agency_id=agency, period=period, reason="The model wants it"
            )
            self.closed.remove((agency, period))

    @invariant()
    def balances_are_the_model(self) -> None:
        for agency in (self.books.centre, self.books.one):
            for period in PERIODS:
                rows = trial_balance(SYSTEM, agency, period)
                assert sum(row.closing for row in rows) == 0
                for row in rows:
                    want = self.sums[agency, period, row.account, row.fund]
                    assert row.debit - row.credit == want

    def teardown(self) -> None:
        from django.db import transaction

        if not hasattr(self, "scope"):
            return
        for agency in (self.books.centre, self.books.one):
            assert recompute_balances(SYSTEM, agency) == []
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)


def test_random_lives_follow_the_model(db: None) -> None:
    run_state_machine_as_test(
        LedgerLife,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
