"""What is in service becomes usage: once, or in every month that has begun."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..calendar.public import now
from ..party.public import centre
from .domain.ordering import months_due
from .models import Case, CaseOrder, CaseUsage


def note_usage(case: Case, order: CaseOrder, moment: datetime) -> int:
    """Note what an order has used up to a moment and was not noted yet; how many notes were made.

    The case and the month are the note's key, so that nothing counts twice.
    """
    zone = ZoneInfo(centre().zone)
    began = order.in_service_at or moment
    first = began.astimezone(zone).date()
    if order.recurs == "once":
        if order.counted is None:
            _note(case, order, "once", began, None)
            _counted(order, first)
            return 1
        return 0
    made = 0
    for month in months_due(first, order.counted, moment.astimezone(zone).date()):
        start, end = month.bounds(centre().zone)
        _note(case, order, str(month), max(start, began), end)
        _counted(order, month.first_day)
        made += 1
    return made


def _counted(order: CaseOrder, day: date) -> None:
    order.counted = day
    order.save(update_fields=["counted"])


def _note(
    case: Case, order: CaseOrder, period: str, starts: datetime, ends: datetime | None
) -> None:
    CaseUsage.objects.get_or_create(
        case=case,
        period=period,
        defaults={
            "agency_id": case.agency_id,
            "charge_item": order.charge_item,
            "quantity": order.quantity,
            "channel": case.channel,
            "closed_at": starts,
            "ends": ends,
        },
    )


def note_months(limit: int) -> int:
    """Note the months that have begun for everything in service; how many notes were made.

    Read in the order of ids, each locked, until the limit of notes is reached.
    """
    moment, made = now(), 0
    this = moment.astimezone(ZoneInfo(centre().zone)).date().replace(day=1)
    rows = (
        CaseOrder.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("case")
        .filter(state="in_service", recurs="monthly", counted__lt=this)
        .order_by("id")[:limit]
    )
    for order in rows:
        made += note_usage(order.case, order, moment)
    return made
