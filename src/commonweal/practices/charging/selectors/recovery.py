"""Each service's own account: what it charged, what it cost, what it holds, what must be done.

Nothing here ever adds two services together (design law 5; HHS DAB 1876 and 2010).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, Actor, asking, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

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
    Adjustment,
    CloseRun,
    RecoveryRule,
)
from .account_record import all_figures, question, read_record, record_of
from .cost_model import VIEW
from .fiscal import fiscal_periods, fiscal_year_of

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
class ServicePosition:
    """What a service charged and what it cost over some months, in minor units (law 5: no netting).

    `revenue`: issued bill lines; `expense`: the service's full cost by the month's allocation.
    `months`: those with both; `missing`: closed months without an allocation of their costs, of
    which nothing can be said.
    """

    service_id: UUID
    service_code: str
    revenue: int
    expense: int
    currency: str
    months: Sequence[str]
    missing: Sequence[str] = ()

    @property
    def position(self) -> int:
        """Recovered beyond cost (negative: cost that was not recovered)."""
        return self.revenue - self.expense


@dataclass(frozen=True)
class PublicPosition:
    """What everybody may know of a service's position this fiscal year, in minor units.

    None: it cannot be determined. `reserve_days`: days of cash expense that the balance pays for.
    `through`: the last closed month. `counted`: the months of the year of which charges and cost
    are known, where `result` and the like may be None for one that is missing.
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
    counted: ServicePosition


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


def _recoveries(
    record: Mapping[str, Any],
    services: Sequence[Service],
    fiscal_year: int,
    day: date,
    made: Mapping[UUID, Sequence[Adjustment]],
) -> list[ServiceRecovery]:
    figures, rules = all_figures(record, services), rules_in_force(day)
    found = []
    for service in services:
        account = _account(service, figures[service.pk], fiscal_year)
        found.append(
            ServiceRecovery(
                service=service,
                account=account,
                reserve=reserve_of(account, limit_of(rules, "reserve_days", service.pk)),
                outlook=outlook_of(account, limit_of(rules, "variance_percent", service.pk)),
                adjustments=made.get(service.pk, ()),
            )
        )
    return found


def _made(services: Sequence[Service]) -> dict[UUID, list[Adjustment]]:
    """Each service's year-end adjustments, newest first."""
    made: dict[UUID, list[Adjustment]] = defaultdict(list)
    for row in Adjustment.objects.filter(service__in=services).order_by("-id"):
        made[row.service_id].append(row)
    return made


def recoveries(
    actor: Actor, fiscal_year: int | None = None, on: date | None = None
) -> list[ServiceRecovery]:
    """Every service's account in a fiscal year (the present one), by code; none are added up.

    `on`: the day whose limits hold; today if left out.
    """
    require(actor, VIEW)
    day = on or today(centre().zone)
    year = fiscal_year or fiscal_year_of(day)
    services = list(Service.objects.order_by("code"))
    return _recoveries(read_record(), services, year, day, _made(services))


def recovery(actor: Actor, service: str, fiscal_year: int | None = None) -> ServiceRecovery:
    """One service's account by code (RECOVERY-404)."""
    require(actor, VIEW)
    found = Service.objects.filter(code=service).first()
    if found is None:
        raise NotFound(
            "RECOVERY-404", f"There is no service “{service}”. See the list of services."
        )
    day = today(centre().zone)
    year = fiscal_year or fiscal_year_of(day)
    return _recoveries(read_record(), [found], year, day, _made([found]))[0]


def recovery_years(actor: Actor) -> list[int]:
    """The fiscal years that have a closed month, and the present one, newest first."""
    require(actor, VIEW)
    start = centre().fiscal_year_start_month
    closed = CloseRun.objects.filter(state="done").values_list("period", flat=True)
    years = {FiscalPeriod.parse(period).fiscal_year(start) for period in closed}
    return sorted(years | {fiscal_year_of(today(centre().zone))}, reverse=True)


def public_positions(
    actor: Actor = ANONYMOUS,
    fiscal_year: int | None = None,
    services: Iterable[Service] | None = None,
) -> list[PublicPosition]:
    """Every service's position (or that of some) for the public rate book, by code.

    Published on purpose: totals of the whole centre per service, read in the centre's scope, and
    nothing of any single agency. As few statements for one service as for all, however many months.
    """
    day = today(centre().zone)
    with asking(SYSTEM, *question()) as row:
        wanted = list(Service.objects.order_by("code") if services is None else services)
        year = fiscal_year or fiscal_year_of(day)
        return [_public(each) for each in _recoveries(record_of(row), wanted, year, day, {})]


def _counted(row: ServiceRecovery) -> ServicePosition:
    account = row.account
    known = [month for month in account.months if month.cost is not None]
    return ServicePosition(
        row.service.pk,
        row.service.code,
        sum(month.billed for month in known),
        sum(month.cost or 0 for month in known),
        account.currency,
        [month.period for month in known],
        [month.period for month in account.months if month.cost is None],
    )


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
        counted=_counted(row),
    )
