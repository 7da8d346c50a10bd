"""Orders: what is ordered, what it costs, and which months it is billed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...calendar.public import FiscalPeriod
from .errors import CaseError

RECURS = ("once", "monthly")
STATES = ("asked", "ordered", "in_service", "ended", "refused", "cancelled")
MOST = Decimal(1_000_000)


@dataclass(frozen=True)
class Units:
    """So many units of a charge item, once or in every month."""

    quantity: Decimal
    recurs: str = "once"


@dataclass(frozen=True)
class Priced:
    """What an order adds to an agency's bills, in minor units of the book currency.

    `rate`: the code of the rate version in force; `words`: its price for one unit. `first_minor`:
    once, or the present month; `year_minor`: once, or the twelve months that begin with this one,
    each at the rate decided for it. `later`: rates that are decided and begin within them.
    """

    rate: str
    words: str
    currency: str
    first_minor: int
    year_minor: int
    later: tuple[str, ...] = ()


def check_quantity(quantity: Decimal) -> Decimal:
    """A quantity that can be ordered: above nothing, six decimals at most (CASE-240)."""
    if not quantity.is_finite() or not 0 < quantity <= MOST or quantity != round(quantity, 6):
        raise CaseError(
            "CASE-240",
            "Say how many: a number above 0, with six decimals at most.",
            field="quantity",
        )
    return quantity


def months_due(first: date, counted: date | None, last: date) -> Iterator[FiscalPeriod]:
    """The months to count of something in service since `first`, up to the month of `last`.

    A month that has begun counts whole. `counted`: the first day of the newest month that was
    counted before, if any was.
    """
    month = FiscalPeriod.of_date(first)
    if counted is not None:
        month = max(month, FiscalPeriod.of_date(counted).shift(1))
    end = FiscalPeriod.of_date(last)
    while month <= end:
        yield month
        month = month.shift(1)
