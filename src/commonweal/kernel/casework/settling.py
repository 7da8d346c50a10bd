"""What a case says to others when its time was kept or passed, and when it closes.

A clock that ends becomes a measure fact in the same transaction. The usage of a closed case waits
in a table, because taking usage holds its source: a job sends many at once, and keeps why one was
refused.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ..access.public import SYSTEM, Actor, act_as
from ..catalogue.public import item_by_code
from ..measures.public import Measure, emit_measures, newest, withdraw_measures
from ..schema.public import NotFound
from .actions.events import CLOCKED
from .domain.pricing import PER_CONTACT, item_of
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
        source_id=name_of(case.pk, clock),
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
    if event.kind not in CLOCKED or not event.settles:
        return
    names = {name_of(case.pk, row): row for row in Clock.objects.filter(case=case)}
    known = newest(SYSTEM, SOURCE, list(names))
    facts = [fact for row in names.values() if (fact := fact_of(case, row)) is not None]
    fresh = [
        each
        for each in facts
        if each.source_id not in known or known[each.source_id].digest != each.digest
    ]
    opened = [
        name
        for name, row in names.items()
        if row.stopped_at is None and name in known and not known[name].exclusion
    ]
    if not fresh and not opened:
        return
    with act_as(SYSTEM):
        if fresh:
            emit_measures(actor=SYSTEM, source=SOURCE, measures=fresh)
        if opened:
            withdraw_measures(actor=SYSTEM, source=SOURCE, source_ids=opened, reason="opened_again")


def name_of(case_id: UUID, clock: Clock) -> str:
    """The id of a clock's measure fact."""
    return f"{case_id}:{clock.definition_id}:{clock.cycle}"


def item_for(case: Case) -> str:
    """The charge item that a case of its channel uses one of ("": none)."""
    return item_of(case.case_type.items, case.channel)


def keep_contact(actor: Actor, case: Any, event: Any) -> None:
    """Note that somebody reached us about a case, by whichever channel; a hook of every event.

    A person's message is a contact, so is a visit for an earlier case, and what opened the case is
    its first; what a program wrote, and what we write, is none.
    """
    data = event.data
    visits = event.kind == "visit" and bool(data.get("contact"))
    said = event.kind == "message" and data["direction"] == "in" and data["human"]
    came = event.kind == "opened" or visits or (said and "brought" not in data)
    channel = "counter" if visits else str(data.get("channel") or case.channel)
    item = item_of(case.case_type.items, channel, PER_CONTACT) if came else ""
    if item:
        CaseUsage.objects.get_or_create(
            case=case,
            period=f"c{event.seq}",
            defaults={
                "agency_id": case.agency_id,
                "charge_item": item[:60],
                "channel": channel,
                "closed_at": event.at,
            },
        )


def keep_usage(actor: Actor, case: Any) -> None:
    """Note that a case closed, once in its life, whatever becomes of it later."""
    item = item_for(case)
    if item and case.merged_into_id is None and case.closed_at is not None:
        CaseUsage.objects.get_or_create(
            case=case,
            period="",
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
        return item_by_code(SYSTEM, code).unit.code
    except NotFound:
        return ""
