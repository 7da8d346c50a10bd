"""Free times as pages show them: some days, each with its times; and what a form says of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.words.public import clock

from ..centre.base import FormError
from ..requests import Asked

DAYS = 7


@dataclass(frozen=True)
class Day:
    """A day with its free times: (as the address has it, as it reads)."""

    day: date
    times: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Week:
    """Seven days with their free times, and the addresses of those before and behind."""

    days: Sequence[Day]
    earlier: str
    later: str
    zone: str

    @property
    def free(self) -> bool:
        """Whether any time of it is free."""
        return any(each.times for each in self.days)


def week(
    request: Asked,
    offer: casework.OfficeOffer,
    appointment: casework.Appointment | None = None,
    /,
    **kept: str,
) -> Week:
    """The week that `?from=` names, or the first one with a free time from today on. `kept`: what
    else the address holds."""
    actor, office = request.actor, offer.office
    today = casework.today_at(actor, office)
    last = today + timedelta(days=office.days_ahead)
    asked = _day(request.GET.get("from", ""))
    first = min(max(asked or _first_free(actor, offer, today, appointment), today), last)
    zone = casework.office_zone(actor, office)
    by_day: dict[date, list[tuple[str, str]]] = {
        first + timedelta(days=number): [] for number in range(DAYS)
    }
    for each in casework.free_times(actor, offer, first, DAYS, appointment):
        local = each.starts.astimezone(ZoneInfo(zone)).date()
        by_day[local].append((_text(each.starts), clock(each.starts, zone)))
    before, behind = first - timedelta(days=DAYS), first + timedelta(days=DAYS)
    return Week(
        [Day(day, times) for day, times in by_day.items() if day <= last],
        _address(max(before, today), kept) if first > today else "",
        _address(behind, kept) if behind <= last else "",
        zone,
    )


def _first_free(
    actor: Actor,
    offer: casework.OfficeOffer,
    today: date,
    appointment: casework.Appointment | None,
) -> date:
    """The day of the first free time, so that nobody turns over empty weeks."""
    found = casework.free_times(actor, offer, today, offer.office.days_ahead + 1, appointment)
    if not found:
        return today
    zone = ZoneInfo(casework.office_zone(actor, offer.office))
    return found[0].starts.astimezone(zone).date()


def _address(day: date, kept: dict[str, Any]) -> str:
    return "?" + urlencode({**{name: each for name, each in kept.items() if each}, "from": day})


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_asked(given: str) -> datetime | None:
    """The time that an address or a form names, if it is one."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def required_moment(given: str) -> datetime:
    """The time that a form must name (CASE-605)."""
    found = moment_asked(given)
    if found is None:
        raise FormError("CASE-605", _("Choose one of the free times."), field="starts")
    return found
