"""Clocks of cases that happened elsewhere: computed once, and setting nothing off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...calendar.public import micros, moment_of
from ..models import Case, CaseEvent, Clock, ClockDefinition, ClockFiring
from .definitions import Reader
from .projection import cycles_of, show, values_of


def past_clocks(
    case: Case,
    events: Sequence[CaseEvent],
    definitions: list[ClockDefinition],
    moment: datetime,
    read: Reader,
) -> tuple[list[Clock], list[ClockFiring]]:
    """The clocks of a case as of a moment, shown on its row. Levels that were passed while a clock
    ran are kept as set off then, so that nobody is told of them now."""
    now_us = micros(moment)
    clocks: list[Clock] = []
    firings: list[ClockFiring] = []
    for definition, cycle in cycles_of(case, events, definitions, moment, read):
        end = now_us if cycle.stopped is None else min(cycle.stopped, now_us)
        past = {code: at for code, at in cycle.levels if at <= end}
        clocks.append(
            Clock(
                agency_id=case.agency_id, case=case, definition=definition, cycle=cycle.number,
                **values_of(cycle, set(past), now_us),
            )
        )  # fmt: skip
        firings += [
            ClockFiring(
                agency_id=case.agency_id, case=case, definition=definition, cycle=cycle.number,
                level=code, planned_at=moment_of(at), fired_at=moment_of(at),
            )
            for code, at in past.items()
        ]  # fmt: skip
    show(case, clocks)
    return clocks, firings
