"""Credits over one or several bills: equal instalments, and never a bill below zero. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import largest_remainder
from commonweal.kernel.schema.public import CommonwealError

OF_LINES = ("dispute", "service_level")
"""Kinds that take back what a line charged, and never more."""
IDLE_KINDS = ("idle_pool", "idle_item")
KINDS = (*OF_LINES, "year_end", "disposal", *IDLE_KINDS)
CHARGES = ("year_end", *IDLE_KINDS)
"""Kinds that may charge instead of giving back: a year's end, and reserved idle capacity."""
RETURNED = ("year_end", "disposal")
"""Kinds that hand on what the books owe the agency already; the others change revenue."""
UNEARNED = (*RETURNED, "idle_pool")
"""Kinds that are no revenue of a service's account: also a pool's idle cost, which none bore."""
MOST_MONTHS = 120


class CreditError(CommonwealError):
    """A credit cannot be given as asked; the message says what to do."""


@dataclass(frozen=True)
class Portion:
    """One line's part of a credit: minor units in the agency's favour (negative: a charge).

    `months`: the billing months of its instalments, in order. `applied`: what bills of other months
    hold of it already, in the same sign.
    """

    id: UUID
    amount: int
    months: tuple[str, ...]
    applied: int = 0

    @property
    def left(self) -> int:
        """What no bill holds yet."""
        return self.amount - self.applied


def instalments(amount: int, months: Sequence[str]) -> dict[str, int]:
    """Equal parts of an amount by month (largest remainder, the earlier months first): they add up
    to it exactly and differ by one minor unit at most."""
    parts = largest_remainder(amount, [1] * len(months), list(months))
    return dict(zip(months, parts, strict=True))


def due(portion: Portion, month: str) -> int:
    """What the bill of a month should hold: all instalments up to it, less what bills hold."""
    parts = instalments(portion.amount, portion.months)
    return sum(part for at, part in parts.items() if at <= month) - portion.applied


@dataclass(frozen=True)
class Fitted:
    """What a bill takes of each portion, and what moves on to the next bill; never zero."""

    taken: Mapping[UUID, int]
    moved: Mapping[UUID, int]


def fit(total: int, wanted: Sequence[tuple[UUID, int]]) -> Fitted:
    """Put what is due on a bill of a total, oldest first, without taking the bill below zero.

    Charges (negative) come first, for they make room. A bill that is below zero by its corrections
    takes no credit.
    """
    taken = {key: amount for key, amount in wanted if amount < 0}
    room = max(0, total - sum(taken.values()))
    moved: dict[UUID, int] = {}
    for key, amount in wanted:
        if amount <= 0:
            continue
        part = min(amount, room)
        room -= part
        if part:
            taken[key] = part
        if amount > part:
            moved[key] = amount - part
    return Fitted(taken, moved)


def parse_months(months: Sequence[str], first: str) -> tuple[str, ...]:
    """Billing months in order, each once, none before `first` (CREDIT-102, CREDIT-103)."""
    found = tuple(sorted({FiscalPeriod.parse(month).code for month in months}))
    if not found or len(found) != len(months) or len(found) > MOST_MONTHS:
        raise CreditError(
            "CREDIT-102",
            f"A credit is spread over 1 to {MOST_MONTHS} different months. Name each month once.",
            field="months",
        )
    if found[0] < first:
        raise CreditError(
            "CREDIT-103",
            f"The bills of {found[0]} are drafted already. The first month that can take a credit "
            f"is {first}.",
            field="months",
        )
    return found


def months_from(first: str, count: int) -> tuple[str, ...]:
    """A number of months in a row."""
    start = FiscalPeriod.parse(first)
    return tuple(start.shift(step).code for step in range(count))
