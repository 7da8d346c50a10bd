"""Sending the usage of closed cases, and trying again what was refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...metering.public import Source, Usage, emit, put_source
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..models import CaseUsage
from ..ordered import note_months
from ..rules import MANAGE
from ..settling import SOURCE, TICK, unit_of

BATCH = 1_000


@action
def send_usage(
    *, actor: Actor, limit: int = BATCH, before: datetime | None = None
) -> dict[str, int]:
    """Send the usage that waits: how many were sent and refused. Safe to repeat: the case's id
    (with the month, of what is in service) is the record's, so that nothing counts twice.
    `before`: only of cases that closed until then."""
    with act_as(SYSTEM):
        note_months(limit)
    rows = list(
        CaseUsage.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("case__case_type")
        .filter(state="waiting", **({"closed_at__lte": before} if before else {}))
        .order_by("id")[:limit]
    )
    refused = 0
    if rows:
        with act_as(SYSTEM):
            refused = _send(rows)
    record(
        actor=actor,
        verb="casework.usage_sent",
        target=("party.Agency", centre().agency_id),
        payload={"sent": len(rows) - refused, "refused": refused},
    )
    return {"sent": len(rows) - refused, "refused": refused}


def _send(rows: list[CaseUsage]) -> int:
    if not Source.objects.filter(code=SOURCE).exists():
        put_source(actor=SYSTEM, code=SOURCE, name="Cases")
    units = {code: unit_of(code) for code in {row.charge_item for row in rows}}
    facts = [
        Usage(
            external_id=_name(row),
            agency=str(row.agency_id),
            charge_item=row.charge_item,
            quantity=row.quantity,
            unit=units[row.charge_item],
            starts=row.closed_at,
            ends=row.ends or row.closed_at + TICK,
            origin=f"case:{row.case_id}",
            dimensions={"channel": row.channel, "case_type": row.case.case_type.code},
        )
        for row in rows
    ]
    result = emit(actor=SYSTEM, source=SOURCE, facts=facts)
    wrong = {each.external_id: each for each in (*result.rejected, *result.conflicts)}
    for row in rows:
        problem = wrong.get(_name(row))
        row.state = "refused" if problem else "sent"
        row.code = problem.code if problem else ""
        row.sentence = problem.message[:400] if problem else ""
        row.tries, row.tried_at = row.tries + 1, now()
    CaseUsage.objects.bulk_update(rows, ["state", "code", "sentence", "tries", "tried_at"])
    return sum(row.state == "refused" for row in rows)


def _name(row: CaseUsage) -> str:
    """The usage record's id."""
    return f"{row.case_id}:{row.period}" if row.period else str(row.case_id)


@action
def retry_usage(*, actor: Actor, usage_id: UUID | None = None) -> int:
    """Have refused usage tried again, one or all of it (CASE-408, 154 not refused)."""
    require(actor, MANAGE)
    rows = CaseUsage.objects.filter(state="refused")
    if usage_id is not None:
        found = CaseUsage.objects.filter(pk=usage_id).first()
        if found is None:
            raise NotFound("CASE-408", "There is no such usage of a case.")
        if found.state != "refused":
            raise Conflict("CASE-154", "This usage was not refused. There is nothing to try again.")
        rows = rows.filter(pk=usage_id)
    count = rows.update(state="waiting")
    record(
        actor=actor,
        verb="casework.usage_retried",
        target=("party.Agency", centre().agency_id),
        payload={"records": count},
    )
    return count
