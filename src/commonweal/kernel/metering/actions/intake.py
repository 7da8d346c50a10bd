"""Writes: usage from the API and from services of the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...access.public import Actor, require_somewhere
from ...audit.public import action, record
from ..domain import Problem, Raw, Usage, UsageError
from ..domain.problems import Refused, text
from ..intake.events import place, pointer, read_events, read_usage
from ..intake.take import IntakeResult, Tally, receive
from ..models import UsageBatch

BATCH_LIMIT = 10_000


def place_in_batch(refused: Refused, raw: Raw) -> Problem:
    """A refusal of one event of a batch."""
    return place(refused, raw.row, pointer(raw.row, refused.field), raw.external_id)


def record_batch(actor: Actor, batch: UsageBatch) -> None:
    """The audit event of a batch."""
    record(
        actor=actor,
        verb="usage.received",
        target=batch,
        agency_id=batch.agency_id,
        payload={
            "kind": batch.kind,
            "accepted": batch.accepted,
            "duplicates": batch.duplicates,
            "conflicts": batch.conflicts,
            "rejected": batch.rejected,
        },
    )


def _check_size(count: int) -> None:
    if count > BATCH_LIMIT:
        sentence = text("USAGE-130", value=count)
        raise UsageError("USAGE-130", sentence[0].upper() + sentence[1:])


@action
def submit(
    *, actor: Actor, events: Sequence[Mapping[str, Any]], source_hint: str = ""
) -> IntakeResult:
    """Take a batch of CloudEvents of type commonweal.usage.v1; each is taken or refused alone.

    `source_hint` is the source of events that name none. When this returns and the transaction
    commits, what was accepted is on disk. Safe to repeat: what is recorded counts as duplicate.
    """
    require_somewhere(actor, "metering.submit")
    _check_size(len(events))
    delivery = read_events(events, source_hint)
    tally = Tally(rejected=list(delivery.problems))
    batch = receive(
        actor=actor, kind="api", records=delivery.records, tally=tally, place=place_in_batch
    )
    record_batch(actor, batch)
    return tally.result(batch.id)


@action
def emit(*, actor: Actor, source: str, facts: Sequence[Usage]) -> IntakeResult:
    """Take usage from a service of the kernel: the same rules and the same path as `submit`."""
    require_somewhere(actor, "metering.submit")
    tally = Tally()
    batch = receive(
        actor=actor,
        kind="kernel",
        records={source: read_usage(facts)},
        tally=tally,
        place=place_in_batch,
    )
    record_batch(actor, batch)
    return tally.result(batch.id)
