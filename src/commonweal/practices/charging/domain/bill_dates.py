"""The dates of a month's bills as service levels: met, not met or cannot be determined. Pure.

Charging reference §1 (2026): draft within 3 and issue within 8 working days after the period's end;
§7.7: a preview window of 5 working days; disputes answered within the time of their level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from commonweal.kernel.calendar.public import FiscalPeriod, add_working_days

TARGETS: Mapping[str, int] = {"draft": 3, "preview": 5, "issue": 8}
"""Working days where nobody set others."""
LEVELS = ("draft", "preview", "issue", "disputes")
MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"


@dataclass(frozen=True)
class BillDates:
    """What is known of a month: local days of its steps, and of its disputes the counts.

    `late`: disputes that were not answered in time at some level; `open`: whose time still runs.
    """

    period: str
    drafted: date | None
    shown: date | None
    issued: date | None
    disputes: int = 0
    late: int = 0
    open: int = 0


@dataclass(frozen=True)
class Level:
    """One service level of a month. `due`: the last day that meets it; `on`: when it was done."""

    code: str
    state: str
    due: date | None
    on: date | None


def due_on(period: str, days: int) -> date:
    """The last day that is within some working days of the end of a month."""
    last = FiscalPeriod.parse(period).end_day - timedelta(days=1)
    return add_working_days(last, days)


def levels(found: BillDates, targets: Mapping[str, int], day: date) -> list[Level]:
    """Each level of a month as of a day. What has not happened is not met once its day is past."""
    return [
        _by_day("draft", found.drafted, due_on(found.period, targets["draft"]), day),
        _preview(found, targets["preview"]),
        _by_day("issue", found.issued, due_on(found.period, targets["issue"]), day),
        Level("disputes", _disputes(found), None, None),
    ]


def _by_day(code: str, on: date | None, due: date, day: date) -> Level:
    reached = on or day
    if reached > due:
        return Level(code, NOT_MET, due, on)
    return Level(code, MET if on else UNKNOWN, due, on)


def _preview(found: BillDates, days: int) -> Level:
    """Agencies had their working days to look: the bills were issued no earlier than that."""
    if found.shown is None or found.issued is None:
        return Level("preview", UNKNOWN, None, found.shown)
    earliest = add_working_days(found.shown, days)
    state = MET if found.issued >= earliest else NOT_MET
    return Level("preview", state, earliest, found.issued)


def _disputes(found: BillDates) -> str:
    if found.late:
        return NOT_MET
    return UNKNOWN if found.open or not found.disputes else MET
