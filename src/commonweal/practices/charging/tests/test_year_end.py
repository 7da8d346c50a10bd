"""A year's adjustment, worked out: it always adds up, and nobody gets back what they never paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain.recovery import (
    Account,
    Figures,
    Month,
    Outlook,
    RecoveryError,
    Reserve,
    days_text,
    outlook_of,
    reserve_of,
    total,
)
from commonweal.practices.charging.domain.year_end import (
    Interest,
    Use,
    amount_due,
    plan,
    shares,
)


def key(number: int) -> UUID:
    return UUID(int=number)


def a_use(number: int, full: int, reduced: int = 0, grant: int = 0) -> Use:
    """An order line with two sources; `grant`: what the second one, a grant, paid."""
    paid = full - reduced
    return Use(
        key(number), key(100 + number), full, reduced,
        ((key(200 + number), False, paid - grant), (key(300 + number), True, grant)),
    )  # fmt: skip


def some_uses(rows: list[tuple[int, int, int]]) -> list[Use]:
    """Order lines of (full, percent taken off, percent that a grant paid)."""
    found = []
    for number, (full, off, part) in enumerate(rows, start=1):
        reduced = max(0, full) * off // 100
        found.append(a_use(number, full, reduced, (max(0, full) - reduced) * part // 100))
    return found


USES = st.lists(
    st.tuples(st.integers(-500, 10_000), st.integers(0, 100), st.integers(0, 100)),
    min_size=1,
    max_size=6,
).map(some_uses)


@given(USES, st.integers(-50_000, 50_000).filter(bool), st.booleans())
def test_an_adjustment_adds_up_to_the_cent(uses: list[Use], amount: int, refund: bool) -> None:
    """Against a plain reference: each order line's exact share, which no part leaves by a unit."""
    whole = sum(use.full for use in uses if use.full > 0)
    if not whole:
        with pytest.raises(RecoveryError):
            shares(amount, uses)
        return
    made = plan(amount=amount, method="refund" if refund else "credit", uses=uses)
    assert made.amount == amount
    assert made.returned + made.kept_back == amount
    assert made.grant == sum(part.amount for part in made.parts if part.grant)
    by_line: dict[UUID, int] = {}
    for part in made.parts:
        by_line[part.order_line_id] = by_line.get(part.order_line_id, 0) + part.amount
        assert (part.amount > 0) is (amount > 0)
    for use in uses:
        exact = Fraction(amount * max(0, use.paid), whole) if use.full > 0 else Fraction(0)
        assert abs(by_line.get(use.order_line_id, 0) - exact) < 1


@given(USES, st.integers(1, 50_000), st.integers(1, 60_000))
def test_grants_get_their_share_of_an_excess_in_cash(
    uses: list[Use], amount: int, excess: int
) -> None:
    if not sum(use.full for use in uses if use.full > 0):
        return
    try:
        made = plan(
            amount=amount, method="future_rates", uses=uses, excess=excess, refund_grants=True
        )
    except RecoveryError as wrong:  # pragma: no cover - a failing example shows itself
        raise AssertionError(wrong.message) from wrong
    assert made.returned + made.kept_back == amount
    assert all(part.grant for part in made.parts if part.way == "refund")
    if made.returned:
        due = Fraction(min(excess, amount) * made.grant, made.returned)
        assert made.cash == min(made.grant, -(-due.numerator // due.denominator))


def test_an_excess_that_grants_paid_for_is_refused_to_future_rates_alone() -> None:
    """HHS DAB 1811, Michigan 2002."""
    uses = [a_use(1, 1000, grant=400)]
    with pytest.raises(RecoveryError) as refused:
        plan(amount=500, method="future_rates", uses=uses, excess=300)
    assert refused.value.code == "RECOVERY-311"
    no_grants = plan(amount=500, method="future_rates", uses=[a_use(1, 1000)], excess=300)
    assert no_grants.cash == 0


def test_what_a_reduced_price_took_off_is_kept_back() -> None:
    """Of 100 on consumption of 1,000, of which 200 was never charged, 80 goes back."""
    uses = [a_use(1, 500), a_use(2, 500, reduced=200)]
    made = plan(amount=100, method="refund", uses=uses)
    assert made.kept_back == 20
    by_agency = {part.agency_id: part.amount for part in made.parts}
    assert by_agency == {key(1): 50, key(2): 30}


def test_allocated_costs_have_a_limit_for_all_money_together() -> None:
    uses = [a_use(1, 1000)]
    with pytest.raises(RecoveryError) as refused:
        plan(amount=-501, method="allocated", uses=uses, allocated_limit=500)
    assert refused.value.code == "RECOVERY-308"
    assert plan(amount=-500, method="allocated", uses=uses, allocated_limit=500).returned == -500


def test_nobody_charged_has_no_share() -> None:
    with pytest.raises(RecoveryError) as refused:
        shares(100, [a_use(1, 0), a_use(2, -5)])
    assert refused.value.code == "RECOVERY-305"


def test_sources_that_paid_nothing_share_alike() -> None:
    use = Use(key(1), key(2), 100, 0, ((key(3), False, -5), (key(4), True, 0)))
    made = plan(amount=10, method="credit", uses=[use])
    assert sorted(part.amount for part in made.parts) == [5, 5]


def test_interest_is_simple_and_rounded_once() -> None:
    """1,000.00 at 4.5 percent for 181 days over 365 is 22.3150… so 22.32 (half away from zero)."""
    interest = Interest(Decimal("4.5"), date(2026, 1, 1), date(2026, 7, 1))
    assert interest.days == 181
    assert interest.on(100_000) == 2232
    uses = [a_use(1, 1000, grant=1), a_use(2, 2000, grant=333), a_use(3, 7)]
    made = plan(amount=100_000, method="refund", uses=uses, interest=interest)
    assert made.interest == 2232
    assert all(part.interest >= 0 for part in made.parts)
    credit = plan(amount=100_000, method="credit", uses=uses, interest=interest)
    assert credit.interest == 0


@pytest.mark.parametrize(
    ("result", "disputed", "kept", "given_before", "due"),
    [
        (100, 0, 0, 0, 100),
        (100, 30, 20, 10, 40),
        (100, 300, 0, 0, 0),
        (-100, 30, 0, 0, -100),
        (-100, 0, 40, 0, -60),
        (-100, 0, 400, 0, 0),
        (-100, 0, 0, -25, -75),
        (0, 0, 0, 0, 0),
    ],
)
def test_what_is_due(result: int, disputed: int, kept: int, given_before: int, due: int) -> None:
    assert amount_due(result, disputed, kept, given_before) == due


def month(period: str, **more: int | None) -> Month:
    return Month(period, **{"billed": 100, "cost": 90, **more})  # type: ignore[arg-type]


def account(*months: Month, before: tuple[Month, ...] = ()) -> Account:
    return Account("payroll", "PAY", 2026, before, months)


def test_a_month_counts_everything_once() -> None:
    one = month("2026-01", imputed=10, other=5, transfers=7, returned=3, opening=1)
    assert one.revenue == 115
    assert one.result == 25
    assert one.change == 30
    unknown = month("2026-02", cost=None)
    assert unknown.result is None
    assert unknown.change is None
    assert total([1, None]) is None
    assert total([]) == 0


def test_an_account_that_is_not_known_says_nothing_more() -> None:
    found = account(month("2026-01"), month("2026-02", cost=None), month("2026-03"))
    assert found.missing == ["2026-02"]
    assert (found.result, found.closing, found.cash) == (None, None, None)
    assert found.opening == 0
    assert [balance for _month, balance in found.balances()] == [10, None, None]
    assert reserve_of(found).state == "unknown"
    assert outlook_of(found) is None
    assert account().last == ""
    assert account(before=(month("2025-12"),)).last == "2025-12"
    later = account(before=(month("2025-12", cost=None),))
    assert later.opening is None


def test_cash_leaves_out_what_nobody_paid() -> None:
    found = account(month("2026-01", imputed=25))
    assert found.closing == 35
    assert found.cash == 10


@pytest.mark.parametrize(
    ("balance", "state", "days"),
    [(5999, "watch", "60.0"), (6000, "watch", "60.0"), (6001, "bad", "60.0"),
     (4999, "good", "50.0"), (4990, "good", "49.9"), (5000, "watch", "50.0"),
     (-100, "good", "-1.0"), (None, "unknown", None)],
)  # fmt: skip
def test_the_reserve_in_days_of_cash_expense(
    balance: int | None, state: str, days: str | None
) -> None:
    """36,500 of yearly cash expense is 100 a day; depreciation costs no cash (A-87 Att. C §G.2)."""
    found = Reserve(balance, expense=46_500, noncash=10_000, counted=12)
    assert found.state == state
    shown = days_text(found.days)
    assert (None if shown is None else str(shown)) == days
    assert found.allowed == 6000
    assert found.excess == (None if balance is None else max(0, balance - 6000))


def test_a_reserve_without_expense_cannot_be_determined() -> None:
    for expense, counted in ((None, 12), (0, 12), (100, 0)):
        found = Reserve(500, expense, 0, counted)
        assert (found.days, found.allowed, found.excess) == (None, None, None)
        assert found.state == "unknown"


def test_fewer_months_are_taken_to_twelve() -> None:
    found = Reserve(1000, expense=3650, noncash=0, counted=6)
    assert found.cash_expense == 7300
    assert found.days == 50


def test_the_year_s_end_is_foreseen_from_the_months_so_far() -> None:
    found = outlook_of(account(month("2026-01"), month("2026-02", billed=120)))
    assert found == Outlook(2, 40, 180, 220, Fraction(2))
    assert found.over == 240
    assert found.percent == Fraction(4000, 180)
    assert found.beyond
    assert found.months_left == 10
    assert found.factor == 1 - Fraction(240, 1100)
    whole = outlook_of(account(*(month(f"2026-{n:02}", billed=90) for n in range(1, 13))))
    assert whole.over == 0
    assert not whole.beyond
    assert whole.factor is None
    free = outlook_of(account(month("2026-01", cost=0, billed=0)))
    assert free.percent is None
    assert not free.beyond
    assert free.factor is None
    assert outlook_of(account()) is None


def test_entries_of_months_that_were_not_closed_wait_for_the_next_one() -> None:
    figures = Figures(
        billed={"2026-02": 100}, costs={"2026-02": 90, "2026-03": None},
        other={"2026-01": 5, "2026-03": 7, "2026-05": 9}, opening={"2025-12": 3},
        noncash={"2026-02": 4}, allowable={"2026-02": 80},
    )  # fmt: skip
    one, two = figures.months()
    assert (one.other, one.opening, one.noncash, one.allowable) == (5, 3, 4, 80)
    assert (two.other, two.opening, two.cost, two.allowable) == (7, 0, None, None)
