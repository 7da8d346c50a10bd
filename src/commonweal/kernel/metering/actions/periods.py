"""Writes: freezing a period, writing its partitions, sealing it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import FiscalPeriod, now
from ..domain import UsageError
from ..models import Partition, PeriodState, UsageFact
from ..storage import locks
from ..storage.files import checked
from ..storage.late import note_late
from ..storage.partitions import manifest_hash, put_partition, write_agency

_USAGE_KINDS = ("usage", "replaced", "keys")


def _state(period: str) -> PeriodState:
    code = FiscalPeriod.parse(period).code
    PeriodState.objects.get_or_create(period=code)
    return PeriodState.objects.select_for_update().get(period=code)


@action
def freeze_period(*, actor: Actor, period: str) -> PeriodState:
    """Stop counting new arrivals into a period; waits for intakes that run. Safe to repeat.

    What arrives later is booked as a correction in the next open period.
    """
    require(actor, "metering.close")
    locks.own_periods()
    row = _state(period)
    if row.state == "open":
        row.state, row.frozen_at = "frozen", now()
        row.save()
        with act_as(SYSTEM):
            note_late([row.period])
    record(
        actor=actor,
        verb="usage.period_frozen",
        target=row,
        payload={"period": row.period, "state": row.state},
    )
    return row


@action
def write_partitions(
    *, actor: Actor, period: str, progress: Callable[[int, int], None] | None = None
) -> list[Partition]:
    """Write one Parquet and one key file per agency with usage in a frozen period.

    The same facts give the same bytes, so a repeated call changes nothing, and mends a file that
    was damaged before the period is sealed. Facts replaced in time go to a file of their own.
    """
    require(actor, "metering.close")
    with act_as(SYSTEM):
        locks.own_periods()
        row = _state(period)
        if row.state == "open":
            raise UsageError(
                "USAGE-301", f"The usage of {row.period} is still open. Freeze it first."
            )
        if row.state == "frozen":
            _write_each(row.period, progress)
        written = _manifest(row.period)
        record(
            actor=actor,
            verb="usage.partitions_written",
            target=row,
            payload={"files": len(written), "manifest": manifest_hash(written)},
        )
    return written


def _write_each(period: str, progress: Callable[[int, int], None] | None) -> None:
    facts = UsageFact.objects.filter(booked_in=period)
    agencies = sorted(facts.order_by().values_list("agency_id", flat=True).distinct())
    for number, agency_id in enumerate(agencies, start=1):
        write_agency(agency_id, period)
        if progress:
            progress(number, len(agencies))


def _manifest(period: str) -> list[Partition]:
    """The newest version of each file of a period, by path."""
    rows = Partition.objects.filter(period=period, kind__in=_USAGE_KINDS).order_by("version")
    newest = {(row.agency_id, row.kind): row for row in rows.select_for_update()}
    return sorted(newest.values(), key=lambda row: row.path)


@action
def seal_period(*, actor: Actor, period: str) -> PeriodState:
    """Make the files the record: check them, then let the facts leave PostgreSQL, all in one
    transaction. Earlier frozen periods are sealed first. Safe to repeat."""
    require(actor, "metering.close")
    with act_as(SYSTEM):
        locks.own_periods()
        row = _state(period)
        if row.state == "open":
            raise UsageError(
                "USAGE-301", f"The usage of {row.period} is still open. Freeze it first."
            )
        earlier = PeriodState.objects.filter(period__lt=row.period, state="frozen").first()
        if earlier is not None:
            raise UsageError(
                "USAGE-302", f"{earlier.period} is frozen and not sealed yet. Seal it first."
            )
        if row.state == "frozen":
            _seal(row)
        record(
            actor=actor,
            verb="usage.period_sealed",
            target=row,
            payload={"manifest": manifest_hash(_manifest(row.period))},
        )
    return row


def _seal(row: PeriodState) -> None:
    files = _manifest(row.period)
    keys = 0
    for partition in files:
        checked(partition.path, partition.sha256)
        keys += partition.rows if partition.kind == "keys" else 0
    facts = UsageFact.objects.filter(booked_in=row.period)
    if facts.count() != keys:
        raise UsageError(
            "USAGE-305",
            f"The partitions of {row.period} do not hold all of its usage. Write them first.",
        )
    moment = now()
    for partition in files:
        partition.sealed_at = moment
        partition.save(update_fields=["sealed_at"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metering_usagefact WHERE booked_in = %s", [row.period])
    row.state, row.sealed_at = "sealed", moment
    row.save()


@action
def put_rated(
    *,
    actor: Actor,
    agency_id: UUID,
    period: str,
    write: Callable[[Path], None],
    rows: int,
    totals: dict[str, Any] | None = None,
) -> Partition:
    """Write the rated lines of one agency and period as a file of the manifest.

    `write` is given the path of a new file and must give the same bytes for the same lines.
    """
    require(actor, "metering.close")
    locks.share_periods()  # the nightly cleaner waits, and leaves the file of this transaction
    code = FiscalPeriod.parse(period).code
    partition = put_partition(agency_id, code, "rated", write, rows=rows, totals=totals)
    record(
        actor=actor,
        verb="usage.rated_written",
        target=partition,
        agency_id=agency_id,
        payload={"sha256": partition.sha256, "rows": rows},
    )
    return partition
