"""Job entry points of casework; each may be repeated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from ..access.public import Actor
from ..audit.public import record
from ..jobs.public import report
from ..party.public import centre
from ..schema.public import Conflict
from .actions import apply_calendar, close_quiet, keep_visits
from .actions.talking import SEND
from .models import Interaction
from .registry import sender

__all__ = [
    "SEND",
    "close_quiet_cases",
    "fold_counts",
    "look_after_visits",
    "send_interaction",
]

_FOLD = """
WITH gone AS (DELETE FROM casework_casecount RETURNING agency_id, queue_id, phase, breached, number)
INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, sum(number)
FROM gone GROUP BY agency_id, queue_id, phase, breached HAVING sum(number) <> 0"""


def close_quiet_cases(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Close what was resolved and stayed quiet."""
    close_quiet(actor=actor)


def look_after_visits(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Remind of appointments, note the missed ones, end the tickets of days that are over."""
    keep_visits(actor=actor)


def apply_hours(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Put changed opening hours on every open clock that runs on them."""
    found = apply_calendar(actor=actor, code=str(payload["calendar"]))
    report(job_id, found.clocks, found.clocks)


def fold_counts(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Fold the differences of the counters into one row each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(730400)")
        cursor.execute(_FOLD)
        folded = cursor.rowcount
    record(
        actor=actor,
        verb="casework.counts_folded",
        target=("party.Agency", centre().agency_id),
        payload={"rows": folded},
    )


def send_interaction(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Send a message of a case by its channel; without anybody who can, it waits and says so."""
    row = Interaction.objects.select_related("case", "case__requester", "case__queue",
                                             "case__agency").filter(
        pk=UUID(str(payload["interaction"]))
    ).first()  # fmt: skip
    if row is None:
        return
    send = sender(row.channel)
    if send is None:
        raise Conflict("CASE-180", "No outgoing mail is set up. Set it up, then try again.")
    send(row)
