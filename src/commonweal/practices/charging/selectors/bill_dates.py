"""The dates of bills as service levels, month by month, for the centre and for one agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre

from ..domain.bill_dates import TARGETS, BillDates, Level, levels
from ..models import Bill, BillTarget, CloseStep, LineQuery
from .bills import visible_bills

MONTHS = 24


@dataclass(frozen=True)
class MonthLevels:
    """A month and its levels, each met, not met or not to be determined."""

    period: str
    levels: Sequence[Level]


def bill_targets(actor: Actor) -> Mapping[str, int]:
    """Working days by target; anybody may know them."""
    return {**TARGETS, **dict(BillTarget.objects.values_list("code", "days"))}


def bill_levels(actor: Actor, agency_id: UUID | None = None) -> list[MonthLevels]:
    """The last 24 months, newest first: of all bills, or of one agency's.

    The close is the centre's own record; only the days of its steps are the agency's to see.
    """
    if agency_id is None:
        require(actor, "charging.view_all_bills")
    bills = visible_bills(actor).order_by("-period")
    if agency_id is not None:
        bills = bills.filter(agency_id=agency_id)
    months = list(bills.values_list("period", flat=True).distinct()[:MONTHS])
    profile = centre()
    zone, day, targets = ZoneInfo(profile.zone), today(profile.zone), bill_targets(actor)
    steps = _steps(months)
    issued = _issued(months, agency_id)
    counted = _disputes(actor, months, agency_id)

    def local(moment: datetime | None) -> date | None:
        return moment.astimezone(zone).date() if moment else None

    return [
        MonthLevels(
            month,
            levels(
                BillDates(
                    month,
                    local(steps.get((month, "draft"))),
                    local(steps.get((month, "preview"))),
                    issued.get(month),
                    *counted.get(month, (0, 0, 0)),
                ),
                targets,
                day,
            ),
        )
        for month in months
    ]


def _steps(months: Sequence[str]) -> dict[tuple[str, str], datetime | None]:
    with act_as(SYSTEM):
        done = CloseStep.objects.filter(
            run__period__in=months, code__in=("draft", "preview"), state="done"
        )
        rows = list(done.values_list("run__period", "code", "finished_at"))
    return {(month, code): moment for month, code, moment in rows}


def _issued(months: Sequence[str], agency_id: UUID | None) -> dict[str, date]:
    """The day on which a month's last bill was issued; a month with one that is not is left out."""
    found = Bill.objects.filter(period__in=months)
    if agency_id is not None:
        found = found.filter(agency_id=agency_id)
    rows = found.values_list("period").annotate(
        last=Max("issued_on"), waiting=Count("id", filter=~Q(state="issued"))
    )
    return {month: last for month, last, waiting in rows.order_by() if last and not waiting}


def _disputes(
    actor: Actor, months: Sequence[str], agency_id: UUID | None
) -> dict[str, tuple[int, int, int]]:
    """Per month: disputes, those answered late at some level, those whose time still runs."""
    found = LineQuery.objects.filter(kind="dispute", line__bill__period__in=months)
    if agency_id is not None:
        found = found.filter(agency_id=agency_id)
    late = Q(entries__kind="overdue")
    rows = found.values_list("line__bill__period").annotate(
        count=Count("id", distinct=True),
        late=Count("id", filter=late, distinct=True),
        open=Count("id", filter=Q(state="open"), distinct=True),
    )
    return {month: tuple(counts) for month, *counts in rows.order_by()}
