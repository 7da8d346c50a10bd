"""Reads of the monthly closes: every month, and one with its steps."""

from __future__ import annotations

from django.db.models import QuerySet

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.schema.public import NotFound

from ..models import CloseRun

VIEW = "charging.view_all_bills"


def _visible(actor: Actor) -> QuerySet[CloseRun]:
    require(actor, VIEW)
    return CloseRun.objects.prefetch_related("steps")


def closes(actor: Actor, *, before: str = "", limit: int = 50) -> list[CloseRun]:
    """A page of closes with their steps, newest month first; `before` is the last page's month."""
    found = _visible(actor)
    if before:
        found = found.filter(period__lt=before)
    return list(found.order_by("-period")[:limit])


def close_run(actor: Actor, period: str) -> CloseRun:
    """One month's close with its steps (CLOSE-404 before it is started)."""
    found = _visible(actor).filter(period=FiscalPeriod.parse(period).code).first()
    if found is None:
        raise NotFound("CLOSE-404", f"The close of {period} was not started yet. Start it first.")
    return found
