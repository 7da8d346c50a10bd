"""Reads of budgets: next year's figure, this year's forecast to its end, and how it came out.

The methods stand in domain/outlook.py and docs/how-to/budget-figures.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery, Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, Service
from commonweal.kernel.party.public import Agency, agency, centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.mixes import Mix, takes_dearest
from ..domain.outlook import (
    NOTHING,
    THRESHOLDS,
    Expected,
    Range,
    error_of,
    expect,
    range_of,
    share_of,
    standing,
)
from ..domain.rates import text
from ..engine.price import PriceModel, from_document
from ..models import (
    Bill,
    BillLine,
    BudgetAlert,
    BudgetAmount,
    BudgetDeadline,
    BudgetFigure,
    BudgetThresholds,
    RateVersion,
)
from ..years import present_year, year_months
from .rate_base import (
    approved_versions,
    billed_months,
    billed_quantities,
    history_of,
    mixes_of,
    signed_forecasts,
    uses_of_year,
    version_on,
)
from .rate_rules import rules_in_force

READ, SEE_ALL = "charging.view_bills", "charging.view_all_bills"


def require_own(actor: Actor, agency_id: UUID) -> None:
    """The agency's own people who see its bills, or the centre's who see all."""
    if not (actor.centre and actor.may(SEE_ALL)):
        require(actor, READ, agency_id)


@dataclass(frozen=True)
class FigureLine:
    """One item of a figure: the quantity, its prices and what they come to.

    `mix`: how the newest month's usage fell by the dimensions that the price depends on;
    `dearest`: nothing is recorded, so a price by dimensions is taken at its dearest cell.
    """

    item: ChargeItem
    expected: Expected
    amounts: Range
    rates: Sequence[str]
    decided: bool
    mix: Mix = ()
    dearest: bool = False

    def document(self) -> dict[str, Any]:
        """The line as it is kept: amounts in minor units, quantities as text."""
        low, high = self.expected.low, self.expected.high
        return {
            "service": self.item.service.code,
            "service_name": self.item.service.name,
            "item": self.item.code,
            "name": self.item.name,
            "unit": self.item.unit_id,
            "quantity": text(self.expected.expected),
            "quantity_low": None if low is None else text(low),
            "quantity_high": None if high is None else text(high),
            "method": self.expected.method,
            "months": self.expected.months,
            "rates": list(self.rates),
            "decided": self.decided,
            "mix": [[dict(values), text(quantity)] for values, quantity in self.mix],
            "dearest": self.dearest,
            "low": self.amounts.low,
            "expected": self.amounts.expected,
            "high": self.amounts.high,
            "known": self.amounts.known,
        }


@dataclass(frozen=True)
class Outlook:
    """What a year is expected to cost an agency, by item."""

    agency_id: UUID
    fiscal_year: int
    currency: str
    lines: Sequence[FigureLine]

    @property
    def total(self) -> Range:
        """Low, expected and high altogether: each the sum of its lines."""
        return sum((line.amounts for line in self.lines), NOTHING)

    @property
    def services(self) -> list[tuple[Service, Range]]:
        """Low, expected and high of each service, by name."""
        found: dict[UUID, tuple[Service, Range]] = {}
        for line in self.lines:
            service = line.item.service
            _row, before = found.get(service.pk, (service, NOTHING))
            found[service.pk] = service, before + line.amounts
        return sorted(found.values(), key=lambda row: row[0].name)


def months_priced(
    versions: Sequence[RateVersion], months: Sequence[FiscalPeriod]
) -> tuple[list[PriceModel | None], list[str], bool]:
    """The price of each month, their codes, and whether every month's is decided for that month."""
    models: list[PriceModel | None] = []
    codes: list[str] = []
    decided = True
    for month in months:
        row = version_on(versions, month.first_day)
        models.append(from_document(row.model) if row else None)
        if row is None or (row.ends is not None and row.ends <= month.first_day):
            decided = False
        if row is not None and row.code not in codes:
            codes.append(row.code)
    return models, codes, decided


def outlook(actor: Actor, agency_id: UUID, fiscal_year: int) -> Outlook:
    """What a year is expected to cost an agency by its signed forecasts or its own history."""
    require_own(actor, agency_id)
    months = year_months(fiscal_year)
    uses = {item: row for (_a, item), row in uses_of_year(actor, fiscal_year, agency_id).items()}
    versions, currency = approved_versions(uses), centre().currency
    items = ChargeItem.objects.filter(pk__in=uses).select_related("service", "unit")
    lines, code = [], agency(actor, agency_id).code
    priced = {item: months_priced(versions[item], months) for item in uses}
    mixes = _own_mixes(actor, agency_id, {item: found[0] for item, found in priced.items()})
    for item in items.order_by("service__name", "name"):
        models, codes, decided = priced[item.pk]
        found, fixed = uses[item.pk], uses[item.pk].method == "fixed"
        mix = mixes.get(item.pk, ())
        amounts = range_of(found, models, currency, fixed, code, mix)
        dearest = any(takes_dearest(model, mix) for model in models)
        lines.append(FigureLine(item, found, amounts, codes, decided, mix, dearest))
    return Outlook(agency_id, fiscal_year, currency, lines)


def _own_mixes(
    actor: Actor, agency_id: UUID, models: Mapping[UUID, Sequence[PriceModel | None]]
) -> dict[UUID, Mix]:
    """By item, what an agency recorded by the dimensions of the months' prices."""
    pairs = ((item, model) for item, months in models.items() for model in months)
    return {item: mix for (_own, item), mix in mixes_of(actor, pairs, agency_id).items()}


def figures(
    actor: Actor, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[BudgetFigure]:
    """A page of issued figures, newest first: an agency's own, or for the centre everybody's."""
    if agency_id is not None:
        require_own(actor, agency_id)
        rows = BudgetFigure.objects.filter(agency_id=agency_id)
    elif actor.centre:
        require(actor, SEE_ALL)
        rows = BudgetFigure.objects.all()
    else:
        rows = BudgetFigure.objects.filter(agency_id__in=actor.agencies_with(READ))
    return listing(rows.select_related("agency"), ["-issued_at", "-id"], place)


def figure(actor: Actor, figure_id: UUID) -> BudgetFigure:
    """One issued figure (BUDGET-404)."""
    row = BudgetFigure.objects.select_related("agency").filter(pk=figure_id).first()
    if row is None or not ((actor.centre and actor.may(SEE_ALL)) or actor.may(READ, row.agency_id)):
        raise NotFound("BUDGET-404", "There is no such budget figure among those you may see.")
    return row


def figure_of_year(actor: Actor, agency_id: UUID, fiscal_year: int) -> BudgetFigure | None:
    """The newest figure of a year."""
    require_own(actor, agency_id)
    rows = BudgetFigure.objects.filter(agency_id=agency_id, fiscal_year=fiscal_year)
    return rows.order_by("-number").first()


def deadline_of(actor: Actor, agency_id: UUID, fiscal_year: int) -> date | None:
    """The day by which an agency needs the year's figure: its own, else by the centre's rule."""
    require_own(actor, agency_id)
    own = BudgetDeadline.objects.filter(agency_id=agency_id, fiscal_year=fiscal_year).first()
    return own.day if own else default_deadline(fiscal_year)


def default_deadline(fiscal_year: int) -> date | None:
    """So many days before the year, by the centre's rules (read in the centre's scope)."""
    with act_as(SYSTEM):
        return _usual(fiscal_year)


def _usual(fiscal_year: int) -> date | None:
    days = rules_in_force().deadline_days
    return year_months(fiscal_year)[0].first_day - timedelta(days=days) if days else None


@dataclass(frozen=True)
class DeadlineRow:
    """An agency's deadline for a year, and the figure that was issued, if any."""

    agency: Agency
    day: date | None
    figure: BudgetFigure | None
    today: date

    @property
    def state(self) -> str:
        """`issued`, `late` (issued after the day), `overdue`, `due`, or `open` without a day."""
        if self.figure is not None:
            late = self.day is not None and self.figure.issued_on > self.day
            return "late" if late else "issued"
        if self.day is None:
            return "open"
        return "overdue" if self.today > self.day else "due"


def deadlines(actor: Actor, fiscal_year: int, rows: Iterable[Agency]) -> list[DeadlineRow]:
    """Some agencies' deadlines and figures of a year; three queries."""
    require(actor, SEE_ALL)
    chosen = [row for row in rows if row.kind == "agency"]
    ids = [row.pk for row in chosen]
    own = BudgetDeadline.objects.filter(fiscal_year=fiscal_year, agency_id__in=ids)
    days = {row.agency_id: row.day for row in own}
    found: dict[UUID, BudgetFigure] = {}
    issued = BudgetFigure.objects.filter(fiscal_year=fiscal_year, agency_id__in=ids)
    for row in issued.defer("document").order_by("number"):
        found[row.agency_id] = row
    usual, day = _usual(fiscal_year), today(centre().zone)
    return [DeadlineRow(row, days.get(row.pk, usual), found.get(row.pk), day) for row in chosen]


def overdue_figures(actor: Actor, fiscal_year: int | None = None) -> list[tuple[str, date]]:
    """Names of agencies whose deadline has passed without a figure, with the day; two queries.

    For the director's page: of next year, unless another is asked for.
    """
    require(actor, SEE_ALL)
    year = fiscal_year or present_year() + 1
    usual = _usual(year)
    issued = BudgetFigure.objects.filter(fiscal_year=year, agency_id=OuterRef("pk"))
    own = BudgetDeadline.objects.filter(fiscal_year=year, agency_id=OuterRef("pk"))
    rows = Agency.objects.filter(~Exists(issued), kind="agency").order_by("name")
    named = rows.annotate(needed=Subquery(own.values("day")[:1])).values_list("name", "needed")
    on, found = today(centre().zone), []
    for name, own_day in named:
        day = own_day or usual
        if day is not None and day < on:
            found.append((name, day))
    return found


@dataclass(frozen=True)
class Accuracy:
    """A year's figure beside what was billed, in minor units; `complete`: all months are."""

    figure: BudgetFigure
    actual: int
    months: int

    @property
    def complete(self) -> bool:
        """Whether the whole year is billed."""
        return self.months == 12

    @property
    def error(self) -> Fraction | None:
        """How far the expected amount was from what came, as a share of what came."""
        return error_of(self.figure.expected_minor, self.actual) if self.complete else None

    @property
    def inside(self) -> bool:
        """Whether what came lies between low and high."""
        return self.figure.low_minor <= self.actual <= self.figure.high_minor


def accuracy(actor: Actor, row: BudgetFigure) -> Accuracy:
    """How a figure came out so far."""
    return accuracies(actor, [row])[0]


def accuracies(actor: Actor, rows: Sequence[BudgetFigure]) -> list[Accuracy]:
    """How some figures came out so far; one query."""
    for row in rows:
        require_own(actor, row.agency_id)
    months = [month.code for year in {r.fiscal_year for r in rows} for month in year_months(year)]
    bills = Bill.objects.filter(
        agency_id__in=[row.agency_id for row in rows], state="issued", period__in=months
    )
    billed: dict[UUID, dict[str, int]] = defaultdict(dict)
    for agency_id, period, total in bills.values_list("agency_id", "period", "total_minor"):
        billed[agency_id][period] = total
    found = []
    for row in rows:
        own = [billed[row.agency_id].get(month.code) for month in year_months(row.fiscal_year)]
        known = [total for total in own if total is not None]
        found.append(Accuracy(row, sum(known), len(known)))
    return found


@dataclass(frozen=True)
class YearRow:
    """A service (None: altogether) in the year in progress, in minor units.

    `spent`: issued bills. `rest`: what the months to come may bring. `budget` None: none entered.
    """

    service: Service | None
    spent: int
    rest: Range
    budget: int | None

    @property
    def year(self) -> Range:
        """Spent and rest together."""
        return replace(
            self.rest,
            low=self.rest.low + self.spent,
            expected=self.rest.expected + self.spent,
            high=self.rest.high + self.spent,
        )

    @property
    def share(self) -> Fraction | None:
        """Spent as a share of the budget."""
        return share_of(self.spent, self.budget) if self.budget is not None else None

    @property
    def state(self) -> str:
        """good, watch (expected above the budget), bad (spent), unknown (no budget)."""
        if self.budget is None:
            return "unknown"
        return standing(self.spent, self.year.expected, self.budget)


@dataclass(frozen=True)
class YearEnd:
    """An agency's year in progress: by service, and altogether."""

    agency_id: UUID
    fiscal_year: int
    currency: str
    issued: Sequence[str]
    rows: Sequence[YearRow]
    total: YearRow
    by_month: Mapping[str, int]


def spent_by_service(
    agency_id: UUID, months: Sequence[str]
) -> tuple[dict[UUID, int], dict[str, int]]:
    """Issued amounts of some months by service, and by month."""
    bills = Bill.objects.filter(agency_id=agency_id, state="issued", period__in=months)
    by_month = dict(bills.order_by("period").values_list("period", "total_minor"))
    rows = (
        BillLine.objects.filter(bill__in=bills.values("pk"))
        .values_list("service_id")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    return {service: int(total) for service, total in rows}, by_month


def year_end(actor: Actor, agency_id: UUID, fiscal_year: int) -> YearEnd:
    """Issued months plus what the rest is expected to bring, with an interval, beside budgets.

    An item's rest is its signed forecast's (else its trend's) part for the months not issued yet.
    """
    require_own(actor, agency_id)
    months = year_months(fiscal_year)
    spent, by_month = spent_by_service(agency_id, [month.code for month in months])
    rest = _rest(actor, agency_id, fiscal_year, [m for m in months if m.code not in by_month])
    budgets = {
        row.service_id: row.amount_minor
        for row in BudgetAmount.objects.filter(agency_id=agency_id, fiscal_year=fiscal_year)
    }
    keys = spent.keys() | rest.keys() | {key for key in budgets if key is not None}
    services = Service.objects.filter(pk__in=keys).order_by("name")
    rows = [
        YearRow(row, spent.get(row.pk, 0), rest.get(row.pk, NOTHING), budgets.get(row.pk))
        for row in services
    ]
    whole = budgets.get(None)
    if whole is None and budgets:
        whole = sum(budgets.values())
    total = YearRow(
        None, sum(row.spent for row in rows), sum((row.rest for row in rows), NOTHING), whole
    )
    return YearEnd(
        agency_id, fiscal_year, centre().currency, sorted(by_month), rows, total, by_month
    )


def _rest(
    actor: Actor, agency_id: UUID, fiscal_year: int, months: Sequence[FiscalPeriod]
) -> dict[UUID, Range]:
    """What the months to come may bring, by service."""
    if not months:
        return {}
    known = billed_months(actor, agency_id)
    billed = billed_quantities(actor, known, agency_id)
    signed = signed_forecasts(fiscal_year, agency_id)
    uses = uses_of_year(actor, fiscal_year, agency_id)
    versions, currency = approved_versions(item for _agency, item in uses), centre().currency
    items = ChargeItem.objects.in_bulk([item for _agency, item in uses])
    code = agency(actor, agency_id).code
    priced = {item: months_priced(versions[item], months)[0] for _agency, item in uses}
    mixes = _own_mixes(actor, agency_id, priced)
    found: dict[UUID, Range] = defaultdict(lambda: NOTHING)
    for key, year in uses.items():
        models, mix = priced[key[1]], mixes.get(key[1], ())
        if year.method == "fixed":
            still = Expected(Decimal(0), None, None, "fixed", 0)
            part = range_of(still, models, currency, True, code)
        else:
            history = history_of(billed.get(key, {}), known)
            rest = expect(signed.get(key), history, len(months))
            part = range_of(rest, models, currency, agency=code, mix=mix)
        found[items[key[1]].service_id] += part
    return found


def thresholds_of(actor: Actor, agency_id: UUID) -> list[int]:
    """At which percentages an agency is told."""
    require_own(actor, agency_id)
    row = BudgetThresholds.objects.filter(agency_id=agency_id).first()
    return list(row.percentages) if row else list(THRESHOLDS)


def alerts(actor: Actor, agency_id: UUID, fiscal_year: int) -> list[BudgetAlert]:
    """What an agency was told about its budgets of a year, newest first."""
    require_own(actor, agency_id)
    rows = BudgetAlert.objects.filter(agency_id=agency_id, fiscal_year=fiscal_year)
    return list(rows.select_related("service").order_by("-told_at", "-percentage")[:200])
