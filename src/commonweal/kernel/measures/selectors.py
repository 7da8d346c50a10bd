"""Reading measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from ..access.public import Actor
from ..schema.public import FIRST, Listing, NotFound, Place, listing
from .models import MeasureFact

VIEW = "measures.view"


@dataclass(frozen=True)
class Share:
    """What counts of a metric of a service for an agency in a month.

    `share` is None where nothing counted: it cannot be determined. `excluded`: how many facts were
    left out, by reason.
    """

    agency_id: UUID
    service_id: UUID
    metric: str
    facts: int
    numerator: Decimal
    denominator: Decimal
    excluded: dict[str, int]

    @property
    def share(self) -> Decimal | None:
        """Numerator by denominator, exact to 28 digits."""
        return self.numerator / self.denominator if self.denominator else None


def counting() -> QuerySet[MeasureFact]:
    """The facts that count: the highest version of each."""
    later = MeasureFact.objects.filter(
        source=OuterRef("source"),
        source_id=OuterRef("source_id"),
        version__gt=OuterRef("version"),
    )
    return MeasureFact.objects.filter(~Exists(later))


def _own(actor: Actor, rows: QuerySet[MeasureFact]) -> QuerySet[MeasureFact]:
    if actor.kind == "system" or (actor.centre and actor.may(VIEW)):
        return rows
    seen = [agency for agency in actor.agencies if actor.may(VIEW, agency)]
    return rows.filter(agency_id__in=seen)


def shares(actor: Actor, month: date, agency_id: UUID | None = None) -> list[Share]:
    """What counts in a month, by agency, service and metric, for whom the actor may see."""
    rows = _own(actor, counting().filter(month=month))
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    keys = ("agency_id", "service_id", "metric")
    left_out: dict[tuple[object, ...], dict[str, int]] = {}
    for row in rows.exclude(exclusion="").values(*keys, "exclusion").annotate(n=Count("id")):
        found = left_out.setdefault(tuple(row[key] for key in keys), {})
        found[row["exclusion"]] = row["n"]
    totals = rows.values(*keys).annotate(
        n=Count("id", filter=Q(exclusion="")), part=Sum("numerator"), whole=Sum("denominator")
    )
    return [
        Share(
            row["agency_id"], row["service_id"], row["metric"], row["n"], row["part"],
            row["whole"], left_out.get(tuple(row[key] for key in keys), {}),
        )
        for row in totals.order_by(*keys)
    ]  # fmt: skip


def newest(actor: Actor, source: str, source_ids: Sequence[str]) -> dict[str, MeasureFact]:
    """What counts of some ids of a source, by id; one query."""
    rows = _own(actor, MeasureFact.objects.filter(source=source, source_id__in=source_ids))
    return {row.source_id: row for row in rows.order_by("source_id", "version")}


def measure_facts(
    actor: Actor, agency_id: UUID, place: Place | None = FIRST
) -> Listing[MeasureFact]:
    """Every fact of an agency with its versions, the newest first."""
    rows = _own(actor, MeasureFact.objects.filter(agency_id=agency_id))
    return listing(rows.select_related("service"), ("-id",), place)


def versions_of(actor: Actor, source: str, source_id: str) -> list[MeasureFact]:
    """What was said of one fact, the first first (MEASURES-404)."""
    rows = _own(actor, MeasureFact.objects.filter(source=source, source_id=source_id))
    found = list(rows.order_by("version"))
    if not found:
        raise NotFound("MEASURES-404", "There is no such fact among those you may see.")
    return found
