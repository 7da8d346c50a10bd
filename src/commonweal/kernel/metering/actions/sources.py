"""Writes: sources, their reports, and the decisions on quarantined records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import FiscalPeriod, now
from ...schema.public import NotFound
from ..domain import UsageError
from ..intake.take import IntakeResult, Tally, raw_of, receive
from ..models import Quarantine, Source, SourceReport
from .intake import place_in_batch, record_batch


@action
def put_source(
    *,
    actor: Actor,
    code: str,
    name: str,
    active: bool = True,
    expected: bool = False,
    items: Sequence[str] = (),
    late_policy: str = "Booked as a correction in the next open period.",
) -> Source:
    """Register a source or change it. Its code never changes: ids are unique within it."""
    require(actor, "metering.manage_sources")
    if not code or len(code) > 40 or not code.isascii() or not code.isprintable() or "@" in code:
        raise UsageError(
            "USAGE-310", f"“{code[:40]}” cannot be a source's code. Use up to 40 plain characters."
        )
    source, _ = Source.objects.update_or_create(
        code=code,
        defaults={
            "name": name,
            "active": active,
            "expected": expected,
            "items": sorted(set(items)),
            "late_policy": late_policy,
        },
    )
    record(
        actor=actor,
        verb="usage.source_put",
        target=source,
        payload={"code": code, "active": active, "expected": expected},
    )
    return source


@action
def report_source(
    *, actor: Actor, source: str, period: str, control_count: int, control_total: Decimal
) -> SourceReport:
    """A source says that a period is complete: how many records count, and their total quantity."""
    require(actor, "metering.submit")
    found = Source.objects.filter(code=source).first()
    if found is None:
        raise NotFound("USAGE-102", f"There is no source “{source[:40]}”. Use a registered code.")
    if control_count < 0 or not control_total.is_finite() or control_total < 0:
        raise UsageError("USAGE-311", "A control count and total must be 0 or more. Correct it.")
    report = SourceReport.objects.create(
        source=found,
        period=FiscalPeriod.parse(period).code,
        control_count=control_count,
        control_total=control_total,
        reported_by=actor.user_id,
        recorded_at=now(),
    )
    record(
        actor=actor,
        verb="usage.source_reported",
        target=report,
        payload={
            "source": source,
            "period": period,
            "count": control_count,
            "total": control_total,
        },
    )
    return report


def _decide(actor: Actor, quarantine_id: UUID, state: str, note: str) -> Quarantine:
    row = Quarantine.objects.select_for_update().filter(pk=quarantine_id).first()
    if row is None or not (actor.centre or row.agency_id in actor.agencies):
        raise NotFound("USAGE-404", "There is no such quarantined record. Go back to the list.")
    require(actor, "metering.decide_quarantine", row.agency_id)
    if row.state != "open":
        raise UsageError("USAGE-321", f"This record was {row.state} before. Open the list again.")
    row.state, row.note = state, note
    row.decided_by, row.decided_at = actor.user_id, now()
    row.save(update_fields=["state", "note", "decided_by", "decided_at"])
    record(
        actor=actor,
        verb=f"usage.quarantine_{state}",
        target=row,
        agency_id=row.agency_id,
        payload={"source": row.source_id, "external_id": row.external_id, "reason": note},
    )
    return row


@action
def discard_quarantined(*, actor: Actor, quarantine_id: UUID, note: str = "") -> Quarantine:
    """The recorded content stands; the quarantined one is kept for the record only."""
    return _decide(actor, quarantine_id, "discarded", note)


@action
def release_quarantined(*, actor: Actor, quarantine_id: UUID, note: str) -> IntakeResult:
    """The quarantined content is right, and `note` says why in at least ten characters
    (USAGE-322): it enters as a record that replaces the recorded one.

    Its id is the old one, “~” and 12 digits of its content's hash. If it cannot enter, nothing
    changes and the error says why.
    """
    if len(note.strip()) < 10:
        raise UsageError(
            "USAGE-322",
            "Say in at least ten characters why this content is right: it changes what is billed.",
            field="note",
        )
    row = _decide(actor, quarantine_id, "released", note.strip())
    raw = raw_of(row.payload)
    name = f"{row.external_id[:180]}~{row.payload_hash.hex[:12]}"
    raw = replace(raw, external_id=name, replaces=row.external_id)
    tally = Tally()
    batch = receive(
        actor=actor,
        kind="kernel",
        records={row.source.code: [raw]},
        tally=tally,
        place=place_in_batch,
    )
    for problem in (*tally.rejected, *tally.conflicts):
        raise UsageError(problem.code, problem.message)
    record_batch(actor, batch)
    return tally.result(batch.id)
