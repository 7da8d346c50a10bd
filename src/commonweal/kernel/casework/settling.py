"""What a case says to others when its time was kept or passed, and when it closes.

A clock that ends becomes a measure fact in the same transaction. The usage of a closed case waits
in a table, because taking usage holds its source: a job sends many at once, and keeps why one was
refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..access.public import SYSTEM, Actor, act_as
from ..catalogue.public import item_by_code
from ..measures.public import Measure, emit_measures, versions_of, withdraw_measures
from ..schema.public import NotFound
from .actions.events import CLOCKED
from .models import Case, CaseUsage, Clock

SOURCE = "casework"
TICK = timedelta(microseconds=1)


def metric_of(clock: Clock) -> str:
    """The code of what a clock measures: that of its metric; inner promises say which kind."""
    return clock.metric if clock.kind == "sla" else f"{clock.kind}.{clock.metric}"


def fact_of(case: Case, clock: Clock) -> Measure | None:
    """The measure fact of an ended clock: it counts when it ended; a cancelled one does not."""
    stopped = clock.stopped_at
    if stopped is None or clock.state not in ("met", "missed", "cancelled"):
        return None
    out = clock.state == "cancelled"
    return Measure(
        source_id=f"{case.pk}:{clock.definition_id}:{clock.cycle}",
        agency_id=case.agency_id,
        service_id=case.case_type.service_id,
        metric=metric_of(clock),
        numerator=Decimal(int(clock.state == "met")),
        denominator=Decimal(0 if out else 1),
        starts=stopped,
        ends=stopped + TICK,
        exclusion=(clock.reason or "cancelled") if out else "",
    )


def tell_measures(actor: Actor, case: Any, event: Any) -> None:
    """Emit what ended with an event; take back what it opened again. A hook of every event."""
    if event.kind not in CLOCKED:
        return
    clocks = list(Clock.objects.filter(case=case))
    facts = [fact for each in clocks if (fact := fact_of(case, each)) is not None]
    running = [
        f"{case.pk}:{each.definition_id}:{each.cycle}"
        for each in clocks
        if each.state in ("running", "paused") and event.kind in ("state", "absorbed", "message")
    ]
    if not facts and not (running and case.reopened):
        return
    with act_as(SYSTEM):
        emit_measures(actor=SYSTEM, source=SOURCE, measures=facts)
        if running and case.reopened:
            withdraw_measures(
                actor=SYSTEM, source=SOURCE, source_ids=running, reason="opened_again"
            )


def facts_of_clock(clock: Clock) -> Iterable[Any]:
    """What was said of a clock, the first first; nothing where it never ended."""
    name = f"{clock.case_id}:{clock.definition_id}:{clock.cycle}"
    try:
        return versions_of(SYSTEM, SOURCE, name)
    except NotFound:
        return ()


def item_for(case: Case) -> str:
    """The charge item that a case of its channel uses one of ("": none)."""
    items = case.case_type.items
    return str(items.get(case.channel) or items.get("*") or "")


def keep_usage(actor: Actor, case: Any) -> None:
    """Note that a case closed, once in its life, whatever becomes of it later."""
    item = item_for(case)
    if item and case.merged_into_id is None and case.closed_at is not None:
        CaseUsage.objects.get_or_create(
            case=case,
            defaults={
                "agency_id": case.agency_id,
                "charge_item": item[:60],
                "channel": case.channel,
                "closed_at": case.closed_at,
            },
        )


def unit_of(code: str) -> str:
    """The unit of a charge item ("": there is no such item, which metering then says)."""
    try:
        return str(item_by_code(SYSTEM, code).unit)
    except NotFound:
        return ""
