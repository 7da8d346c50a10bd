"""What would be promised to a case that came now: the clock engine, asked before there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ...calendar.public import micros, moment_of
from ...party.public import centre
from ..domain.clocks import Event, run
from ..models import ClockDefinition
from .definitions import best_of, terms_of

DELIVERED = ("fulfilment", "resolution")
"""What a case is done by; the first that is promised counts."""


def due_ahead(
    facts: Mapping[str, str], moment: datetime, definitions: Sequence[ClockDefinition]
) -> tuple[ClockDefinition, datetime] | None:
    """The promise by which such a case would be done, and until when; None: nothing is promised.

    `definitions`: every version of every promise, as `all_definitions` reads them.
    """
    day = moment.astimezone(ZoneInfo(centre().zone)).date()
    held = [
        each
        for each in best_of(definitions, facts, day, moment)
        if each.kind == "sla" and each.metric in DELIVERED
    ]
    if not held:
        return None
    chosen = min(held, key=lambda each: DELIVERED.index(each.metric))
    opened = Event(1, micros(moment), "opened", {"by": "requester", "phase": "open", **facts})
    cycles = run([opened], terms_of(chosen), micros(moment))
    due = next((each.due for each in cycles if each.due is not None), None)
    return (chosen, moment_of(due)) if due is not None else None
