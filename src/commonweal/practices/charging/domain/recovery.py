"""A service's own break-even account: result, reserve in days, the year's end foreseen. Pure.

Law: each billed service accounts by itself for all its revenue (imputed revenue included), its
expense and its profit or loss (OMB A-87 Att. C §G.1, carried to 2 CFR 200 App. V); a working
capital reserve of up to 60 days of cash expense is reasonable (§G.2). What is not known is not
zero: a closed month without allocated cost makes the sum undeterminable (design law 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import round_quotient
from commonweal.kernel.schema.public import CommonwealError

RESERVE_DAYS = 60
"""Days of cash expense that a reserve may last, unless an authority says otherwise (§G.2)."""
WATCH_DAYS = 50
"""From here on the reserve is watched (charging reference §8); another limit moves it in step."""
YEAR_DAYS = 365
VARIANCE_PERCENT = Fraction(2)
"""How far the year's end may be foreseen from break-even, in percent of cost (reference §1)."""
ALLOCATED_LIMIT = 500_000
"""The most that an adjustment of allocated costs may come to, in whole currency units (§G.4)."""


class RecoveryError(CommonwealError):
    """Something about a service's recovery that cannot be done as asked."""


@dataclass(frozen=True)
class Month:
    """One month of a service's account, in minor units. `cost` None: nobody can say.

    `billed`: issued bill lines. `imputed`: what users billed below the full price were not charged.
    `other` and `transfers`: other revenue, and transfers in (+) and out (−). `returned`: year-end
    adjustments carried out, interest included (+: given back). `opening`: a balance recorded when
    the account was opened. `noncash`: the part of `cost` that is depreciation and the like.
    `allowable`: the cost that grants may bear, where the allocation says so.
    """

    period: str
    billed: int = 0
    imputed: int = 0
    cost: int | None = 0
    noncash: int = 0
    allowable: int | None = None
    other: int = 0
    transfers: int = 0
    returned: int = 0
    opening: int = 0

    @property
    def revenue(self) -> int:
        """All revenue, imputed revenue included."""
        return self.billed + self.imputed + self.other

    @property
    def result(self) -> int | None:
        """Over-recovered (+) or under-recovered (−); None where the cost is not known."""
        return None if self.cost is None else self.revenue - self.cost

    @property
    def change(self) -> int | None:
        """How the balance moved in the month."""
        if self.result is None:
            return None
        return self.result + self.transfers - self.returned + self.opening


def total(values: Sequence[int | None]) -> int | None:
    """Their sum; None where one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


@dataclass(frozen=True)
class Account:
    """A service's account in one fund: the months of a fiscal year on top of those before.

    `before`: every counted month before the year, oldest first. `months`: the year's own, as far as
    they count. `missing`: counted months, of either, whose cost nobody knows.
    """

    service: str
    fund: str
    fiscal_year: int
    before: Sequence[Month] = ()
    months: Sequence[Month] = ()
    currency: str = "USD"
    name: str = ""

    @property
    def opening(self) -> int | None:
        """The balance at the start of the year; opening balances recorded in it are part of it."""
        brought = total([month.change for month in self.before])
        recorded = sum(month.opening for month in self.months)
        return None if brought is None else brought + recorded

    @property
    def missing(self) -> list[str]:
        """Counted months whose cost nobody knows."""
        return [m.period for m in (*self.before, *self.months) if m.cost is None]

    def of(self, name: str) -> int | None:
        """The year's sum of a column."""
        return total([getattr(month, name) for month in self.months])

    @property
    def result(self) -> int | None:
        """The year's over-recovery (+) or under-recovery (−)."""
        return total([month.result for month in self.months])

    @property
    def closing(self) -> int | None:
        """The balance after the last counted month, imputed revenue included."""
        return total([month.change for month in (*self.before, *self.months)])

    @property
    def cash(self) -> int | None:
        """The same balance without imputed revenue, which nobody ever paid."""
        if self.closing is None:
            return None
        return self.closing - sum(month.imputed for month in (*self.before, *self.months))

    @property
    def last(self) -> str:
        """The last counted month, or nothing."""
        counted = self.months or self.before
        return counted[-1].period if counted else ""

    def balances(self) -> list[tuple[str, int | None]]:
        """The balance after each month of the year."""
        held = total([month.change for month in self.before])
        found = []
        for month in self.months:
            held = None if held is None or month.change is None else held + month.change
            found.append((month.period, held))
        return found


@dataclass(frozen=True)
class Reserve:
    """The reserve test: `balance` ÷ (yearly cash expense ÷ 365), and what it may be.

    `expense` and `noncash`: of `counted` months, taken to twelve. `days` None: nobody can say.
    """

    balance: int | None
    expense: int | None
    noncash: int
    counted: int
    limit: Fraction = Fraction(RESERVE_DAYS)

    @property
    def cash_expense(self) -> Fraction | None:
        """A year's expense without depreciation and other non-cash cost, in minor units."""
        if self.expense is None or self.counted == 0:
            return None
        return Fraction((self.expense - self.noncash) * 12, self.counted)

    @property
    def days(self) -> Fraction | None:
        """How many days of cash expense the balance pays for; below zero there is no reserve."""
        cash = self.cash_expense
        if self.balance is None or cash is None or cash <= 0:
            return None
        return self.balance * YEAR_DAYS / cash

    @property
    def allowed(self) -> int | None:
        """The largest balance within the limit, in whole minor units."""
        cash = self.cash_expense
        if cash is None or cash <= 0:
            return None
        return int(cash * self.limit / YEAR_DAYS)

    @property
    def excess(self) -> int | None:
        """What the balance holds beyond the limit; zero if nothing."""
        if self.balance is None or self.allowed is None:
            return None
        return max(0, self.balance - self.allowed)

    @property
    def state(self) -> str:
        """`unknown`, `good`, `watch` (from five sixths of the limit on) or `bad` (above it)."""
        if self.days is None:
            return "unknown"
        if self.days > self.limit:
            return "bad"
        watch = self.limit * WATCH_DAYS / RESERVE_DAYS
        return "watch" if self.days >= watch else "good"


def reserve_of(account: Account, limit: Fraction = Fraction(RESERVE_DAYS)) -> Reserve:
    """The reserve test on the last twelve counted months of an account."""
    recent = [*account.before, *account.months][-12:]
    return Reserve(
        balance=account.closing,
        expense=total([month.cost for month in recent]) if recent else None,
        noncash=sum(month.noncash for month in recent),
        counted=len(recent),
        limit=limit,
    )


@dataclass(frozen=True)
class Outlook:
    """The year's end as it is foreseen: each month to come like the mean of those that counted.

    `over`: foreseen over-recovery (+) or under-recovery (−). `percent` of the year's cost.
    """

    counted: int
    result: int
    cost: int
    revenue: int
    limit: Fraction

    @property
    def over(self) -> int:
        """The year's result as foreseen, in minor units."""
        return round_quotient(self.result * 12, self.counted, "half_up")

    @property
    def percent(self) -> Fraction | None:
        """The same in percent of the year's cost."""
        return Fraction(self.result * 100, self.cost) if self.cost else None

    @property
    def beyond(self) -> bool:
        """Whether the policy asks for action."""
        return self.percent is not None and abs(self.percent) > self.limit

    @property
    def months_left(self) -> int:
        """Months of the year still to come."""
        return 12 - self.counted

    @property
    def factor(self) -> Fraction | None:
        """By what all prices of the service would change to break even by the year's end."""
        if self.months_left == 0 or self.revenue <= 0:
            return None
        coming = Fraction(self.revenue * self.months_left, self.counted)
        return 1 - self.over / coming


def outlook_of(account: Account, limit: Fraction = VARIANCE_PERCENT) -> Outlook | None:
    """What the counted months of the year let us foresee; None where one of them is not known."""
    result, cost = account.result, account.of("cost")
    if not account.months or result is None or cost is None:
        return None
    return Outlook(len(account.months), result, cost, account.of("revenue") or 0, limit)


@dataclass(frozen=True)
class Figures:
    """What a selector read of one service and fund: columns by month, and which months count.

    `costs`: per closed month its cost, None where the month has no allocation.
    """

    billed: dict[str, int] = field(default_factory=dict)
    imputed: dict[str, int] = field(default_factory=dict)
    costs: dict[str, int | None] = field(default_factory=dict)
    noncash: dict[str, int] = field(default_factory=dict)
    allowable: dict[str, int | None] = field(default_factory=dict)
    other: dict[str, int] = field(default_factory=dict)
    transfers: dict[str, int] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    opening: dict[str, int] = field(default_factory=dict)

    def months(self) -> list[Month]:
        """The months that count, oldest first: every closed one.

        Entries of other months count with the next closed month, or wait for it.
        """
        found = []
        waiting = {
            name: sorted(getattr(self, name).items())
            for name in ("other", "transfers", "returned", "opening")
        }
        for period in sorted(self.costs):
            sums = {}
            for name, entries in waiting.items():
                sums[name] = sum(amount for month, amount in entries if month <= period)
                waiting[name] = [entry for entry in entries if entry[0] > period]
            found.append(
                Month(
                    period=period,
                    billed=self.billed.get(period, 0),
                    imputed=self.imputed.get(period, 0),
                    cost=self.costs[period],
                    noncash=self.noncash.get(period, 0),
                    allowable=self.allowable.get(period),
                    **sums,
                )
            )
        return found


def days_text(days: Fraction | None) -> Decimal | None:
    """Days with one decimal, half away from zero, for people."""
    if days is None:
        return None
    tenths = (abs(days) * 20 + 1) // 2
    return Decimal(int(tenths) * (1 if days >= 0 else -1)).scaleb(-1)
