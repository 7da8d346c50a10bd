"""The present that the rate desk works from: who uses what, at which prices, at which cost.

Volumes: the year's signed forecast, else the mean of the last billed months × 12. Prices: the
newest approved ones by the year's first day, or by today within the year. Costs: the service's
zero-base build-up of the year, else the newest budget allocation, else the newest actual one,
brought to twelve months.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, OrderLine, Service
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import Agency, centre

from ..domain.build_up import parse_line
from ..domain.effects import MONTHS, Effect, Key, Use, Uses, bills_of, effects, quantity_of
from ..domain.mixes import Mix
from ..domain.outlook import Expected, expect
from ..domain.rates import month_count
from ..domain.scenarios import Base, CostPart, ScenarioItem
from ..engine.price import PriceModel, from_document
from ..models import AllocationEdge, AllocationRun, Bill, BillLine, Forecast, RateBuild, RateVersion
from ..years import present_year, year_months
from .bills import visible_bills
from .cost_model import VIEW
from .mixes import dimensions_of, newest_mixes

USAGE = ("usage", "correction")
"""Kinds of bill lines that hold a quantity."""


@dataclass(frozen=True)
class Present:
    """The present of a fiscal year with its names and where it comes from.

    `methods`: of each use, `signed` or `trend`. `sources`: by service, where its cost comes from:
    (kind, label), of kinds `build`, `budget` and `actual`.
    """

    fiscal_year: int
    base: Base
    agencies: Mapping[str, Agency]
    items: Mapping[str, ChargeItem]
    methods: Mapping[Key, str] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def _issued(actor: Actor) -> QuerySet[Bill]:
    """Issued bills: in the centre all of them, since only sums leave; else those one may see."""
    found = Bill.objects.all() if actor.centre else visible_bills(actor)
    return found.filter(state="issued")


def billed_months(actor: Actor, agency_id: UUID | None = None, count: int = MONTHS) -> list[str]:
    """The newest months with issued bills that the actor may see, oldest first."""
    found = _issued(actor)
    if agency_id is not None:
        found = found.filter(agency_id=agency_id)
    months = found.order_by("-period").values_list("period", flat=True).distinct()
    return sorted(months[:count])


def billed_quantities(
    actor: Actor,
    months: Sequence[str],
    agency_id: UUID | None = None,
    item_id: UUID | None = None,
) -> dict[tuple[UUID, UUID], dict[str, Decimal]]:
    """By agency and item, what was billed of each month; corrections count where they belong."""
    bills = _issued(actor)
    if agency_id is not None:
        bills = bills.filter(agency_id=agency_id)
    rows = (
        BillLine.objects.filter(
            bill__in=bills.values("pk"), charge_period__in=months, kind__in=USAGE
        )
        .values_list("agency_id", "charge_item_id", "charge_period")
        .annotate(quantity=Sum("quantity"))
        .order_by()
    )
    found: dict[tuple[UUID, UUID], dict[str, Decimal]] = defaultdict(dict)
    for agency, item, period, quantity in rows:
        found[agency, item][period] = quantity
    return found


def history_of(by_month: Mapping[str, Decimal], months: Sequence[str]) -> list[Decimal]:
    """Monthly quantities from the first month of use on; a month without use counts as zero."""
    values = [max(by_month.get(month, Decimal(0)), Decimal(0)) for month in months]
    first = next((at for at, value in enumerate(values) if value), len(values))
    return values[first:]


def signed_forecasts(
    fiscal_year: int, agency_id: UUID | None = None
) -> dict[tuple[UUID, UUID], Decimal]:
    """The signed forecasts of a year by agency and item, of those that the scope may see."""
    rows = Forecast.objects.filter(
        fiscal_year=fiscal_year, superseded_at__isnull=True, signed_at__isnull=False
    )
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    return {(row.agency_id, row.charge_item_id): row.quantity for row in rows}


def approved_versions(items: Iterable[UUID] | None = None) -> dict[UUID, list[RateVersion]]:
    """Approved versions by item, oldest first."""
    rows = RateVersion.objects.filter(state="approved").order_by("starts")
    if items is not None:
        rows = rows.filter(charge_item_id__in=list(items))
    found: dict[UUID, list[RateVersion]] = defaultdict(list)
    for row in rows:
        found[row.charge_item_id].append(row)
    return found


def version_on(versions: Sequence[RateVersion], day: date) -> RateVersion | None:
    """The newest version that has begun by a day, be it over: until another is decided, it is what
    is known of the price."""
    return next((row for row in reversed(versions) if row.starts <= day), None)


def uses_of_year(
    actor: Actor,
    fiscal_year: int,
    agency_id: UUID | None = None,
    item_id: UUID | None = None,
) -> dict[tuple[UUID, UUID], Expected]:
    """What is expected of each agency and item in a year: signed, else by trend.

    `item_id`: of this item alone.
    Items that an order covers today are there too; of those that are fixed, the quantity is zero.
    """
    months = billed_months(actor, agency_id)
    billed = billed_quantities(actor, months, agency_id, item_id)
    signed = signed_forecasts(fiscal_year, agency_id)
    found = {
        key: expect(signed.get(key), history_of(billed.get(key, {}), months))
        for key in billed.keys() | signed.keys()
        if item_id in (None, key[1])
    }
    for agency, item, kind in _covered(agency_id):
        key = (agency, item)
        if item_id not in (None, item):
            continue
        if kind == "fixed":
            found[key] = Expected(Decimal(0), Decimal(0), Decimal(0), "fixed", MONTHS)
        else:
            found.setdefault(key, expect(None, ()))
    return found


def _covered(agency_id: UUID | None) -> Sequence[tuple[UUID, UUID, str]]:
    """Agency, item and kind of what orders cover today, within the scope."""
    day = today(centre().zone)
    lines = OrderLine.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=day), active=True, starts__lte=day
    )
    if agency_id is not None:
        lines = lines.filter(agency_id=agency_id)
    rows = lines.values_list("agency_id", "charge_item_id", "charge_item__kind")
    return list(rows.distinct().order_by())


def covered_agencies(items: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """Items, each with an agency whose order covers it today or later; one query. Read in the
    centre's scope."""
    day = today(centre().zone)
    lines = OrderLine.objects.filter(Q(ends__isnull=True) | Q(ends__gt=day), active=True)
    rows = lines.filter(charge_item_id__in=set(items)).values_list("charge_item_id", "agency_id")
    return set(rows.distinct())


def mixes_of(
    actor: Actor,
    models: Iterable[tuple[UUID, PriceModel | None]],
    agency_id: UUID | None = None,
) -> dict[tuple[UUID, UUID], Mix]:
    """By agency and item, what was recorded in the newest billed month with use by the dimensions
    that some prices depend on; nothing is read where none depends on any."""
    names = dimensions_of(models)
    if not names:
        return {}
    months = billed_months(actor, agency_id)
    only = next(iter(names)) if len(names) == 1 else None
    return newest_mixes(billed_quantities(actor, months, agency_id, only), names)


def with_mixes(
    actor: Actor, found: Present, prices: Mapping[str, Mapping[str, Any] | str]
) -> Present:
    """The present with what customers recorded by the dimensions of its prices, and of other
    prices that a scenario assumes."""
    assumed = ((code, price) for code, price in prices.items() if isinstance(price, Mapping))
    models = [
        (found.items[code].pk, from_document(document))
        for code, document in (*found.base.models.items(), *assumed)
        if code in found.items
    ]
    agencies = {row.pk: code for code, row in found.agencies.items()}
    items = {row.pk: code for code, row in found.items.items()}
    mixes = {
        (agencies[agency_id], items[item_id]): mix
        for (agency_id, item_id), mix in mixes_of(actor, models).items()
    }
    return replace(found, base=replace(found.base, mixes=mixes))


def present(actor: Actor, fiscal_year: int) -> Present:
    """The present of a fiscal year, for the centre; `with_mixes` before it is worked out."""
    require(actor, VIEW)
    agencies = {row.pk: row for row in Agency.objects.filter(kind="agency")}
    items = {row.pk: row for row in ChargeItem.objects.select_related("service", "unit")}
    first = year_months(fiscal_year)[0].first_day
    day = max(first, min(today(centre().zone), year_months(fiscal_year)[-1].end_day))
    models = {}
    for item_id, versions in approved_versions().items():
        version = version_on(versions, day)
        if version is not None:
            models[items[item_id].code] = version.model
    uses: dict[Key, tuple[Use, ...]] = {}
    methods: dict[Key, str] = {}
    for (agency_id, item_id), expected in uses_of_year(actor, fiscal_year).items():
        key = (agencies[agency_id].code, items[item_id].code)
        uses[key], methods[key] = (Use(expected.expected),), expected.method
    parts, sources = cost_parts(actor, fiscal_year)
    base = Base(
        {row.code: ScenarioItem(row.service.code, row.kind) for row in items.values()},
        uses,
        models,
        tuple(parts),
        centre().currency,
    )
    return Present(
        fiscal_year,
        base,
        {row.code: row for row in agencies.values()},
        {row.code: row for row in items.values()},
        methods,
        sources,
    )


def newest_builds(fiscal_year: int) -> dict[str, RateBuild]:
    """The newest build-up of each service for a year, by the service's code."""
    rows = RateBuild.objects.filter(fiscal_year=fiscal_year).select_related("service")
    return {row.service.code: row for row in rows.order_by("version")}


def cost_run(fiscal_year: int) -> AllocationRun | None:
    """The allocation that says what services cost: of the year's budget, else the newest."""
    months = year_months(fiscal_year)
    runs = AllocationRun.objects.order_by("-recorded_at", "-id")
    budget = runs.filter(basis="budget")
    inside = budget.filter(first_period__gte=months[0].code, last_period__lte=months[-1].code)
    return inside.first() or budget.first() or runs.first()


def scale_of(run: AllocationRun) -> Fraction:
    """What brings the run's months to twelve."""
    first, last = FiscalPeriod.parse(run.first_period), FiscalPeriod.parse(run.last_period)
    return Fraction(MONTHS, month_count(first.first_day, last.end_day))


def cost_parts(actor: Actor, fiscal_year: int) -> tuple[list[CostPart], dict[str, tuple[str, str]]]:
    """Each service's cost for a year by pool, and where it comes from."""
    parts: list[CostPart] = []
    sources: dict[str, tuple[str, str]] = {}
    for code, build in newest_builds(fiscal_year).items():
        for number, line in enumerate(build.lines, start=1):
            made = parse_line(line, number)
            parts.append(CostPart(code, f"{code}-{number}", made.amount))
        sources[code] = ("build", str(build.version))
    run = cost_run(fiscal_year)
    if run is None:
        return parts, sources
    scale = scale_of(run)
    services = set(Service.objects.values_list("code", flat=True)) - set(sources)
    edges = AllocationEdge.objects.filter(run=run, target__in=services)
    rows = edges.values_list("target", "source").annotate(amount=Sum("amount_minor")).order_by()
    for service, pool, amount in rows:
        major = Fraction(Money(int(amount), run.currency).decimal)
        parts.append(CostPart(service, pool.removeprefix("direct:"), major * scale))
        sources[service] = (run.basis, run.label)
    return sorted(parts, key=lambda part: (part.service, part.pool)), sources


@dataclass(frozen=True)
class RateChange:
    """What one price instead of the present one means to everybody's year."""

    effects: Sequence[Effect]
    quantities: Mapping[str, Decimal]
    fiscal_year: int


def change_of(actor: Actor, item: ChargeItem, model: Mapping[str, Any], starts: date) -> RateChange:
    """Every agency's year with a price instead of the one before, by agency id as text.

    A whole year of both, so that the two compare whenever the new one starts.
    """
    year = present_year(starts)
    uses: Uses = {
        (str(agency_id), item.code): (Use(expected.expected),)
        for (agency_id, _item), expected in uses_of_year(actor, year, item_id=item.pk).items()
    }
    before = version_on(approved_versions([item.pk])[item.pk], starts)
    currency = centre().currency
    then, now = from_document(model), from_document(before.model) if before else None
    mixes = {
        (str(agency_id), item.code): mix
        for (agency_id, _item), mix in mixes_of(actor, ((item.pk, now), (item.pk, then))).items()
    }
    old = bills_of(uses, {item.code: now} if now else {}, currency, mixes)
    new = bills_of(uses, {item.code: then}, currency, mixes)
    none = dict.fromkeys(new, 0)
    return RateChange(
        effects({**none, **old}, new),
        {agency: quantity_of(own) for (agency, _item), own in uses.items()},
        year,
    )
