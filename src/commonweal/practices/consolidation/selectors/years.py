"""A fiscal year of each agency and service with its figures, claims and proof; and the sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue.public import Service, service_by_code
from commonweal.kernel.documents.public import Document
from commonweal.kernel.party.public import Agency, agencies, centre

from ..domain import (
    Confirmed,
    Entry,
    Figure,
    Frozen,
    Now,
    Proof,
    Row,
    Total,
    figures,
    missing_months,
    own_costs,
    prove,
    sum_up,
)
from ..models import Baseline, Claim, OwnCost
from ..rules import CLAIMED, require_view
from .baselines import baseline_rows, frozen, index_values
from .books import Key, charges, closed_months, covers, volumes, year_months


@dataclass(frozen=True)
class YearView:
    """One service of one agency in a fiscal year: inputs, figures, claim, proof.

    `months` count: covered by an order, books closed. `covered`: all that an order covers. What was
    booked in other closed months (a correction or refund after the service ended) is charged or
    given back, and is no month of the baseline.
    `open_claim` waits for the finance officer; `claim` was confirmed.
    """

    agency: Agency
    service: Service
    fiscal_year: int
    currency: str
    joined: date | None
    covered: Sequence[str]
    months: Sequence[str]
    baseline: Baseline | None
    frozen: Frozen | None
    now: Now
    figures: dict[str, Figure]
    claim: Claim | None
    open_claim: Claim | None
    proof: Proof
    entries: Sequence[Entry]

    @property
    def saving(self) -> Figure:
        """The figure that counts: adjusted for volume and prices."""
        return self.figures["saving"]

    @property
    def row(self) -> Row:
        """As the sum counts it; a promised saving counts by the months that count."""
        promised = self.frozen.forecast_minor if self.frozen else None
        part = None if promised is None else promised * len(self.months) // 12
        key = (self.agency.code, self.service.code)
        return Row(key, self.saving, self.proof, self.now.charges, part)

    def months_missing(self, kind: str) -> list[str]:
        """The months that count without a figure of the agency's own of a kind."""
        return missing_months(self.entries, kind, self.months)


@dataclass(frozen=True)
class _Read:
    """Everything that the years of some agencies and services are made from."""

    covers: dict[Key, Any]
    closed: dict[UUID, set[str]]
    charges: dict[tuple[UUID, str], dict[str, int]]
    baselines: dict[Key, Baseline]
    entries: dict[Key, list[Entry]]
    claims: dict[tuple[UUID, str], Claim]
    index: dict[tuple[UUID, int], Fraction]
    volumes: dict[tuple[UUID, UUID, str], Fraction]


def year_views(
    actor: Actor, fiscal_year: int, *, agency_id: UUID | None = None, service_code: str = ""
) -> list[YearView]:
    """Every service that an agency has ordered, was charged for, or signed a baseline of.

    By agency, then service; `agency_id` None: of every agency, for the centre.
    """
    require_view(actor, agency_id)
    service_id = service_by_code(actor, service_code).pk if service_code else None
    months = year_months(fiscal_year)
    read = _read(fiscal_year, months, agency_id, service_id, service_code)
    known = {row.pk: row for row in agencies(actor)}
    found = {row.pk: row for row in Service.objects.order_by("code")}
    codes = {row.code: row.pk for row in found.values()}
    keys = {key for key, cover in read.covers.items() if cover.months} | set(read.baselines)
    keys |= {(agency, codes[code]) for agency, code in read.charges if code in codes}
    views = [
        _view(known[agency], found[service], fiscal_year, months, read)
        for agency, service in keys
        if agency in known
    ]
    return sorted(views, key=lambda view: (view.agency.code, view.service.code))


def year_view(actor: Actor, agency: Agency, service_code: str, fiscal_year: int) -> YearView:
    """One service of an agency in a year, whatever is known of it (CATALOGUE-404)."""
    found = year_views(actor, fiscal_year, agency_id=agency.pk, service_code=service_code)
    if found:
        return found[0]
    service = service_by_code(actor, service_code)
    months = year_months(fiscal_year)
    return _view(
        agency, service, fiscal_year, months,
        _read(fiscal_year, months, agency.pk, service.pk, service.code),
    )  # fmt: skip


def total_of(views: Sequence[YearView]) -> Total:
    """The sum of some years' views, as honest as each."""
    return sum_up(view.row for view in views)


def _read(
    fiscal_year: int,
    months: Sequence[str],
    agency_id: UUID | None,
    service_id: UUID | None,
    service_code: str,
) -> _Read:
    only: dict[str, Any] = {} if agency_id is None else {"agency_id": agency_id}
    of_service = {} if service_id is None else {"service_id": service_id}
    signed = {
        (row.agency_id, row.service_id): row for row in baseline_rows().filter(**only, **of_service)
    }
    entries: dict[Key, list[Entry]] = defaultdict(list)
    rows = OwnCost.objects.filter(
        **only, **of_service, superseded_at__isnull=True,
        period__in=[*months, str(fiscal_year)],
    )  # fmt: skip
    for row in rows.order_by("period", "kind"):
        entries[row.agency_id, row.service_id].append(Entry(row.period, row.kind, row.amount_minor))
    counted = any(row.charge_item_id for row in signed.values() if row.state == "signed")
    return _Read(
        covers(months, agency_id, service_id),
        closed_months(months, agency_id),
        charges(months, agency_id, service_code),
        signed,
        entries,
        _claims(fiscal_year, only),
        index_values(),
        volumes(months, agency_id) if counted else {},
    )


def _claims(fiscal_year: int, only: dict[str, Any]) -> dict[tuple[UUID, str], Claim]:
    papers = (
        Document.objects.filter(owner_type=CLAIMED, owner_id=OuterRef("pk"))
        .order_by()
        .values("owner_id")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = Claim.objects.filter(
        **only, fiscal_year=fiscal_year, state__in=["proposed", "confirmed"]
    ).annotate(evidence=Coalesce(Subquery(papers), 0))
    return {(row.baseline_id, row.state): row for row in rows}


def _view(
    agency: Agency, service: Service, fiscal_year: int, months: Sequence[str], read: _Read
) -> YearView:
    key = (agency.pk, service.pk)
    cover = read.covers.get(key)
    charged = read.charges.get((agency.pk, service.code), {})
    covered = [month for month in months if cover is not None and month in cover.months]
    closed = read.closed.get(agency.pk, ())
    counted = [month for month in covered if month in closed]
    row = read.baselines.get(key)
    basis = frozen(row) if row is not None and row.state == "signed" else None
    entries = read.entries.get(key, [])
    now = Now(
        months=len(counted),
        charges=sum(minor for month, minor in charged.items() if month in closed),
        own=own_costs(entries, fiscal_year, counted, covered),
        volume=_volume(row, counted, read),
        index_then=read.index.get((row.index_id, row.price_year)) if row else None,
        index_now=read.index.get((row.index_id, fiscal_year)) if row else None,
    )
    found = figures(basis, now)
    claim = read.claims.get((row.pk, "confirmed")) if row else None
    return YearView(
        agency, service, fiscal_year, row.currency if row else centre().currency,
        cover.joined if cover else None, covered, counted, row, basis, now, found, claim,
        read.claims.get((row.pk, "proposed")) if row else None,
        prove(found["saving"], basis, confirmed(claim)), entries,
    )  # fmt: skip


def _volume(row: Baseline | None, counted: Sequence[str], read: _Read) -> Fraction | None:
    """What was used in the months that count; a baseline that counts no volume has none."""
    if row is None or row.charge_item_id is None:
        return None
    item = row.charge_item_id
    return sum(
        (read.volumes.get((row.agency_id, item, month), Fraction(0)) for month in counted),
        Fraction(0),
    )


def confirmed(claim: Claim | None) -> Confirmed | None:
    """A confirmed claim as the rules read it (with `evidence` counted by the read)."""
    if claim is None:
        return None
    count = int(getattr(claim, "evidence", 0))
    return Confirmed(
        claim.saving_minor, claim.cashable_minor, claim.avoidance_minor, claim.budget_minor, count
    )
