"""Opening hours: calendars, the hours of their week and their days, drafts, and what they move."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.catalogue import public as catalogue

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .base import FormError, attempt, day_field, done, show, text

SEE = ("catalogue.propose_calendar", "catalogue.approve_calendar", "casework.work")
PROPOSE = "catalogue.propose_calendar"
DAY = 1440


def weekdays() -> list[str]:
    """Monday to Sunday."""
    return [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
        _("Sunday"),
    ]  # fmt: skip


def states() -> dict[str, str]:
    """The states of a version in words."""
    return {
        "draft": _("Draft"),
        "proposed": _("Waits for a second person"),
        "accepted": _("Accepted"),
        "rejected": _("Rejected"),
        "withdrawn": _("Withdrawn"),
    }


@centre_only(*SEE)
@lists("catalogue.WorkingCalendar")
def calendars(request: Asked) -> HttpResponse:
    """Every calendar, and a form for another."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        code = text(request, "code")
        errors = attempt(
            lambda: catalogue.create_calendar(
                actor=request.actor, code=code, name=text(request, "name"),
                zone=text(request, "zone"),
            )
        )  # fmt: skip
        if not errors:
            said = _("The calendar is made. Give it its opening hours.")
            return done(request, said, "calendar", code)
    rows = catalogue.calendars(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "asked": request.POST,
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/calendars.jinja", context, errors)


def week_of(weekly: list[list[int]]) -> list[dict[str, Any]]:
    """The seven days with their hours in words, and as bars in hundredths of the day."""
    rows = []
    for number, name in enumerate(weekdays()):
        spans = [(start, end) for day, start, end in weekly if day == number]
        rows.append(
            {
                "name": name,
                "text": catalogue.spans_text(spans) or _("closed"),
                "bars": [
                    (start * 1000 // DAY, (min(end, DAY) - start) * 1000 // DAY)
                    for start, end in spans
                ],
            }
        )
    return rows


@centre_only(*SEE)
@lists("catalogue.CalendarVersion")
def calendar(request: Asked, code: str) -> HttpResponse:
    """One calendar: its versions, newest first, and a form that begins the next."""
    actor = request.actor
    found = catalogue.calendar(actor, code)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        made: list[catalogue.CalendarVersion] = []
        errors = attempt(lambda: made.append(_draft(request, code)))
        if not errors:
            said = _("The draft is made. Look at its days, then propose it.")
            return done(request, said, "calendar_version", made[0].pk)
    rows = catalogue.calendar_versions(actor, found.pk, place(request))
    held = next((row for row in rows if row.state == "accepted"), None)
    context = {
        "calendar": found,
        "rows": rows,
        "pages": pages(request, rows),
        "states": states(),
        "week": week_of(held.weekly) if held else [],
        "held": held,
        "weekdays": list(enumerate(weekdays())),
        "hours": [
            request.POST.get(f"day{number}", row["text"] if row["bars"] else "")
            for number, row in enumerate(week_of(held.weekly if held else []))
        ],
        "asked": request.POST,
        "may_propose": actor.may(PROPOSE),
    }
    return show(request, "centre/calendar.jinja", context, errors)


def _draft(request: Asked, code: str) -> catalogue.CalendarVersion:
    weekly = tuple(
        (number, start, end)
        for number in range(7)
        for start, end in catalogue.parse_spans(text(request, f"day{number}"), f"day{number}")
    )
    return catalogue.draft_calendar(
        actor=request.actor,
        code=code,
        starts=day_field(request, "starts", _("First day")),
        note=text(request, "note"),
        weekly=weekly,
    )


@centre_only(*SEE)
@report("the days of one version, 2,000 at most, most of them a few years' holidays")
def calendar_version(request: Asked, version_id: UUID) -> HttpResponse:
    """One version: its week, its days, what accepting it would move, and what comes next."""
    actor = request.actor
    found = catalogue.calendar_version(actor, version_id)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_act(request, found)))
        if not errors:
            return done(request, said[0], "calendar_version", version_id)
        found = catalogue.calendar_version(actor, version_id)
    kinds = {"closed": _("Closed"), "partial": _("Other hours"), "extra": _("Extra opening")}
    days = [
        {
            "day": row.day,
            "kind": kinds.get(row.kind, row.kind),
            "hours": catalogue.spans_text([(s, e) for s, e in row.windows]) or _("closed"),
            "reason": row.reason,
            "accepted": row.accepted,
        }
        for row in sorted(found.days.all(), key=lambda row: row.day)
    ]
    live = found.state in ("draft", "proposed")
    context = {
        "version": found,
        "calendar": found.calendar,
        "state": states()[found.state],
        "week": week_of(found.weekly),
        "days": days,
        "unseen": sum(row["accepted"] is None for row in days),
        "changes": catalogue.calendar_changes(actor, version_id) if live else {},
        "kinds": list(kinds.items()),
        "asked": request.POST,
        "may_propose": actor.may(PROPOSE),
        "may_decide": found.state == "proposed"
        and actor.may("catalogue.approve_calendar")
        and found.recorded_by != actor.user_id,
    }
    return show(request, "centre/calendar_version.jinja", context, errors)


def _act(request: Asked, version: catalogue.CalendarVersion) -> str:
    what, actor, pk = text(request, "what"), request.actor, version.pk
    if what == "day":
        catalogue.put_calendar_day(
            actor=actor,
            version_id=pk,
            day=day_field(request, "day", _("Day")),
            kind=text(request, "kind"),
            reason=text(request, "reason"),
            windows=catalogue.parse_spans(text(request, "hours"), "hours"),
        )
        return _("The day is in the draft.")
    if what == "holidays":
        years = [int(each) for each in text(request, "years").split() if each.isdigit()]
        rows = catalogue.propose_holidays(
            actor=actor,
            version_id=pk,
            country=text(request, "country").upper(),
            subdivision=text(request, "subdivision").upper(),
            years=years,
        )
        return ngettext(
            "%(n)s holiday waits for you to look at it.",
            "%(n)s holidays wait for you to look at them.",
            len(rows),
        ) % {"n": len(rows)}
    if what == "mark":
        catalogue.mark_calendar_days(
            actor=actor, version_id=pk, accepted=text(request, "yes") == "yes", days=_days(request)
        )
        return _("The days are marked.")
    return _decide(request, version)


def _days(request: Asked) -> list[date] | None:
    if text(request, "all"):
        return None
    found = []
    for given in request.POST.getlist("days"):
        try:
            found.append(date.fromisoformat(given))
        except ValueError as wrong:
            raise FormError("FORM-102", _("Choose days of the list."), field="days") from wrong
    if not found:
        raise FormError("FORM-102", _("Choose days of the list."), field="days")
    return found


def _decide(request: Asked, version: catalogue.CalendarVersion) -> str:
    what, actor, pk = text(request, "what"), request.actor, version.pk
    if what == "propose":
        catalogue.propose_calendar(actor=actor, version_id=pk)
        return _("It is proposed. A second person decides.")
    if what == "withdraw":
        catalogue.withdraw_calendar(actor=actor, version_id=pk)
        return _("It is withdrawn.")
    if what == "decide":
        approved = text(request, "yes") == "yes"
        catalogue.decide_calendar(
            actor=actor, version_id=pk, approved=approved, reason=text(request, "reason")
        )
        if approved:
            return _("The hours hold. Open cases are computed anew in a moment.")
        return _("The hours are rejected.")
    raise FormError("FORM-101", _("Choose what to do."), field="what")


@centre_only(PROPOSE)
def calendar_import(request: Asked) -> HttpResponse:
    """A calendar from a document that another one was saved as."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        made: list[catalogue.CalendarVersion] = []

        def read() -> None:
            try:
                document = json.loads(text(request, "document") or "null")
            except ValueError as wrong:
                words = _("This is not JSON. Paste the whole document of a calendar.")
                raise FormError("FORM-104", words, field="document") from wrong
            made.append(catalogue.import_calendar(actor=request.actor, document=document or {}))

        errors = attempt(read)
        if not errors:
            said = _("The draft is made. Look at its days, then propose it.")
            return done(request, said, "calendar_version", made[0].pk)
    context = {"asked": request.POST}
    return show(request, "centre/calendar_import.jinja", context, errors)
