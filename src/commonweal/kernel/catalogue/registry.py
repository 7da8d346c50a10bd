"""What the rooms above tell the agreements: which months are closed, and until when was used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from uuid import UUID

from ..access.public import Actor
from ..calendar.public import WorkingCalendar
from ..jobs.public import all_manifests

OpenFrom = Callable[[], date | None]
LastUsed = Callable[[UUID, Collection[UUID], date], date | None]
CalendarWatcher = Callable[[Actor, str], None]
CalendarPreview = Callable[[Actor, str, WorkingCalendar], Mapping[str, int]]
_watches: list[tuple[OpenFrom, LastUsed]] = []
_calendar_watchers: list[CalendarWatcher] = []
_calendar_previews: dict[str, CalendarPreview] = {}


def register_use(open_from: OpenFrom, last_used: LastUsed) -> None:
    """Announce what knows the past of orders.

    `open_from()`: the first day that is in no closed month (None: no month is closed).
    `last_used(agency, order lines, day)`: the last day from `day` on on which one of the lines was
    used, as far as that is open (None: not used).
    """
    if (open_from, last_used) not in _watches:
        _watches.append((open_from, last_used))


def open_from() -> date | None:
    """The first day from which an order may still change: the days before are billed."""
    all_manifests()
    days = [day for ask, _ in _watches if (day := ask()) is not None]
    return max(days, default=None)


def last_used(agency_id: UUID, line_ids: Collection[UUID], day: date) -> date | None:
    """The last day from a day on on which one of the lines was used."""
    all_manifests()
    days = [found for _, ask in _watches if (found := ask(agency_id, line_ids, day)) is not None]
    return max(days, default=None)


def register_calendar_watcher(watcher: CalendarWatcher) -> None:
    """Announce what is to be told, inside the transaction, when a version was accepted: `watcher(
    who accepted, code)`; whoever computes long puts a job into the queue."""
    if watcher not in _calendar_watchers:
        _calendar_watchers.append(watcher)


def register_calendar_preview(name: str, preview: CalendarPreview) -> None:
    """Announce what says what a calendar would change: `preview(actor, code, as it would be)`."""
    _calendar_previews[name] = preview


def tell_calendar_watchers(who: Actor, code: str) -> None:
    """A calendar has new hours: whoever computes with it is told."""
    all_manifests()
    for watcher in _calendar_watchers:
        watcher(who, code)


def calendar_previews(who: Actor, code: str, would_be: WorkingCalendar) -> dict[str, int]:
    """What would change with a calendar's new hours, as counts by name."""
    all_manifests()
    found: dict[str, int] = {}
    for name, preview in _calendar_previews.items():
        found |= {f"{name}.{what}": count for what, count in preview(who, code, would_be).items()}
    return found
