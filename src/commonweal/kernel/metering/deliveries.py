"""Reads: sources and what is missing of them, batches, uploads, quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

from ..access.public import Actor, require, require_somewhere
from ..calendar.public import FiscalPeriod
from ..schema.public import FIRST, Listing, NotFound, Place, listing
from .models import Quarantine, Source, SourceReport, Upload, UsageBatch, UsageFact
from .selectors import manifest, period_state
from .storage.partitions import SELECT_FACTS

ModelT = TypeVar("ModelT", bound=Model)
_COUNTS = f"""
SELECT source, count(*), sum(coalesce((dimensions->>'_sent_quantity')::numeric, quantity))
FROM ({SELECT_FACTS} WHERE f.booked_in = %s) x
WHERE NOT replaced AND NOT late GROUP BY source"""


@dataclass(frozen=True)
class SourceCheck:
    """A source in a period: what counts from it, and what it reported itself.

    `problem`: empty, or `no_usage`, `no_report`, `differs` (its report is not what counts).
    """

    source: Source
    count: int
    total: Decimal
    reported_count: int | None
    reported_total: Decimal | None

    @property
    def problem(self) -> str:
        """What is wrong, as a word; empty if nothing is."""
        if self.reported_count is None:
            return "no_report" if self.count else "no_usage"
        if (self.count, self.total) != (self.reported_count, self.reported_total):
            return "differs"
        return ""

    @property
    def sentence(self) -> str:
        """The problem in plain words."""
        name = self.source.name
        return {
            "": f"{name}: complete.",
            "no_usage": f"{name}: no usage has arrived. Ask for it, or report the period empty.",
            "no_report": f"{name}: {self.count} records, not reported complete yet.",
            "differs": f"{name}: {self.count} records with a total of {self.total} count; it "
            f"reported {self.reported_count} with {self.reported_total}. Find the difference.",
        }[self.problem]


def sources(
    actor: Actor, *, active: bool | None = None, place: Place | None = None
) -> Listing[Source]:
    """The registered sources by code. Without a place all of them: what an administrator set up."""
    require_somewhere(actor, "metering.view")
    rows = Source.objects.all()
    return listing(rows if active is None else rows.filter(active=active), ["code"], place)


def source_by_code(actor: Actor, code: str) -> Source:
    """One registered source (USAGE-102)."""
    require_somewhere(actor, "metering.view")
    found = Source.objects.filter(code=code).first()
    if found is None:
        raise NotFound("USAGE-102", f"There is no source “{code[:40]}”. Use a registered code.")
    return found


def source_names(actor: Actor, codes: Iterable[str]) -> dict[str, str]:
    """The names of sources by code, for whoever sees records of theirs."""
    if actor.kind == "anonymous":
        return {}
    return dict(Source.objects.filter(code__in=set(codes)).values_list("code", "name"))


def _counted(actor: Actor, period: str) -> Mapping[str, tuple[int, Decimal]]:
    found: dict[str, tuple[int, Decimal]] = {}
    if period_state(period) == "sealed":
        for row in manifest(actor, period):
            for code, count, total in row.totals["sources"]:
                known = found.get(code, (0, Decimal(0)))
                found[code] = (known[0] + count, known[1] + Decimal(total))
        return found
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [period])
        return {code: (count, total) for code, count, total in cursor.fetchall()}


def source_checks(actor: Actor, period: str) -> list[SourceCheck]:
    """Every active source with what counts from it in a period and what it reported last."""
    require(actor, "metering.view")
    code = FiscalPeriod.parse(period).code
    counted = _counted(actor, code)
    rows = SourceReport.objects.filter(period=code).order_by("id")
    reports = {row.source_id: row for row in rows}
    checks = []
    for source in Source.objects.filter(active=True):
        count, total = counted.get(source.code, (0, Decimal(0)))
        report = reports.get(source.id)
        checks.append(
            SourceCheck(
                source,
                count,
                total,
                report.control_count if report else None,
                report.control_total if report else None,
            )
        )
    return checks


def missing_sources(actor: Actor, period: str) -> list[SourceCheck]:
    """Expected sources without usage or report, and every source whose report differs."""
    return [
        check
        for check in source_checks(actor, period)
        if check.problem == "differs" or (check.problem and check.source.expected)
    ]


def _own(actor: Actor, rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
    require_somewhere(actor, "metering.view")
    return rows if actor.centre else rows.filter(agency_id__in=actor.agencies)


def batches(actor: Actor, place: Place = FIRST) -> Listing[UsageBatch]:
    """A page of deliveries, newest first."""
    return listing(_own(actor, UsageBatch.objects.all()), ["-id"], place)


def uploads(actor: Actor, place: Place = FIRST) -> Listing[Upload]:
    """A page of file uploads, newest first."""
    return listing(_own(actor, Upload.objects.select_related("source")), ["-id"], place)


def upload(actor: Actor, upload_id: UUID) -> Upload:
    """One upload (USAGE-404 if it is not there for the actor)."""
    row = _own(actor, Upload.objects.select_related("source")).filter(pk=upload_id).first()
    if row is None:
        raise NotFound("USAGE-404", "There is no such upload. Go back to the list of uploads.")
    return row


def quarantine(actor: Actor, *, state: str = "open", place: Place = FIRST) -> Listing[Quarantine]:
    """A page of quarantined records, newest first."""
    rows = _own(actor, Quarantine.objects.select_related("source")).filter(state=state)
    return listing(rows, ["-id"], place)


def standing(actor: Actor, rows: Iterable[Quarantine]) -> dict[tuple[int, str], dict[str, object]]:
    """The records that count now where quarantined ones wait, by source and id, in the form in
    which those are kept. A record of a sealed month is in its file and not among them.
    """
    keys = [(row.source_id, row.external_id) for row in rows]
    found = UsageFact.objects.select_related("agency", "bureau", "charge_item").filter(pk__in=keys)
    return {(fact.source_id, fact.external_id): _payload(fact) for fact in _own(actor, found)}


def _payload(fact: UsageFact) -> dict[str, object]:
    return {
        "agency": fact.agency.code,
        "bureau": fact.bureau.code if fact.bureau else "",
        "charge_item": fact.charge_item.code,
        "quantity": str(fact.quantity),
        "unit": fact.unit,
        "starts": fact.starts.isoformat(),
        "ends": fact.ends.isoformat(),
        "origin": fact.origin_ref,
        "replaces": fact.replaces_external_id,
        "dimensions": fact.dimensions,
    }
