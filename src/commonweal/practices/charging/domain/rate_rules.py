"""When a rate may start, what it may not exceed, and where it stands in its life. Pure.

Prices fixed during execution: NASA NPR 9095.1. Advance notice of price effect: QSMO designation
criteria (2019). A statutory cap on overhead: Virginia VITA's 8.26 % (FY 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .rates import RateError

LEAST_REASON = 10
DRAFTED, PROPOSED, APPROVED, ANNOUNCED = "drafted", "proposed", "approved", "announced"
IN_FORCE, ENDED, REJECTED, WITHDRAWN = "in_force", "ended", "rejected", "withdrawn"
LIFE = (DRAFTED, PROPOSED, APPROVED, ANNOUNCED, IN_FORCE, ENDED)


@dataclass(frozen=True)
class Rules:
    """The centre's rules for rates.

    `notice_days`: days from approval and notice to the first day. `freeze`: a rate of a year in
    progress must be marked as a mid-year change. `authority_needed`: such a change names the
    resolution or authority (`authority_name`) behind it. `jump`: a change beyond it takes a reason.
    """

    notice_days: int = 0
    freeze: bool = False
    authority_needed: bool = False
    authority_name: str = ""
    jump: Fraction = Fraction(1, 4)
    deadline_days: int = 0


@dataclass(frozen=True)
class Asked:
    """What a proposal says about its timing."""

    starts: date
    reason: str = ""
    mid_year: bool = False
    authority_ref: str = ""
    short_notice: str = ""


def is_mid_year(starts: date, today: date, year_start: date, year_end: date, known: bool) -> bool:
    """Whether a rate changes a price within a fiscal year that is in progress.

    `known`: the item has a price in that year already. The year's first price, and one from the
    year's first day on, change nothing within it.
    """
    return known and year_start < starts < year_end and year_start <= today < year_end


def check_freeze(asked: Asked, rules: Rules) -> None:
    """A change within the year is marked, reasoned and authorised (RATES-501 to 503)."""
    if rules.freeze and not asked.mid_year:
        raise RateError(
            "RATES-501",
            f"{asked.starts} lies within a fiscal year in progress, whose rates are frozen. Start "
            "with the next year, or mark it as a mid-year change with its reason.",
            field="mid_year",
        )
    if len(asked.reason.strip()) < LEAST_REASON:
        raise RateError(
            "RATES-502",
            "This changes a price within the fiscal year. Say in at least ten characters why; "
            "everybody can read it.",
            field="reason",
        )
    if rules.authority_needed and len(asked.authority_ref.strip()) < 3:
        name = rules.authority_name or "the authority"
        raise RateError(
            "RATES-503",
            f"A change within the year needs a decision of {name}. Name its resolution.",
            field="authority_ref",
        )


def earliest(told: date, days: int) -> date:
    """The first day on which a rate may start that agencies are told of on a day."""
    return told + timedelta(days=days)


def check_notice(asked: Asked, told: date, days: int) -> None:
    """Agencies know a price so many days ahead, or its reason says why not (RATES-504)."""
    first = earliest(told, days)
    if asked.starts >= first or len(asked.short_notice.strip()) >= LEAST_REASON:
        return
    raise RateError(
        "RATES-504",
        f"Agencies must know a rate {days} days ahead: told on {told}, it may start on {first}. "
        "Start it then, or propose it with the reason for a shorter notice.",
        field="short_notice",
    )


@dataclass(frozen=True)
class Cap:
    """A limit set by law or authority: of a rate (major units), or of overhead (a share)."""

    code: str
    kind: str
    limit: Decimal
    refuse: bool
    source: str


def exceeded(
    caps: Sequence[Cap], rate: Decimal | None, overhead: Fraction | None
) -> list[tuple[Cap, Fraction]]:
    """The caps that a rate is above, each with what it is. What is not known exceeds nothing."""
    found = []
    for cap in caps:
        actual = overhead if cap.kind == "overhead" else None if rate is None else Fraction(rate)
        if actual is not None and actual > Fraction(cap.limit):
            found.append((cap, actual))
    return found


def life_of(state: str, starts: date, ends: date | None, announced: bool, today: date) -> str:
    """Where a rate version stands in its life on a day."""
    if state != APPROVED:
        return state
    if ends is not None and ends <= today:
        return ENDED
    if starts <= today:
        return IN_FORCE
    return ANNOUNCED if announced else APPROVED
