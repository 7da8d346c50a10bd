"""Writes: opening hours. A version is drafted, proposed, and accepted by a second person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ...access.public import Actor, require
from ...audit.public import action, record
from ...authority.public import Decision, approve, propose, reject, withdraw
from ...calendar.public import Window, check_calendar, now
from ...calendar.public import WorkingCalendar as Calendar
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ...words import public as words
from ..domain import CatalogueError
from ..domain.calendars import MOST_DAYS, Hours, check_hours
from ..holiday_feed import holiday_source, holidays_of
from ..hours import hours_of, zone_of
from ..models import CalendarDay, CalendarVersion, WorkingCalendar
from ..models.calendars import DAY_KINDS
from ..registry import open_from, tell_calendar_watchers
from .services import _code, _text

PROPOSE = "catalogue.propose_calendar"
APPROVE = "catalogue.approve_calendar"
SUBJECT = "catalogue.CalendarVersion"
Week = Sequence[Sequence[int]]


@action
def create_calendar(*, actor: Actor, code: str, name: str, zone: str = "") -> WorkingCalendar:
    """Make a calendar without hours yet; an empty zone is the centre's own.

    Refused: a code that is none (CATALOGUE-101) or taken (135), no name (102), no such zone
    (CALENDAR-104).
    """
    require(actor, PROPOSE)
    _code(code[:61], "calendar")
    if zone:
        _check_zone(code, zone)
    try:
        with transaction.atomic():
            made = WorkingCalendar.objects.create(
                code=code, name=_text(name, "name of the calendar")[:120], zone=zone
            )
    except IntegrityError as twice:
        raise Conflict(
            "CATALOGUE-135", f"There is a calendar “{code}” already. Propose new hours for it."
        ) from twice
    record(
        actor=actor, verb="catalogue.calendar_created", target=made,
        payload={"code": code, "zone": zone},
    )  # fmt: skip
    return made


def _check_zone(code: str, zone: str) -> None:
    check_calendar(Calendar(code, zone, (Window(0, 0, 1),)))


@action
def draft_calendar(
    *, actor: Actor, code: str, starts: date, note: str, weekly: Week | None = None
) -> CalendarVersion:
    """Begin new hours of a calendar from a local day on: a copy of the last accepted ones, with
    the days from then on, and with `weekly` where it is given.

    Refused: no such calendar (CATALOGUE-426), a day in a closed month (136), no note (137), no
    hours to copy (138), hours that are none (CALENDAR-103, 105).
    """
    require(actor, PROPOSE)
    calendar = WorkingCalendar.objects.select_for_update().filter(code=code).first()
    if calendar is None:
        raise NotFound("CATALOGUE-426", f"There is no calendar “{code[:60]}”. Create it first.")
    held = calendar.versions.filter(state="accepted")
    before = held.filter(starts__lte=starts).order_by("-starts", "-accepted_at").first()
    before = before or held.order_by("starts", "-accepted_at").first()
    _require_open(calendar, starts)
    if not note.strip():
        raise CatalogueError(
            "CATALOGUE-137", "Say why these hours hold, in a few words.", field="note"
        )
    if weekly is None and before is None:
        raise CatalogueError(
            "CATALOGUE-138", "Give the hours of the week: there are none to copy.", field="weekly"
        )
    hours = [list(each) for each in (before.weekly if before and weekly is None else weekly or [])]
    made = CalendarVersion(
        calendar=calendar, starts=starts, weekly=sorted(hours), note=note.strip()[:500],
        recorded_by=actor.user_id,
    )  # fmt: skip
    check_hours(calendar.code, zone_of(calendar), _week_alone(made))
    made.save()
    if before is not None:
        CalendarDay.objects.bulk_create(
            CalendarDay(version=made, day=each.day, kind=each.kind, windows=each.windows,
                        reason=each.reason, source=each.source, accepted=True)
            for each in before.days.filter(day__gte=starts, accepted=True)
        )  # fmt: skip
    record(
        actor=actor, verb="catalogue.calendar_drafted", target=made,
        payload={"calendar": code, "starts": starts, "weekly": made.weekly},
    )  # fmt: skip
    return made


def _week_alone(version: CalendarVersion) -> Hours:
    week = tuple((int(day), int(start), int(end)) for day, start, end in version.weekly)
    return Hours(version.starts, now(), week)


def _require_open(calendar: WorkingCalendar, starts: date) -> None:
    """Closed months keep the hours they were closed with (R10); a calendar's first hours may
    reach back, as nothing was computed with it."""
    earliest = open_from()
    if earliest is None or starts >= earliest:
        return
    if calendar.versions.filter(state="accepted").exists():
        raise CatalogueError(
            "CATALOGUE-136",
            f"Months before {earliest} are closed and keep their hours. Start on {earliest} or "
            "later.",
            field="starts",
        )


def _draft(version_id: UUID) -> CalendarVersion:
    found = (
        CalendarVersion.objects.select_for_update(of=("self",))
        .select_related("calendar")
        .filter(pk=version_id)
        .first()
    )
    if found is None:
        raise NotFound("CATALOGUE-427", "There are no such opening hours. See the calendar.")
    if found.state != "draft":
        raise Conflict(
            "CATALOGUE-139",
            f"These hours are {found.state}, so they stay as they are. Draft new ones.",
        )
    return found


@action
def put_calendar_day(
    *,
    actor: Actor,
    version_id: UUID,
    day: date,
    kind: str,
    reason: str,
    windows: Sequence[Sequence[int]] = (),
) -> CalendarDay:
    """Say in a draft which hours a day has instead of the week's: closed (none), partial, or extra.

    The day is accepted by whoever puts it. Refused: hours that do not fit the kind (CATALOGUE-140),
    no reason (102), hours that are none (CALENDAR-103), a day before the version begins where the
    calendar has others (141).
    """
    require(actor, PROPOSE)
    version = _draft(version_id)
    if kind not in dict(DAY_KINDS) or (kind == "closed") == bool(windows):
        raise CatalogueError(
            "CATALOGUE-140",
            "A closed day has no hours; a day with other hours, or an extra opening, has some. "
            "Give its hours, or say that it is closed.",
            field="windows",
        )
    _require_within(version, day)
    row, _made = CalendarDay.objects.update_or_create(
        version=version,
        day=day,
        defaults={
            "kind": kind,
            "windows": [list(each) for each in windows],
            "reason": _text(reason, "reason of the day")[:200],
            "source": "",
            "accepted": True,
        },
    )
    check_hours(version.calendar.code, zone_of(version.calendar), hours_of(version))
    record(
        actor=actor, verb="catalogue.calendar_day_put", target=version,
        payload={"day": day, "kind": kind, "windows": row.windows},
    )  # fmt: skip
    return row


def _require_within(version: CalendarVersion, day: date) -> None:
    others = version.calendar.versions.filter(state="accepted").exists()
    if others and day < version.starts:
        raise CatalogueError(
            "CATALOGUE-141",
            f"These hours begin on {version.starts}; the day {day} is before. Choose a later day.",
            field="day",
        )
    if version.days.count() >= MOST_DAYS:
        raise CatalogueError(
            "CATALOGUE-142", f"A version holds at most {MOST_DAYS} days. Begin another version."
        )


@action
def propose_holidays(
    *,
    actor: Actor,
    version_id: UUID,
    country: str,
    years: Collection[int],
    subdivision: str = "",
    categories: Collection[str] = (),
) -> list[CalendarDay]:
    """Put public holidays into a draft for a person to look at; none counts before (R22).

    Days that the draft holds already stay as they are, as do those before it begins. Refused:
    places, years or kinds that are not known (CATALOGUE-132 to 134).
    """
    require(actor, PROPOSE)
    version = _draft(version_id)
    found = holidays_of(country, subdivision, years=years, categories=categories)
    known = set(version.days.values_list("day", flat=True))
    source = holiday_source(country, subdivision)
    first = version.starts if version.calendar.versions.filter(state="accepted").exists() else None
    rows = CalendarDay.objects.bulk_create(
        CalendarDay(version=version, day=day, reason=name[:200], source=source[:120])
        for day, name in found
        if day not in known and (first is None or day >= first)
    )
    if not version.source:
        version.source = source[:200]
        version.save(update_fields=["source"])
    record(
        actor=actor, verb="catalogue.holidays_proposed", target=version,
        payload={"country": country, "subdivision": subdivision, "years": sorted(set(years)),
                 "days": len(rows)},
    )  # fmt: skip
    return rows


@action
def mark_calendar_days(
    *, actor: Actor, version_id: UUID, accepted: bool, days: Collection[date] | None = None
) -> int:
    """Accept days of a draft, or strike them out; None: all that nobody looked at yet."""
    require(actor, PROPOSE)
    version = _draft(version_id)
    rows = version.days.filter(accepted=None) if days is None else version.days.filter(day__in=days)
    count = rows.update(accepted=accepted)
    record(
        actor=actor, verb="catalogue.calendar_days_marked", target=version,
        payload={"accepted": accepted, "days": count},
    )  # fmt: skip
    return count


@action
def propose_calendar(*, actor: Actor, version_id: UUID) -> CalendarVersion:
    """Put a draft before a second person; from here on it does not change.

    Refused: days that nobody looked at (CATALOGUE-143), no working time (CALENDAR-105).
    """
    require(actor, PROPOSE)
    version = _draft(version_id)
    open_days = version.days.filter(accepted=None).count()
    if open_days:
        raise CatalogueError(
            "CATALOGUE-143",
            f"{open_days} proposed days are neither accepted nor struck out. Look at them first.",
            field="days",
        )
    calendar = version.calendar
    check_hours(calendar.code, zone_of(calendar), hours_of(version))
    with override(centre().locale):
        statement = _("From %(day)s, the calendar “%(name)s” has new opening hours.") % {
            "day": words.day(version.starts), "name": calendar.name,
        }  # fmt: skip
    decision = propose(
        actor=actor, subject_type=SUBJECT, subject_id=version.pk,
        label=f"Opening hours {calendar.code} from {version.starts}",
        statement=f"{statement} {version.note}", permission=PROPOSE,
        effect={"calendar": calendar.code, "starts": version.starts, "weekly": version.weekly,
                "days": version.days.filter(accepted=True).count()},
    )  # fmt: skip
    version.decision_id, version.state = decision.pk, "proposed"
    version.save(update_fields=["decision_id", "state"])
    record(
        actor=actor, verb="catalogue.calendar_proposed", target=version,
        payload={"calendar": calendar.code, "starts": version.starts},
    )  # fmt: skip
    return version


@action
def decide_calendar(
    *, actor: Actor, version_id: UUID, approved: bool, reason: str = ""
) -> CalendarVersion:
    """Accept or reject proposed hours, as a second person; a rejection says why."""
    version = CalendarVersion.objects.filter(pk=version_id).first()
    if version is None or version.decision_id is None:
        raise NotFound("CATALOGUE-427", "There are no such proposed hours. See the calendar.")
    record(
        actor=actor, verb="catalogue.calendar_asked", target=version, payload={"approved": approved}
    )
    (approve if approved else reject)(actor=actor, decision_id=version.decision_id, reason=reason)
    version.refresh_from_db()
    return version


@action
def withdraw_calendar(*, actor: Actor, version_id: UUID) -> CalendarVersion:
    """Take back a draft, or one's own proposal; it stays on record and never holds."""
    require(actor, PROPOSE)
    version = CalendarVersion.objects.filter(pk=version_id).first()
    if version is not None and version.state == "proposed" and version.decision_id:
        withdraw(actor=actor, decision_id=version.decision_id)
    else:
        version = _draft(version_id)
        version.state = "withdrawn"
        version.save(update_fields=["state"])
    record(
        actor=actor, verb="catalogue.calendar_withdrawn", target=version,
        payload={"starts": version.starts},
    )  # fmt: skip
    version.refresh_from_db()
    return version


@action
def import_calendar(*, actor: Actor, document: Mapping[str, Any]) -> CalendarVersion:
    """Draft the hours of a `commonweal.calendar.v1` document, and make its calendar if need be.

    Its days wait to be looked at, as those of any feed (R22); days of the hours before that it does
    not name are struck out. CATALOGUE-144 for a document that
    is none.
    """
    require(actor, PROPOSE)
    try:
        if document["format"] != "commonweal.calendar.v1":
            raise ValueError
        code, starts = str(document["code"]), date.fromisoformat(document["starts"])
        weekly = [[int(day), int(start), int(end)] for day, start, end in document["weekly"]]
        days = [
            (date.fromisoformat(each["day"]), str(each["kind"]), str(each["reason"]),
             [[int(start), int(end)] for start, end in each["windows"]])
            for each in document["days"]
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _no_document() from error
    fits = all(kind in dict(DAY_KINDS) and (kind == "closed") != bool(hours) and reason.strip()
               for _day, kind, reason, hours in days)  # fmt: skip
    if not fits or len(days) > MOST_DAYS or len({each[0] for each in days}) != len(days):
        raise _no_document()
    if not WorkingCalendar.objects.filter(code=code).exists():
        create_calendar(
            actor=actor, code=code, name=str(document.get("name", code)),
            zone=str(document.get("zone", "")),
        )  # fmt: skip
    made = draft_calendar(
        actor=actor, code=code, starts=starts, weekly=weekly,
        note=str(document.get("note", "")) or "Imported from a file.",
    )  # fmt: skip
    made.days.update(accepted=False)
    for day, kind, reason, hours in days:
        CalendarDay.objects.update_or_create(
            version=made, day=day,
            defaults={"kind": kind, "windows": hours, "reason": reason.strip()[:200],
                      "source": "file", "accepted": None},
        )  # fmt: skip
    record(
        actor=actor, verb="catalogue.calendar_imported", target=made,
        payload={"calendar": code, "days": len(days)},
    )  # fmt: skip
    return made


def _no_document() -> CatalogueError:
    return CatalogueError(
        "CATALOGUE-144",
        "This is no commonweal.calendar.v1 document. Export a calendar to see what goes into one.",
    )


def put_calendar(actor: Actor, decision: Decision) -> None:
    """What an acceptance does: the hours hold from their first day on, and those who compute with
    the calendar are told."""
    row = CalendarVersion.objects.select_related("calendar").get(pk=decision.subject_id)
    _require_open(row.calendar, row.starts)
    row.state, row.accepted_at, row.accepted_by = "accepted", now(), actor.user_id
    row.save(update_fields=["state", "accepted_at", "accepted_by"])
    record(
        actor=actor, verb="catalogue.calendar_accepted", target=row,
        payload={"decision": decision.pk, "calendar": row.calendar.code, "starts": row.starts},
    )  # fmt: skip
    tell_calendar_watchers(actor, row.calendar.code)


def drop_calendar(actor: Actor, decision: Decision) -> None:
    """What a rejection or withdrawal does: the hours stay on record and never hold."""
    row = CalendarVersion.objects.get(pk=decision.subject_id)
    row.state = decision.state
    row.save(update_fields=["state"])
    record(
        actor=actor, verb="catalogue.calendar_refused", target=row,
        payload={"decision": decision.pk, "state": decision.state},
    )  # fmt: skip
