"""Each service's own account: what it charged, what it cost, what it holds, what must be done.

Nothing here ever adds two services together (design law 5; HHS DAB 1876 and 2010).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

from ..domain.cost_model import total_of
from ..domain.recovery import (
    ALLOCATED_LIMIT,
    RESERVE_DAYS,
    VARIANCE_PERCENT,
    Account,
    Figures,
    Outlook,
    Reserve,
    days_text,
    outlook_of,
    reserve_of,
)
from ..models import (
    AccountEntry,
    Adjustment,
    AdjustmentPart,
    AllocationRun,
    BillLine,
    CostLine,
    RecoveryRule,
)
from .cost_model import VIEW, lines_with_pool
from .credits import returned_lines
from .rates import fiscal_periods

REDUCTION = "discount"
"""The kind of a bill line that takes off what a price reduction says."""
NON_CASH = ("depreciation", "amortisation", "amortization", "non-cash", "noncash")
"""Kinds of ledger lines that are expense and cost no cash."""
DEFAULTS: Mapping[str, Fraction] = {
    "reserve_days": Fraction(RESERVE_DAYS),
    "allocated_limit": Fraction(ALLOCATED_LIMIT),
    "variance_percent": VARIANCE_PERCENT,
}


@dataclass(frozen=True)
class ServiceRecovery:
    """A service's account with its reserve test and the year's end as foreseen."""

    service: Service
    account: Account
    reserve: Reserve
    outlook: Outlook | None
    adjustments: Sequence[Adjustment] = ()

    @property
    def state(self) -> str:
        """`unknown`, `good`, `watch` or `bad`, the worse of reserve and outlook."""
        if self.account.closing is None:
            return "unknown"
        if self.reserve.state in {"bad", "watch"}:
            return self.reserve.state
        if self.outlook is not None and self.outlook.beyond:
            return "bad" if self.outlook.over < 0 else "watch"
        return "good"


@dataclass(frozen=True)
class PublicPosition:
    """What everybody may know of a service's position this fiscal year, in minor units.

    None: it cannot be determined. `reserve_days`: days of cash expense that the balance pays for.
    `through`: the last closed month.
    """

    service_id: UUID
    service_code: str
    service_name: str
    fiscal_year: int
    through: str
    currency: str
    opening: int | None
    revenue: int | None
    imputed: int | None
    cost: int | None
    result: int | None
    closing: int | None
    reserve_days: Decimal | None
    reserve_limit: Decimal
    state: str
    missing: Sequence[str]


_CLOSED = """
SELECT c.period, newest.id, newest.totals, newest.allowable
  FROM charging_closerun c LEFT JOIN LATERAL (
    SELECT r.id, r.result -> 'totals' AS totals, r.result -> 'allowable' -> 'totals' AS allowable
      FROM charging_allocationrun r
     WHERE r.agency_id = c.agency_id AND r.basis = 'actual' AND r.label = c.period
       AND r.first_period = c.period AND r.last_period = c.period
     ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1) newest ON true
 WHERE c.state = 'done' ORDER BY c.period"""
"""Every closed month with its newest allocation: what it gave each service, on both bases."""


@dataclass(frozen=True)
class _Closed:
    """A closed month: its newest allocation and what that gave the services."""

    period: str
    run_id: UUID | None
    totals: Any
    allowable: Any

    def cost(self, code: str, currency: str) -> int | None:
        """A service's cost in minor units; None: the month has no allocation."""
        return self._of(self.totals, code, currency)

    def allowed(self, code: str, currency: str) -> int | None:
        """The part that grants may bear; None: the allocation does not say."""
        return self._of(self.allowable, code, currency)

    @staticmethod
    def _of(totals: Any, code: str, currency: str) -> int | None:
        if totals is None:
            return None
        return Money.exactly(total_of({"totals": totals}, code), currency).minor


def closed_months() -> list[_Closed]:
    """Every month from the first closed one to the last; one that was left out has no cost."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED)
        rows = [
            _Closed(
                row[0],
                row[1],
                *(json.loads(each) if isinstance(each, str) else each for each in row[2:]),
            )
            for row in cursor.fetchall()
        ]
    known = {row.period: row for row in rows}
    if not rows:
        return []
    month, found = FiscalPeriod.parse(rows[0].period), []
    while month.code <= rows[-1].period:
        found.append(known.get(month.code) or _Closed(month.code, None, None, None))
        month = month.shift(1)
    return found


def _billed() -> dict[UUID, tuple[dict[str, int], dict[str, int]]]:
    """Per service, by month: what issued bills charged, and what reductions took off."""
    rows = (
        BillLine.objects.filter(bill__state="issued")
        .exclude(id__in=returned_lines())
        .values_list("service_id", "bill__period", "kind")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    found: dict[UUID, tuple[dict[str, int], dict[str, int]]] = defaultdict(
        lambda: (defaultdict(int), defaultdict(int))
    )
    for service, period, kind, amount in rows:
        billed, imputed = found[service]
        billed[period] += int(amount)
        if kind == REDUCTION:
            imputed[period] -= int(amount)
    return found


def _entries() -> dict[UUID, dict[str, dict[str, int]]]:
    """Per service and column, by month: approved entries of its account."""
    columns = {
        "opening": ("opening", 1),
        "other_revenue": ("other", 1),
        "transfer_in": ("transfers", 1),
        "transfer_out": ("transfers", -1),
    }
    found: dict[UUID, dict[str, dict[str, int]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(int))
    )
    rows = AccountEntry.objects.filter(state="approved").values_list(
        "service_id", "kind", "period", "amount_minor"
    )
    for service, kind, period, amount in rows:
        column, sign = columns[kind]
        found[service][column][period] += sign * amount
    for service, day, amount, interest in _given_back():
        found[service]["returned"][FiscalPeriod.of_date(day).code] += amount + interest
    return found


def _given_back() -> Iterable[tuple[UUID, date, int, int]]:
    """Year-end adjustments that were carried out by refund or credit: service, day, amounts."""
    done = dict(
        Adjustment.objects.filter(carried_out_on__isnull=False).values_list("id", "carried_out_on")
    )
    rows = (
        AdjustmentPart.objects.filter(adjustment_id__in=done, way__in=("refund", "credit"))
        .values_list("adjustment_id", "service_id")
        .annotate(amount=Sum("amount_minor"), interest=Sum("interest_minor"))
        .order_by()
    )
    for adjustment, service, amount, interest in rows:
        day = done[adjustment]
        if day is not None:
            yield service, day, int(amount), int(interest)


def _non_cash(months: Sequence[_Closed]) -> dict[str, dict[str, int]]:
    """Per month, by service code: the depreciation and the like in its cost, in minor units.

    A pool's lines of these kinds reach the services by the run's own resolved shares.
    """
    kinds = Q()
    for kind in NON_CASH:
        kinds |= Q(kind__iexact=kind)
    actual = CostLine.objects.filter(kinds, agency_id=centre().agency_id, basis="actual")
    wanted = set(actual.values_list("period", flat=True).distinct())
    runs = {row.run_id: row.period for row in months if row.run_id and row.period in wanted}
    found: dict[str, dict[str, int]] = {}
    for run in AllocationRun.objects.filter(id__in=runs).prefetch_related("edges"):
        period = runs[run.pk]
        lines = lines_with_pool("actual", period, period, run.ledger).filter(kinds)
        held = dict(lines.values_list("pool_code").annotate(total=Sum("amount_minor")).order_by())
        parts: dict[str, Fraction] = defaultdict(Fraction)
        for edge in run.edges.all():
            if edge.source in held:
                share = Fraction(int(edge.numerator), int(edge.denominator))
                parts[edge.target] += share * int(held[edge.source])
        found[period] = {target: round(part) for target, part in parts.items()}
    return found


def all_figures(services: Iterable[Service]) -> dict[UUID, Figures]:
    """What the record says of each service's account, from its first closed month on."""
    currency, months = centre().currency, closed_months()
    billed, entries, non_cash = _billed(), _entries(), _non_cash(months)
    found = {}
    for service in services:
        charged, imputed = billed[service.pk]
        own = entries[service.pk]
        found[service.pk] = Figures(
            billed=charged,
            imputed=imputed,
            costs={month.period: month.cost(service.code, currency) for month in months},
            noncash={period: each.get(service.code, 0) for period, each in non_cash.items()},
            allowable={month.period: month.allowed(service.code, currency) for month in months},
            other=own["other"],
            transfers=own["transfers"],
            returned=own["returned"],
            opening=own["opening"],
        )
    return found


def fiscal_year_of(day: date) -> int:
    """The fiscal year of a local day."""
    return FiscalPeriod.of_date(day).fiscal_year(centre().fiscal_year_start_month)


def _account(service: Service, figures: Figures, fiscal_year: int) -> Account:
    own = fiscal_periods(fiscal_year)
    months = figures.months()
    return Account(
        service=service.code,
        fund=service.fund_code,
        fiscal_year=fiscal_year,
        before=[month for month in months if month.period < own[0]],
        months=[month for month in months if own[0] <= month.period <= own[-1]],
        currency=centre().currency,
        name=service.name,
    )


def rules_in_force(day: date) -> list[RecoveryRule]:
    """The approved limits of recovery in force on a day; those of one service come last."""
    found = RecoveryRule.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=day), state="approved", starts__lte=day
    )
    return sorted(found, key=lambda row: (row.service_id is not None, row.starts, row.recorded_at))


def limit_of(rules: Sequence[RecoveryRule], kind: str, service_id: UUID) -> Fraction:
    """The limit that holds for a service: its own, else everybody's, else the law's default."""
    value = DEFAULTS[kind]
    for rule in rules:
        if rule.kind == kind and rule.service_id in (None, service_id):
            value = Fraction(rule.value)
    return value


def _recoveries(services: Sequence[Service], fiscal_year: int, day: date) -> list[ServiceRecovery]:
    figures, rules = all_figures(services), rules_in_force(day)
    made: dict[UUID, list[Adjustment]] = defaultdict(list)
    for row in Adjustment.objects.filter(service__in=services).order_by("-id"):
        made[row.service_id].append(row)
    found = []
    for service in services:
        account = _account(service, figures[service.pk], fiscal_year)
        found.append(
            ServiceRecovery(
                service=service,
                account=account,
                reserve=reserve_of(account, limit_of(rules, "reserve_days", service.pk)),
                outlook=outlook_of(account, limit_of(rules, "variance_percent", service.pk)),
                adjustments=made[service.pk],
            )
        )
    return found


def recoveries(
    actor: Actor, fiscal_year: int | None = None, on: date | None = None
) -> list[ServiceRecovery]:
    """Every service's account in a fiscal year (the present one), by code; none are added up.

    `on`: the day whose limits hold; today if left out.
    """
    require(actor, VIEW)
    day = on or today(centre().zone)
    year = fiscal_year or fiscal_year_of(day)
    return _recoveries(list(Service.objects.order_by("code")), year, day)


def recovery(actor: Actor, service: str, fiscal_year: int | None = None) -> ServiceRecovery:
    """One service's account by code (RECOVERY-404)."""
    require(actor, VIEW)
    found = Service.objects.filter(code=service).first()
    if found is None:
        raise NotFound(
            "RECOVERY-404", f"There is no service “{service}”. See the list of services."
        )
    day = today(centre().zone)
    return _recoveries([found], fiscal_year or fiscal_year_of(day), day)[0]


def recovery_years(actor: Actor) -> list[int]:
    """The fiscal years that have a closed month, and the present one, newest first."""
    require(actor, VIEW)
    start = centre().fiscal_year_start_month
    years = {FiscalPeriod.parse(month.period).fiscal_year(start) for month in closed_months()}
    return sorted(years | {fiscal_year_of(today(centre().zone))}, reverse=True)


def public_positions(
    actor: Actor = ANONYMOUS, fiscal_year: int | None = None
) -> list[PublicPosition]:
    """Every service's position for the public rate book: no agency's figures, totals alone.

    Read in the centre's scope on purpose, as the rate book's own figures are.
    """
    with act_as(SYSTEM):
        return [_public(row) for row in recoveries(SYSTEM, fiscal_year)]


def public_position(actor: Actor, code: str) -> PublicPosition:
    """One service's position this fiscal year, for everybody (RECOVERY-404).

    Read in the centre's scope on purpose, as `public_positions` is.
    """
    with act_as(SYSTEM):
        return _public(recovery(SYSTEM, code))


def _public(row: ServiceRecovery) -> PublicPosition:
    account = row.account
    return PublicPosition(
        service_id=row.service.pk,
        service_code=row.service.code,
        service_name=row.service.name,
        fiscal_year=account.fiscal_year,
        through=account.last,
        currency=account.currency,
        opening=account.opening,
        revenue=account.of("revenue"),
        imputed=account.of("imputed"),
        cost=account.of("cost"),
        result=account.result,
        closing=account.closing,
        reserve_days=days_text(row.reserve.days),
        reserve_limit=Decimal(row.reserve.limit.numerator) / row.reserve.limit.denominator,
        state=row.state,
        missing=account.missing,
    )
