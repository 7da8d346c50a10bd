"""The help desk's promised times.

First and next answers: incident values of the GDS Way (P1 20 minutes, then hourly; P2 1 hour, then
every 2; P3 2 office hours, then 2 working days; P4 1 working day, then 5). Resolution, and what the
teams and the supplier promise each other, are the demo's own and a centre's to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from commonweal.kernel.casework.public import PlannedPromise, Promise

HOUR = 3600
FOUR_HOURS = 4 * HOUR
WAITS = ("requester", "approval", "appointment", "change_window", "force_majeure")
ESCALATES = "casework.manage"
SPAN = {"minutes": (60, "MIN"), "hours": (HOUR, "HUR")}


@dataclass(frozen=True)
class Target:
    """What is promised at a priority: an amount of minutes, hours or working days."""

    priority: str
    amount: int
    unit: str
    calendar: str = "office"


FIRST = (
    Target("P1", 20, "minutes", "always"), Target("P2", 1, "hours", "always"),
    Target("P3", 2, "hours"), Target("P4", 1, "days"), Target("P5", 2, "days"),
)  # fmt: skip
NEXT = (
    Target("P1", 1, "hours", "always"), Target("P2", 2, "hours", "always"),
    Target("P3", 2, "days"), Target("P4", 5, "days"), Target("P5", 5, "days"),
)  # fmt: skip
DONE = (
    Target("P1", 4, "hours", "always"), Target("P2", 8, "hours", "always"),
    Target("P3", 3, "days"), Target("P4", 5, "days"), Target("P5", 10, "days"),
)  # fmt: skip
WORKED_ON = ("incident", "request", "service", "problem", "change")
"""What is solved; an order is fulfilled."""
METRICS = (
    ("first_response", "first", "First answer", FIRST, ()),
    ("next_response", "next", "Next answer", NEXT, ()),
    ("resolution", "resolution", "Solved", DONE, WAITS),
)


def promises(starts: date) -> list[PlannedPromise]:
    """Service levels by priority, what teams promise each other, and the supplier's contract."""
    found = [
        _level(metric, short, name, target, pauses, starts)
        for metric, short, name, targets, pauses in METRICS
        for target in targets
    ]
    found += [
        _operational("first-line", "First line passes on or solves", 4, starts),
        _operational("second-line", "Second line solves", 16, starts),
        _operational("accounts", "Accounts team does it", 8, starts),
    ]
    found.append(
        PlannedPromise(
            Promise(
                code="helpdesk.order", name="An order is in service", metric="fulfilment",
                calendar="office", starts=starts, target_days=5, pauses=WAITS,
                conditions={"family": ["order"]}, levels=[_percent()],
            ),
            (Decimal(5), "DAY"),
        )
    )  # fmt: skip
    found.append(
        PlannedPromise(
            Promise(
                code="helpdesk.supplier", name="The supplier mends or replaces", kind="uc",
                metric="resolution", calendar="office", starts=starts, target_days=3,
                levels=[_percent(ESCALATES)],
            )
        )
    )  # fmt: skip
    return found


def _percent(permission: str = "") -> dict[str, Any]:
    return {"code": "three-quarters", "unit": "percent", "offset": 75, "permission": permission}


def _levels(target: Target) -> list[dict[str, Any]]:
    """At 75 % whoever has the case hears of it; an hour before, those who lead the desk, where the
    promise is long enough for that."""
    found = [_percent()]
    seconds = target.amount * SPAN[target.unit][0] if target.unit in SPAN else None
    if seconds is None or seconds > FOUR_HOURS:
        found.append(
            {"code": "hour-before", "unit": "seconds", "offset": -HOUR, "permission": ESCALATES}
        )
    return found


def _level(
    metric: str, short: str, name: str, target: Target, pauses: tuple[str, ...], starts: date
) -> PlannedPromise:
    days = target.amount if target.unit == "days" else None
    seconds = None if days else target.amount * SPAN[target.unit][0]
    unit = "DAY" if days else SPAN[target.unit][1]
    promise = Promise(
        code=f"helpdesk.{short}.{target.priority.lower()}",
        name=f"{name}, {target.priority}",
        metric=metric,
        calendar=target.calendar,
        starts=starts,
        conditions={"priority": [target.priority]}
        | ({"family": list(WORKED_ON)} if metric == "resolution" else {}),
        target_seconds=seconds,
        target_days=days,
        pauses=pauses,
        levels=_levels(target),
    )
    return PlannedPromise(promise, (Decimal(target.amount), unit))


def _operational(team: str, name: str, hours: int, starts: date) -> PlannedPromise:
    return PlannedPromise(
        Promise(
            code=f"helpdesk.ola.{team}", name=name, kind="ola", metric="resolution",
            calendar="office", starts=starts, target_seconds=hours * HOUR, pauses=WAITS,
            levels=[_percent()],
        ),
        teams=(team,),
    )  # fmt: skip
