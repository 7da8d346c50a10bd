"""Reads of opening hours: calendars, their versions, and what a draft would change."""

from __future__ import annotations

from uuid import UUID

from ..access.public import Actor
from ..schema.public import Listing, NotFound, Place, listing
from .hours import would_be
from .models import CalendarVersion, WorkingCalendar
from .registry import calendar_previews

PROPOSE = "catalogue.propose_calendar"
APPROVE = "catalogue.approve_calendar"


def calendars(actor: Actor, place: Place | None = None) -> Listing[WorkingCalendar]:
    """Every calendar by its code. Public: promised times follow from them."""
    return listing(WorkingCalendar.objects.all(), ["code"], place)


def calendar(actor: Actor, code: str) -> WorkingCalendar:
    """The calendar with a code (CATALOGUE-426)."""
    found = WorkingCalendar.objects.filter(code=code).first()
    if found is None:
        raise NotFound("CATALOGUE-426", f"There is no calendar “{code[:60]}”. See the list.")
    return found


def _sees_drafts(actor: Actor) -> bool:
    return actor.kind == "system" or (
        actor.centre and (actor.may(PROPOSE) or actor.may(APPROVE) or actor.may("agreements.view"))
    )


def calendar_versions(
    actor: Actor, calendar_id: UUID, place: Place | None = None
) -> Listing[CalendarVersion]:
    """The hours of a calendar, newest first; what is not accepted is the centre's own to see."""
    rows = CalendarVersion.objects.filter(calendar_id=calendar_id).select_related("calendar")
    if not _sees_drafts(actor):
        rows = rows.filter(state="accepted")
    return listing(rows, ["-recorded_at", "-id"], place)


def calendar_version(actor: Actor, version_id: UUID) -> CalendarVersion:
    """One version with its days (CATALOGUE-427)."""
    rows = CalendarVersion.objects.select_related("calendar").prefetch_related("days")
    found = rows.filter(pk=version_id).first()
    if found is None or (found.state != "accepted" and not _sees_drafts(actor)):
        raise NotFound("CATALOGUE-427", "There are no such opening hours. See the calendar.")
    return found


def calendar_changes(actor: Actor, version_id: UUID) -> dict[str, int]:
    """What accepting a draft or proposal would change, as counts by name."""
    version = calendar_version(actor, version_id)
    return calendar_previews(actor, version.calendar.code, would_be(version))
