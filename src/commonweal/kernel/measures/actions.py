"""Writes of measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection

from ..access.public import Actor, require_somewhere
from ..audit.public import action, record
from ..calendar.public import FiscalPeriod
from ..party.public import centre
from .domain import Measure, MeasureError, check
from .models import MeasureFact

LOCK = "SELECT pg_advisory_xact_lock(730410, hashtext(%s))"
EMIT = "measures.emit"
MOST = 10_000


@action
def emit_measures(*, actor: Actor, source: str, measures: Sequence[Measure]) -> int:
    """Take facts of a source: how many were new or said something else than before.

    Errors: MEASURES-101 to 104 (see `domain.check`), 105 more than 10,000 at once.
    """
    require_somewhere(actor, EMIT)
    if len(measures) > MOST:
        raise MeasureError(
            "MEASURES-105", f"These are {len(measures)} facts. Send at most {MOST} at once."
        )
    for each in measures:
        check(each)
    return _write(actor, source, measures)


@action
def withdraw_measures(*, actor: Actor, source: str, source_ids: Iterable[str], reason: str) -> int:
    """What was said of some ids does not count any more: a version that says why."""
    require_somewhere(actor, EMIT)
    wanted = sorted(set(source_ids))
    rows = _newest(source, wanted).values()
    gone = [
        Measure(
            row.source_id, row.agency_id, row.service_id, row.metric, Decimal(0), Decimal(0),
            row.starts, row.ends, reason,
        )
        for row in rows
        if not row.exclusion
    ]  # fmt: skip
    for each in gone:
        check(each)
    return _write(actor, source, gone)


def _write(who: Actor, source: str, measures: Sequence[Measure]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [source])
    zone = centre().zone
    known = _newest(source, [each.source_id for each in measures])
    fresh: dict[str, MeasureFact] = {}
    for each in measures:
        earlier = fresh.get(each.source_id) or known.get(each.source_id)
        if earlier is not None and earlier.digest == each.digest:
            continue
        found = _row(source, each, zone, earlier.version + 1 if earlier else 1)
        if each.source_id in fresh:
            raise MeasureError(
                "MEASURES-106",
                f"“{each.source_id[:60]}” is there twice and says two things. Send it once.",
            )
        fresh[each.source_id] = found
    MeasureFact.objects.bulk_create(list(fresh.values()), batch_size=2_000)
    record(
        actor=who,
        verb="measures.emitted",
        target=("party.Agency", centre().agency_id),
        payload={"source": source, "facts": len(fresh), "known": len(measures) - len(fresh)},
    )
    return len(fresh)


def _newest(source: str, ids: Sequence[str]) -> dict[str, MeasureFact]:
    rows = MeasureFact.objects.filter(source=source, source_id__in=ids)
    return {row.source_id: row for row in rows.order_by("source_id", "version")}


def _row(source: str, each: Measure, zone: str, version: int) -> MeasureFact:
    return MeasureFact(
        agency_id=each.agency_id,
        source=source,
        source_id=each.source_id,
        version=version,
        metric=each.metric,
        service_id=each.service_id,
        numerator=each.numerator,
        denominator=each.denominator,
        exclusion=each.exclusion,
        starts=each.starts,
        ends=each.ends,
        month=FiscalPeriod.of_moment(each.starts, zone).first_day,
        digest=each.digest,
    )
