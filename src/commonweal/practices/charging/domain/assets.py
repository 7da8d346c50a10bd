"""Straight-line depreciation to the cent, contributors' shares, and what a disposal leaves. Pure.

Depreciation is even over the months of useful life (GASB 34 para. 22, 2 CFR 200.436(d)(2)); what
others paid is no cost of the centre and is never recovered (2 CFR 200.436(c)); a gain or loss on
disposal goes where depreciation went (2 CFR 200.443(a)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import largest_remainder

from .costs import CostError

CENTRE = ""
MOST_MONTHS = 1200


@dataclass(frozen=True)
class Terms:
    """An asset: its cost and what others paid of it (minor units by key), and its life."""

    cost_minor: int
    shares: Mapping[str, int]
    in_service: date
    life_months: int

    @property
    def recoverable(self) -> int:
        """The centre's own part of the cost."""
        return self.cost_minor - sum(self.shares.values())


def check_terms(terms: Terms) -> None:
    """Refuse an asset that cannot be depreciated (COSTS-251 to 253)."""
    if terms.cost_minor <= 0:
        raise CostError("COSTS-251", "The cost is not above zero. Enter what was paid.",
                        field="cost")  # fmt: skip
    if not 1 <= terms.life_months <= MOST_MONTHS:
        raise CostError(
            "COSTS-252", f"A useful life has 1 to {MOST_MONTHS} months.", field="life_months"
        )
    if any(part <= 0 for part in terms.shares.values()) or terms.recoverable < 0:
        raise CostError(
            "COSTS-253",
            "The contributors paid more than the asset cost, or one of them nothing. Give each "
            "amount above zero, together at most the cost.",
            field="contributors",
        )


def _even(total: int, months: int) -> list[int]:
    ids = [f"{number:04d}" for number in range(months)]
    return largest_remainder(total, [1] * months, ids)


def months(terms: Terms) -> dict[str, tuple[int, int]]:
    """Each month's depreciation and the part that may be recovered; they add up to the costs."""
    first = FiscalPeriod.of_date(terms.in_service)
    whole = _even(terms.cost_minor, terms.life_months)
    own = _even(terms.recoverable, terms.life_months)
    return {
        first.shift(place).code: parts for place, parts in enumerate(zip(whole, own, strict=True))
    }


@dataclass(frozen=True)
class Ended:
    """What a disposal gives: proceeds by contributor (and the centre), what was left of each cost.

    `left_minor`: not depreciated yet, in all; `own_left_minor`: the centre's part of it.
    """

    proceeds: Mapping[str, int]
    left_minor: int
    own_left_minor: int

    @property
    def own_gain_minor(self) -> int:
        """The centre's proceeds less what was left of its part: a credit to the pool, or a loss."""
        return self.proceeds[CENTRE] - self.own_left_minor


def ended(terms: Terms, day: date, proceeds_minor: int) -> Ended:
    """A disposal on a day: that month is no longer depreciated (COSTS-254, COSTS-255)."""
    if proceeds_minor < 0:
        raise CostError("COSTS-254", "The proceeds are below zero. Enter zero or more.",
                        field="proceeds")  # fmt: skip
    if day < terms.in_service:
        raise CostError(
            "COSTS-255", f"The asset went into service on {terms.in_service}, after that day.",
            field="day",
        )  # fmt: skip
    last = FiscalPeriod.of_date(day).code
    left = [parts for month, parts in months(terms).items() if month >= last]
    weights = {CENTRE: terms.recoverable, **terms.shares}
    ids = sorted(weights)
    parts = largest_remainder(proceeds_minor, [weights[key] for key in ids], ids)
    return Ended(
        dict(zip(ids, parts, strict=True)),
        sum(whole for whole, _ in left),
        sum(own for _, own in left),
    )
