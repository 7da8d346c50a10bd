"""Reads: late records and what became of them; the rules of services about late usage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db.models import Count, F, Sum

from ..access.public import Actor, require
from ..schema.public import FIRST, Listing, NotFound, Place, listing
from .models import LatePolicy, LateRecord
from .selectors import VIEW, Total, UsageRow, arrived_late, closed_months, sealed_periods

STATES = ("held", "accepted", "declined", "booked")


def _visible(actor: Actor, agency_id: UUID | None) -> frozenset[UUID] | None:
    """The agencies whose late records may be read whole; None: all."""
    if agency_id is not None:
        require(actor, VIEW, agency_id)
        return frozenset([agency_id])
    if actor.centre:
        require(actor, VIEW)
        return None
    return frozenset(actor.agencies & actor.agencies_with(VIEW))


def late_records(
    actor: Actor, *, state: str = "held", agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[LateRecord]:
    """Late records of a state (held, accepted, declined, booked), oldest first."""
    scope = _visible(actor, agency_id)
    rows = LateRecord.objects.filter(state=state).select_related(
        "agency", "source", "charge_item__service"
    )
    if scope is not None:
        rows = rows.filter(agency_id__in=scope)
    return listing(rows, ["received_at", "id"], place)


def late_counts(actor: Actor, agency_id: UUID | None = None) -> dict[str, int]:
    """How many late records of each state there are."""
    scope = _visible(actor, agency_id)
    rows = LateRecord.objects.all()
    if scope is not None:
        rows = rows.filter(agency_id__in=scope)
    found = dict(rows.values_list("state").annotate(count=Count("id")).order_by())
    return {state: found.get(state, 0) for state in STATES}


def late_record(actor: Actor, record_id: UUID) -> LateRecord:
    """One late record (USAGE-431)."""
    row = LateRecord.objects.select_related("agency", "source", "charge_item__service")
    found = row.filter(pk=record_id).first()
    if found is None or not (actor.centre or found.agency_id in actor.agencies):
        raise NotFound("USAGE-431", "There is no such late record. Go back to the list.")
    require(actor, VIEW, found.agency_id)
    return found


def late_facts(
    actor: Actor, *, booked_in: str | None = None, agency_id: UUID | None = None
) -> list[UsageRow]:
    """The late facts that count in a month, in order; `delta` is what each adds to the month that
    it corrects. Held and declined ones are not among them; one that was accepted later counts in
    the month that was open then. `booked_in` None: those of all months not sealed yet.
    """
    scope = _visible(actor, agency_id)
    rows = LateRecord.objects.filter(state__in=("booked", "accepted"))
    if booked_in is not None:
        rows = rows.filter(booked_in=booked_in)
    else:
        rows = rows.exclude(booked_in__in=sealed_periods())
    if scope is not None:
        rows = rows.filter(agency_id__in=scope)
    counting = {
        (source, external_id): (base, arrived, booked)
        for source, external_id, base, arrived, booked in rows.values_list(
            "source__code", "external_id", "base", "arrived_in", "booked_in"
        )
    }
    found = []
    for month in sorted({arrived for _base, arrived, _booked in counting.values()}):
        for row in arrived_late(scope, month):
            mark = counting.get((row.source, row.external_id))
            if mark is not None:
                found.append(replace(row, replaced_quantity=mark[0], booked_in=mark[2]))
    return sorted(found, key=lambda row: (row.starts, row.source, row.external_id))


def late_months(actor: Actor, agency_id: UUID) -> list[str]:
    """The open months in which late records of an agency count so far."""
    require(actor, VIEW, agency_id)
    rows = LateRecord.objects.filter(agency_id=agency_id, state__in=("booked", "accepted"))
    months = set(rows.exclude(booked_in__in=closed_months()).values_list("booked_in", flat=True))
    return sorted(months)


@dataclass(frozen=True)
class Standing:
    """What became of a late record: in which month it counts (empty: in none), and what it
    replaces."""

    booked_in: str
    declined: bool
    replaces: str


def late_standing(actor: Actor, agency_id: UUID, period: str) -> dict[tuple[str, str], Standing]:
    """What became of an agency's late records of a month, by source and id."""
    require(actor, VIEW, agency_id)
    rows = LateRecord.objects.filter(agency_id=agency_id, period=period)
    found = rows.values_list("source__code", "external_id", "booked_in", "state", "replaces")
    return {row[:2]: Standing(row[2], row[3] == "declined", row[4]) for row in found}


def late_totals(actor: Actor, booked_in: str) -> list[Total]:
    """What the late records that count in a month come to, by agency, item and order line."""
    _visible(actor, None)
    rows = LateRecord.objects.filter(state__in=("booked", "accepted"), booked_in=booked_in)
    keys = ("agency_id", "charge_item_id", "order_line_id")
    sums = rows.values_list(*keys).annotate(
        count=Count("id"), quantity=Sum(F("quantity") - F("base"))
    )
    return [
        Total(agency_id, item_id, line_id, True, count, quantity)
        for agency_id, item_id, line_id, count, quantity in sums.order_by(*keys)
    ]


def late_arrived(actor: Actor, period: str) -> int:
    """How many late records are kept in a month's files; each has a standing, whatever it is."""
    require(actor, VIEW)
    return LateRecord.objects.filter(arrived_in=period).count()


def late_policies(actor: Actor, place: Place | None = None) -> Listing[LatePolicy]:
    """Every rule that was proposed about late usage, oldest first."""
    require(actor, VIEW)
    rows = LatePolicy.objects.select_related("service")
    return listing(rows, ["recorded_at", "id"], place)


def late_policies_on(
    day: date, service_ids: Iterable[UUID] | None = None
) -> dict[UUID, LatePolicy]:
    """The rule in force on a day for each service that has one; for everybody to read."""
    rows = LatePolicy.objects.filter(state="approved", starts__lte=day).order_by("starts")
    if service_ids is not None:
        rows = rows.filter(service_id__in=list(service_ids))
    return {row.service_id: row for row in rows}
