"""Reads of rates: the public rate book, derivations, forecasts, each service's position."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, Service, charge_items_page
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.cost_model import total_of
from ..domain.rates import (
    Adjustment,
    ForecastCheck,
    RateError,
    RateInputs,
    compare_forecasts,
    derivation_document,
    month_count,
    parse_share,
)
from ..models import AllocationRun, Forecast, RateVersion
from ..rate_words import (
    decision_text,
    derivation_sentences,
    life_of_version,
    life_text,
    rate_text,
    span_text,
)
from .bills import revenue_by_service
from .cost_model import VIEW
from .costs import allocation_run, edges
from .fiscal import fiscal_periods, fiscal_year_of
from .rate_bases import RateTerms, terms_applied
from .recovery import PublicPosition, ServicePosition, public_positions


@dataclass(frozen=True)
class RateEntry:
    """One rate version in words: its price, its days, its derivation, who decided it when."""

    version: RateVersion
    rate: str
    span: str
    sentences: Sequence[str]
    decided: str
    life: str = ""


@dataclass(frozen=True)
class ItemRates:
    """A charge item with the rate in force (None: none), the next ones, and the ones before.

    The rate book leaves the ones before to the item's own history.
    """

    item: ChargeItem
    now: RateEntry | None
    coming: Sequence[RateEntry]
    past: Listing[RateEntry]


@dataclass(frozen=True)
class ServiceRates:
    """A service in the rate book: its items' rates and its position in the day's fiscal year.

    `position` is None before a month of that year is closed.
    """

    service: Service
    items: Sequence[ItemRates]
    position: PublicPosition | None


@dataclass(frozen=True)
class RateBook:
    """Everything the public may know about prices on a day."""

    on: date
    services: Listing[ServiceRates]


def _versions() -> QuerySet[RateVersion]:
    return RateVersion.objects.select_related(
        "charge_item", "charge_item__service", "charge_item__unit"
    )


def in_force(day: date) -> Q:
    """Approved versions in force on a day."""
    return Q(state="approved", starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def rates_in_force(
    actor: Actor, day: date, items: Collection[UUID] | None = None
) -> list[RateVersion]:
    """The approved rates in force on a day by item; `items`: only those of these items. Public."""
    found = _versions().filter(in_force(day))
    if items is not None:
        found = found.filter(charge_item_id__in=items)
    return list(found.order_by("charge_item__code"))


def rates_in_force_page(actor: Actor, day: date, place: Place = FIRST) -> Listing[RateVersion]:
    """A page of the approved rates in force on a day, by item. Public."""
    return listing(_versions().filter(in_force(day)), ["charge_item__code", "id"], place)


def rated_items(actor: Actor, day: date) -> tuple[int, int]:
    """How many charge items have a rate in force on a day, and how many have none. Public."""
    rated = RateVersion.objects.filter(in_force(day), charge_item_id=OuterRef("pk"))
    found = ChargeItem.objects.aggregate(
        rated=Count("pk", filter=Exists(rated)), without=Count("pk", filter=~Exists(rated))
    )
    return found["rated"], found["without"]


def rate_version(actor: Actor, key: UUID | str) -> RateVersion:
    """One version by id or code (CHARGING-404); proposals only for those who see costs."""
    wanted = Q(code=str(key))
    if isinstance(key, UUID):
        wanted |= Q(pk=key)
    found = _versions().filter(wanted)
    if not actor.may(VIEW):
        found = found.filter(state="approved")
    row = found.first()
    if row is None:
        raise NotFound("CHARGING-404", "There is no such rate. See the rate book.")
    return row


def rate_proposals(actor: Actor, place: Place = FIRST) -> Listing[RateVersion]:
    """A page of the proposed versions that wait for a decision, oldest first."""
    require(actor, VIEW)
    return listing(_versions().filter(state="proposed"), ["recorded_at", "id"], place)


def entry(version: RateVersion) -> RateEntry:
    """A version in words."""
    return RateEntry(
        version,
        rate_text(version),
        span_text(version),
        derivation_sentences(version),
        decision_text(version),
        life_text(life_of_version(version)),
    )


def rate_book(
    actor: Actor, on: date, service_id: UUID | None = None, place: Place = FIRST
) -> RateBook:
    """A page of the charge items by service, with rates in force and to come, derivations and
    decisions, and each service's position. Public."""
    items = charge_items_page(actor, service_id, place)
    by_item: dict[UUID, list[RateVersion]] = defaultdict(list)
    standing = _versions().filter(_not_over(on), charge_item__in=[item.pk for item in items])
    for version in standing.order_by("-starts"):
        by_item[version.charge_item_id].append(version)
    groups: dict[UUID, list[ItemRates]] = defaultdict(list)
    services: dict[UUID, Service] = {}
    for item in items:
        services[item.service_id] = item.service
        groups[item.service_id].append(_item_rates(item, by_item[item.pk], on, Listing(())))
    found = public_positions(actor, fiscal_year_of(on), services.values()) if services else []
    positions = {row.service_id: row for row in found if row.counted.months or row.counted.missing}
    shown = [ServiceRates(services[key], groups[key], positions.get(key)) for key in services]
    return RateBook(on, Listing(shown, items.previous, items.next))


def _not_over(on: date) -> Q:
    """Approved versions in force on a day or later."""
    return Q(state="approved") & (Q(ends__isnull=True) | Q(ends__gt=on))


def _item_rates(
    item: ChargeItem, standing: Sequence[RateVersion], on: date, past: Listing[RateVersion]
) -> ItemRates:
    now = next((entry(version) for version in standing if version.starts <= on), None)
    coming = [entry(version) for version in standing if version.starts > on][::-1]
    before = Listing([entry(version) for version in past], past.previous, past.next)
    return ItemRates(item, now, coming, before)


def rate_history(
    actor: Actor, item_code: str, on: date | None = None, place: Place = FIRST
) -> ItemRates:
    """One item's rates, present and coming, and a page of the past ones (CHARGING-405). Public."""
    found = ChargeItem.objects.select_related("service", "unit").filter(code=item_code).first()
    if found is None:
        raise NotFound("CHARGING-405", f"There is no charge item “{item_code}”. See the rate book.")
    day = on or today(centre().zone)
    versions = _versions().filter(charge_item=found)
    past = versions.filter(state="approved", ends__lte=day)
    standing = list(versions.filter(_not_over(day)).order_by("-starts"))
    return _item_rates(found, standing, day, listing(past, ["-starts", "-id"], place))


def service_positions(
    actor: Actor, *, fiscal_year: int | None = None, periods: Sequence[str] = ()
) -> list[ServicePosition]:
    """Revenue, expense and position of every service over a fiscal year or some months.

    Each service stands for itself; nothing is netted between services (design law 5).
    """
    require(actor, VIEW)
    months = list(periods) or fiscal_periods(fiscal_year or 0)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED_COSTS, [months])
        costs = _costs(cursor.fetchone())
    return list(_positions(actor, costs, Service.objects.order_by("code")).values())


_CLOSED_COSTS = """
SELECT jsonb_object_agg(c.period, newest.totals)
  FROM charging_closerun c LEFT JOIN LATERAL (
    SELECT r.result -> 'totals' AS totals FROM charging_allocationrun r
     WHERE r.agency_id = c.agency_id AND r.basis = 'actual' AND r.label = c.period
       AND r.first_period = c.period AND r.last_period = c.period
     ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1) newest ON true
 WHERE c.state = 'done' AND c.period = ANY(%s)"""
"""Per closed month what its newest allocation gave each service; null: it has none."""


def _costs(row: tuple[Any, ...]) -> dict[str, list[dict[str, str]] | None]:
    found: dict[str, list[dict[str, str]] | None] = json.loads(row[0]) if row[0] else {}
    return found


def _positions(
    actor: Actor,
    costs: Mapping[str, list[dict[str, str]] | None],
    services: Iterable[Service],
) -> dict[UUID, ServicePosition]:
    counted = sorted(month for month, totals in costs.items() if totals is not None)
    missing = sorted(month for month, totals in costs.items() if totals is None)
    revenue = revenue_by_service(actor, counted) if counted else {}
    currency = centre().currency
    return {
        service.pk: ServicePosition(
            service.pk,
            service.code,
            revenue.get(service.pk, 0),
            sum(
                Money.exactly(total_of({"totals": costs[month]}, service.code), currency).minor
                for month in counted
            ),
            currency,
            counted,
            missing,
        )
        for service in services
    }


def forecasts(
    actor: Actor,
    fiscal_year: int,
    *,
    charge_item_id: UUID | None = None,
    agency_id: UUID | None = None,
    only: Collection[UUID] | None = None,
    place: Place | None = None,
) -> Listing[Forecast]:
    """Forecast volumes of a fiscal year: every one for the centre, else one's own agencies'.

    `only`: of these agencies. Without a place all of them: at most one for each agency and item.
    """
    found = Forecast.objects.filter(fiscal_year=fiscal_year, superseded_at__isnull=True)
    if actor.centre:
        require(actor, VIEW)
    else:
        found = found.filter(agency_id__in=actor.agencies)
    if charge_item_id:
        found = found.filter(charge_item_id=charge_item_id)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if only is not None:
        found = found.filter(agency_id__in=only)
    order = ["charge_item_id"] if agency_id else ["charge_item_id", "agency_id"]
    return listing(found.select_related("agency", "charge_item"), order, place)


def forecast_counts(
    actor: Actor, fiscal_year: int, agency_id: UUID | None = None
) -> tuple[int, int]:
    """How many forecasts of a year there are, and how many of them are signed."""
    require(actor, VIEW)
    found = Forecast.objects.filter(fiscal_year=fiscal_year, superseded_at__isnull=True)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    counts = found.aggregate(all=Count("pk"), signed=Count("signed_at"))
    return counts["all"], counts["signed"]


def forecast_checks(
    actor: Actor, fiscal_year: int, used: Mapping[tuple[UUID, UUID], Decimal]
) -> list[ForecastCheck]:
    """Forecasts beside what was used: `used` maps (agency id, item id) to the quantity so far."""
    rows = forecasts(actor, fiscal_year)
    return compare_forecasts(
        [(row.agency_id, row.charge_item_id, row.quantity) for row in rows], used
    )


@dataclass(frozen=True)
class Volume:
    """A volume for a rate: forecast by agencies (`fiscal_year`), or given with a reason."""

    quantity: Decimal | None = None
    reason: str = ""
    fiscal_year: int | None = None
    allow_unsigned: bool = False


def derive_rate(
    actor: Actor,
    *,
    charge_item_id: UUID,
    run_id: UUID,
    volume: Volume,
    share: str | int | Decimal | Fraction = 1,
    share_reason: str = "",
    adjustments: Sequence[Adjustment] = (),
    places: int = 4,
    policy: str = "half_up",
    terms: RateTerms | None = None,
) -> dict[str, Any]:
    """The derivation of a rate: service cost in a run × share ÷ volume, with all that went in.

    A forecast is for a year, so the cost of a run of fewer or more months is scaled to twelve; a
    given quantity is for the run's own months. A part of the cost says why it is that part
    (CHARGING-226). `terms`: on full or allowable cost, at capacity or not. Nothing is written;
    `propose_rate` keeps it.
    """
    require(actor, VIEW)
    run = allocation_run(actor, run_id)
    item = ChargeItem.objects.select_related("service").filter(pk=charge_item_id).first()
    if item is None:
        raise NotFound("CHARGING-405", "There is no such charge item. See the rate book.")
    part, why = parse_share(share), share_reason.strip()[:300]
    if part != 1 and len(why) < 10:
        raise RateError(
            "CHARGING-226",
            "Say in at least ten characters why this item recovers this part of the cost.",
            field="share_reason",
        )
    quantity, facts = _volume(actor, item, volume)
    if why:
        facts["share_reason"] = why
    first, last = FiscalPeriod.parse(run.first_period), FiscalPeriod.parse(run.last_period)
    months = month_count(first.first_day, last.end_day)
    inputs = RateInputs(
        cost=Decimal(total_of(run.result, item.service.code)),
        share=part,
        scale=Fraction(12, months) if volume.fiscal_year else Fraction(1),
        volume=quantity,
        adjustments=tuple(adjustments),
        places=places,
        policy=policy,
    )
    inputs, on_terms = terms_applied(inputs, run, item, terms or RateTerms())
    facts |= on_terms
    return derivation_document(inputs, {**_run_facts(actor, run, item.service.code), **facts})


def _volume(actor: Actor, item: ChargeItem, volume: Volume) -> tuple[Decimal, dict[str, Any]]:
    if volume.fiscal_year is None:
        if volume.quantity is None or not volume.reason.strip():
            raise RateError(
                "CHARGING-210",
                "Give the fiscal year of the agencies' forecasts, or a volume and its source.",
                field="volume_reason" if volume.quantity is not None else "volume",
            )
        reason = volume.reason.strip()[:300]
        return volume.quantity, {"volume_source": "given", "volume_reason": reason}
    rows = forecasts(actor, volume.fiscal_year, charge_item_id=item.pk)
    signed = [row for row in rows if row.signed_at]
    if not rows or (len(signed) < len(rows) and not volume.allow_unsigned):
        raise RateError(
            "CHARGING-211",
            f"{len(signed)} of {len(rows)} forecasts of {item.code} for {volume.fiscal_year} are "
            "signed. Ask the agencies to sign, or go on with what they entered.",
            field="year",
            unsigned=[str(row.agency_id) for row in rows if not row.signed_at],
        )
    return sum((row.quantity for row in rows), Decimal(0)), {
        "volume_source": "forecast",
        "fiscal_year": volume.fiscal_year,
        "forecast_agencies": len(rows),
        "forecast_signed": len(signed),
    }


def _run_facts(actor: Actor, run: AllocationRun, service: str) -> dict[str, Any]:
    names = {pool["id"].removeprefix("direct:"): pool["name"] for pool in run.document["pools"]}
    return {
        "run": str(run.pk),
        "run_hash": run.input_hash,
        "engine": run.engine_version,
        "currency": run.currency,
        "basis": run.basis,
        "lines": run.result["lines"],
        "first_period": run.first_period,
        "last_period": run.last_period,
        "method": run.method,
        "service": service,
        "pools": [
            {
                "pool": edge.source,
                "name": names[edge.source],
                "driver": edge.driver,
                "numerator": format(edge.numerator, "f"),
                "denominator": format(edge.denominator, "f"),
                "amount": Money(edge.amount_minor, run.currency).text,
            }
            for edge in edges(actor, run.pk, service)
        ],
    }
