"""Job entry points of casework; each may be repeated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from ..access.public import Actor, act_as
from ..audit.public import record
from ..jobs.public import report, stepwise
from ..party.public import centre
from ..schema.public import Conflict
from .actions import apply_calendar, apply_promises, close_quiet, keep_visits
from .actions.asking import ask_how
from .actions.fees import LAPSE, lapse_attempt
from .actions.talking import SEND
from .actions.till import SEND_BACK as PAY_BACK
from .actions.till import send_back
from .actions.trust import SEND_CODE, send_code
from .clocks.replacing import PUT_ON
from .models import Interaction
from .registry import sender

__all__ = [
    "LAPSE",
    "PAY_BACK",
    "PUT_ON",
    "SEND",
    "SEND_CODE",
    "apply_hours",
    "ask_how_it_went",
    "close_quiet_cases",
    "end_abandoned",
    "fold_counts",
    "look_after_visits",
    "send_identity_code",
    "send_interaction",
    "send_payback",
    "take_promises",
]

_FOLD = """
WITH gone AS (DELETE FROM casework_casecount RETURNING agency_id, queue_id, phase, breached, number)
INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, sum(number)
FROM gone GROUP BY agency_id, queue_id, phase, breached HAVING sum(number) <> 0"""

_SUMS = ("came", "live", "late", "done", "first", "again", "rated", "score", "pleased")
_ADD_UP = f"""
WITH gone AS (DELETE FROM casework_casetally WHERE fresh
              RETURNING agency_id, queue_id, by, key, day, {", ".join(_SUMS)})
INSERT INTO casework_casetally (id, agency_id, queue_id, by, key, day, fresh, {", ".join(_SUMS)})
SELECT gen_random_uuid(), agency_id, queue_id, by, key, day, false,
       {", ".join(f"sum({name})" for name in _SUMS)}
FROM gone GROUP BY agency_id, queue_id, by, key, day
ON CONFLICT (agency_id, queue_id, by, key, day) WHERE NOT fresh
DO UPDATE SET {
    ", ".join(f"{name} = casework_casetally.{name} + excluded.{name}" for name in _SUMS)
}"""


def close_quiet_cases(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Close what was resolved and stayed quiet."""
    close_quiet(actor=actor)


def look_after_visits(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Remind of appointments, note the missed ones, end the tickets of days that are over."""
    keep_visits(actor=actor)


@stepwise
def apply_hours(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Put changed opening hours on every open clock that runs on them, a step a transaction."""
    place, done = None, 0
    while True:
        with act_as(actor):
            found = apply_calendar(
                actor=actor, code=str(payload["calendar"]), after=place, step=True
            )
        done, place = done + found.clocks, found.place
        report(job_id, done)
        if place is None:
            return


@stepwise
def take_promises(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Put the promises in force today on every open case, a step a transaction."""
    place, done = None, 0
    while True:
        with act_as(actor):
            found = apply_promises(actor=actor, after=place, step=True)
        done, place = done + found.cases, found.place
        report(job_id, done)
        if place is None:
            return


def fold_counts(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Fold the differences of the counters and of the desk's sums into one row each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(730400)")
        cursor.execute(_FOLD)
        folded = cursor.rowcount
        cursor.execute(_ADD_UP)
        folded += cursor.rowcount
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


def send_identity_code(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Send the code of an identity check; it is made when it leaves."""
    send_code(UUID(str(payload["check"])))


def end_abandoned(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """End an attempt to pay of which the provider said nothing."""
    lapse_attempt(UUID(str(payload["attempt"])))


def send_payback(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Have a provider give back what two people agreed on; the same key is the same refund."""
    send_back(UUID(str(payload["payback"])))


def ask_how_it_went(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Ask whoever asked how a case went, if it is still done."""
    ask_how(actor=actor, case_id=UUID(str(payload["case"])))
