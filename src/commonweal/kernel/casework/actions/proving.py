"""The proof of clocks as it is kept, and closed months as they were counted."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...notices.public import notify_role
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..clocks.audit import Drift, Proof, due_cases, prove, remembered
from ..clocks.definitions import Reader
from ..clocks.projection import month_of
from ..domain.errors import CaseError
from ..models import Case, Clock, ClockAudit, ClockDrift, ClockFreeze
from ..rules import MANAGE
from .privacy import SHORTEST_REASON

log = logging.getLogger(__name__)
_LOCK = "SELECT pg_advisory_xact_lock(730402)"


@action
def audit_clocks(
    *,
    actor: Actor,
    only: Sequence[UUID] | None = None,
    run: UUID | None = None,
    step: bool = False,
) -> ClockAudit:
    """Compare every open clock, and this month's ended ones, with their events, or those of some
    cases only; keep what differs and tell whoever sets up casework. Changes no clock.

    `run`: the proof to begin or to go on with, where it stood; an ended one is left as it is.
    `step`: prove the next cases only; the proof goes on until its `ended_at` is set.
    """
    if actor.kind != "system":
        require(actor, MANAGE)
    row, read = _run(run), remembered()
    before, told = row.ended_at, row.drifted > 0
    while row.ended_at is None:
        ids = due_cases(month_of(row.began_at), row.place) if only is None else only
        if ids:
            _prove_some(row, ids, read)
        if only is not None or not ids:
            row.ended_at = now()
        row.save()
        if step:
            break
    ended = row.ended_at != before
    record(
        actor=actor,
        verb="casework.clocks_proved" if ended else "casework.clocks_looked_at",
        target=row,
        payload={"cases": row.cases, "clocks": row.clocks, "drifted": row.drifted},
    )
    if row.drifted and not told:  # at once: what comes after it may never be reached
        _tell(row)
    return row


def _run(run: UUID | None) -> ClockAudit:
    """A proof, held against another worker that would go on with it."""
    if run is None:
        return ClockAudit.objects.create()
    ClockAudit.objects.get_or_create(pk=run)
    return ClockAudit.objects.select_for_update().get(pk=run)


def _prove_some(row: ClockAudit, ids: Sequence[UUID], read: Reader) -> None:
    """Prove some cases and keep what differs; one that cannot be computed hides no other."""
    found = _proved(ids, read)
    row.place = ids[-1]
    row.cases += found.cases
    row.clocks += found.clocks
    row.drifted += len({(each.case.pk, each.definition, each.cycle) for each in found.drifts})
    ClockDrift.objects.bulk_create(
        [
            ClockDrift(
                agency_id=each.case.agency_id, audit=row, case=each.case,
                definition=each.definition, cycle=each.cycle, field=each.field,
                held=each.held[:200], computed=each.computed[:200],
            )
            for each in found.drifts
        ],
        batch_size=1_000,
    )  # fmt: skip


def _proved(ids: Sequence[UUID], read: Reader) -> Proof:
    try:
        with transaction.atomic():
            return prove(ids, read, now())
    except Exception as error:
        if len(ids) > 1:
            parts = [_proved([each], read) for each in ids]
            return Proof(
                sum(each.cases for each in parts),
                sum(each.clocks for each in parts),
                tuple(drift for each in parts for drift in each.drifts),
            )
        log.exception("the clocks of a case cannot be proved")
        rows = Case.objects.filter(pk=ids[0])
        return Proof(1, 0, tuple(
            Drift(case, "", 0, "row", "", type(error).__name__) for case in rows
        ))  # fmt: skip


def _tell(row: ClockAudit) -> None:
    with act_as(SYSTEM):
        notify_role(
            actor=SYSTEM,
            agency_id=centre().agency_id,
            permission=MANAGE,
            template="case_clock_drift",
            context={
                "drifted": str(row.drifted), "clocks": str(row.clocks), "audit": str(row.pk)
            },
        )  # fmt: skip


def counts_of(month: date, agency_id: UUID) -> dict[str, dict[str, int]]:
    """What counts of an agency's clocks in a month: by metric and definition with its first day."""
    rows = (
        Clock.objects.filter(month=month, agency_id=agency_id, state__in=["met", "missed"])
        .values("metric", "definition__code", "definition__starts", "state")
        .annotate(n=Count("id"))
        .order_by("metric", "definition__code", "definition__starts", "state")
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        name = f"{row['metric']} {row['definition__code']} {row['definition__starts']}"
        found.setdefault(name, {"met": 0, "missed": 0})[row["state"]] = row["n"]
    return found


def digest_of(month: date, agency_id: UUID, counts: dict[str, Any]) -> str:
    """The hash that a frozen month carries: of its counts, its agency and itself."""
    text = json.dumps([str(agency_id), month.isoformat(), counts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@action
def freeze_clocks(*, actor: Actor, month: date) -> int:
    """Freeze a month that has ended, for every agency that has clocks in it and no freeze yet; how
    many were frozen (CASE-155 a month that goes on)."""
    if actor.kind != "system":
        require(actor, MANAGE)
    _require_ended(month)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    known = ClockFreeze.objects.filter(month=month).values("agency_id")
    rows = Clock.objects.filter(month=month).exclude(agency_id__in=known)
    frozen = 0
    for agency_id in rows.order_by("agency_id").values_list("agency_id", flat=True).distinct():
        _freeze(actor, month, agency_id, 1, "")
        frozen += 1
    record(
        actor=actor,
        verb="casework.months_looked_at",
        target=("party.Agency", centre().agency_id),
        payload={"month": month.isoformat(), "frozen": frozen},
    )
    return frozen


def _require_ended(month: date) -> None:
    if month.day != 1 or month >= month_of(now()):
        raise CaseError(
            "CASE-155", "Only a month that has ended can be frozen. Wait until it has.",
            field="month",
        )  # fmt: skip


def _freeze(who: Actor, month: date, agency_id: UUID, version: int, reason: str) -> ClockFreeze:
    counts = counts_of(month, agency_id)
    row = ClockFreeze.objects.create(
        agency_id=agency_id, month=month, version=version, counts=counts,
        digest=digest_of(month, agency_id, counts), reason=reason, recorded_by=who.user_id,
    )  # fmt: skip
    record(
        actor=who,
        verb="casework.month_frozen" if version == 1 else "casework.month_restated",
        target=row,
        agency_id=agency_id,
        payload={"month": month.isoformat(), "version": version, "digest": row.digest},
    )
    return row


@action
def restate_clocks(*, actor: Actor, agency_id: UUID, month: date, reason: str) -> ClockFreeze:
    """Count a frozen month again, as a further version with its reason; the first stays.

    Errors: CASE-156 nothing differs, 157 no reason, 409 it was never frozen.
    """
    require(actor, MANAGE)
    if len(reason.strip()) < SHORTEST_REASON:
        raise CaseError(
            "CASE-157",
            "Say in at least ten characters why the month is counted again: agencies read it.",
            field="reason",
        )
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    rows = ClockFreeze.objects.filter(agency_id=agency_id, month=month)
    last = rows.order_by("-version").first()
    if last is None:
        raise NotFound("CASE-409", "This month was not frozen for this agency.")
    if last.digest == digest_of(month, agency_id, counts_of(month, agency_id)):
        raise Conflict("CASE-156", "The month counts as it was frozen: nothing to restate.")
    return _freeze(actor, month, agency_id, last.version + 1, reason.strip()[:300])


@action
def freeze_ended(*, actor: Actor) -> int:
    """Freeze every month that has ended and was not frozen yet; how many agency months were."""
    if actor.kind != "system":
        require(actor, MANAGE)
    this = month_of(now())
    rows = Clock.objects.filter(month__lt=this).order_by("month")
    months = [each for each in rows.values_list("month", flat=True).distinct() if each]
    done = 0
    for month in months:
        done += freeze_clocks(actor=actor, month=month)
    record(
        actor=actor,
        verb="casework.months_looked_at",
        target=("party.Agency", centre().agency_id),
        payload={"frozen": done},
    )
    return done
