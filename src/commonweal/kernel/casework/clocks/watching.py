"""What follows when opening hours change: a preview before, open clocks anew after (R10)."""

from __future__ import annotations

from ...access.public import SYSTEM, Actor
from ...calendar.public import WorkingCalendar, now
from ...jobs.public import enqueue
from . import bulk
from .definitions import on_calendar

APPLY = "casework.apply_calendar"


def calendar_accepted(actor: Actor, code: str) -> None:
    """New hours were accepted: the open clocks on them are computed anew after the commit."""
    key = f"calendar:{code}:{now().isoformat()}"
    enqueue(actor=SYSTEM, kind=APPLY, payload={"calendar": code}, key=key)


def calendar_preview(actor: Actor, code: str, would_be: WorkingCalendar) -> dict[str, int]:
    """What other hours would do to the open clocks, in figures."""
    found = bulk.preview(on_calendar(code), lambda _code: would_be, now())
    return {
        "clocks": found.clocks,
        "earlier": found.earlier,
        "later": found.later,
        "newly_passed": found.newly_passed,
        "no_longer_passed": found.no_longer_passed,
    }
