"""What the rooms above tell the agreements: which months are closed, and until when was used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from uuid import UUID

from ..jobs.public import all_manifests

OpenFrom = Callable[[], date | None]
LastUsed = Callable[[UUID, Collection[UUID], date], date | None]
_watches: list[tuple[OpenFrom, LastUsed]] = []


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
