"""Opening hours: read as people write them, drafted, accepted by a second person, kept for ever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from commonweal.kernel.access.public import ANONYMOUS
from commonweal.kernel.calendar.public import CalendarError, at, compiled, day_windows, micros
from commonweal.kernel.calendar.public import WorkingCalendar as Calendar
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue import registry
from commonweal.kernel.catalogue.domain.calendars import DayHours, Hours, chain
from commonweal.kernel.schema.public import CommonwealError, Conflict, Forbidden, NotFound

from .conftest import House, person

START = date(2026, 2, 2)
MORNING = [[day, 480, 720] for day in range(5)]


def accepted(house: House, code: str = "office", **changes: Any) -> catalogue.CalendarVersion:
    given = {"starts": START, "note": "As the council decided.", "weekly": MORNING, **changes}
    draft = catalogue.draft_calendar(actor=house.owner, code=code, **given)
    return settled(house, draft)


def settled(house: House, draft: catalogue.CalendarVersion) -> catalogue.CalendarVersion:
    catalogue.propose_calendar(actor=house.owner, version_id=draft.pk)
    return catalogue.decide_calendar(actor=house.director, version_id=draft.pk, approved=True)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("08:00-12:00, 13:00–17:00", ((480, 720), (780, 1020))),
        ("13:00 to 17:00,8:00-12:00", ((480, 720), (780, 1020))),
        ("22:00-02:00", ((1320, 1560),)),
        ("22:00-00:00", ((1320, 1440),)),
        ("00:00-24:00", ((0, 1440),)),
        ("", ()),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, spans: Any) -> None:
    assert catalogue.parse_spans(text) == spans
    assert catalogue.parse_spans(catalogue.spans_text(spans)) == spans


@pytest.mark.parametrize(
    "text", ["eight", "08:00", "08:60-09:00", "24:00-25:00", "08:00-08:00", "08-09",
             "08:00-12:00, 11:00-13:00", ",".join(f"{h:02}:00-{h:02}:30" for h in range(13))]
)  # fmt: skip
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(CommonwealError, match="CATALOGUE-130"):
        catalogue.parse_spans(text)


def test_each_day_goes_by_the_version_in_force_on_it() -> None:
    week = tuple((day, 480, 1020) for day in range(5))
    late = tuple((day, 600, 1080) for day in range(6))
    known = datetime(2026, 1, 1, tzinfo=UTC)
    found = chain(
        "office",
        "America/Chicago",
        [
            Hours(date(2026, 7, 1), known, late, (DayHours(date(2026, 7, 3), (), "Observed"),)),
            Hours(date(2026, 1, 1), known, week, (DayHours(date(2026, 1, 19), ()),
                                                  DayHours(date(2026, 7, 6), ()))),
        ],
    )  # fmt: skip
    assert day_windows(found, date(2025, 6, 2)) == ((480, 1020),)
    assert day_windows(found, date(2026, 1, 19)) == ()
    assert day_windows(found, date(2026, 6, 30)) == ((480, 1020),)
    assert day_windows(found, date(2026, 7, 3)) == ()
    assert day_windows(found, date(2026, 7, 6)) == ((600, 1080),), "the first version's day is over"
    assert day_windows(found, date(2026, 7, 4)) == ((600, 1080),)


def test_a_centre_begins_with_two_calendars_in_its_own_zone(house: House) -> None:
    assert [each.code for each in catalogue.calendars(ANONYMOUS)] == ["always", "office"]
    office, always = catalogue.calendar_for("office"), catalogue.calendar_for("always")
    assert office.zone == always.zone == "America/Chicago"
    plan = compiled(always)
    start = micros(datetime(2026, 3, 1, tzinfo=UTC))
    end = micros(datetime(2026, 4, 1, tzinfo=UTC))
    assert plan.worked(end) - plan.worked(start) == end - start
    assert day_windows(office, START) == ((480, 1020),)
    assert not day_windows(office, date(2026, 2, 1))


def test_hours_hold_when_a_second_person_accepted_them(house: House) -> None:
    draft = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=START, note="Mornings only.", weekly=MORNING
    )
    catalogue.propose_calendar(actor=house.owner, version_id=draft.pk)
    assert day_windows(catalogue.calendar_for("office"), START) == ((480, 1020),)
    with pytest.raises(Forbidden):
        catalogue.decide_calendar(actor=house.owner, version_id=draft.pk, approved=True)
    done = catalogue.decide_calendar(actor=house.director, version_id=draft.pk, approved=True)
    assert (done.state, done.accepted_by) == ("accepted", house.director.user_id)
    now_known = catalogue.calendar_for("office")
    assert day_windows(now_known, START) == ((480, 720),)
    assert day_windows(now_known, START - timedelta(days=3)) == ((480, 1020),)
    for do in (catalogue.propose_calendar, catalogue.withdraw_calendar):
        with pytest.raises(Conflict, match="CATALOGUE-139"):
            do(actor=house.owner, version_id=draft.pk)


def test_nobody_accepts_what_he_proposed_himself(house: House) -> None:
    both = person("service_owner")
    both = both.__class__(**{**both.__dict__, "grants": both.grants | house.director.grants})
    draft = catalogue.draft_calendar(actor=both, code="office", starts=START, note="Mine.")
    catalogue.propose_calendar(actor=both, version_id=draft.pk)
    with pytest.raises(CommonwealError, match="AUTHORITY-"):
        catalogue.decide_calendar(actor=both, version_id=draft.pk, approved=True)


def test_what_was_known_before_is_answered_as_it_was(house: House) -> None:
    before = datetime(2026, 1, 15, 12, tzinfo=UTC)
    with at(before + timedelta(days=1)):
        accepted(house)
        assert day_windows(catalogue.calendar_for("office"), START) == ((480, 720),)
        then = catalogue.calendar_for("office", known_at=before)
        assert day_windows(then, START) == ((480, 1020),)
        old = catalogue.calendar_as_of("office", START - timedelta(days=1))
        assert day_windows(old, START) == ((480, 1020),)
    with at(before + timedelta(days=2)):
        accepted(house, weekly=[[0, 540, 600]])
        assert day_windows(catalogue.calendar_for("office"), START) == ((540, 600),)


def test_an_accepted_version_and_its_days_never_change(house: House) -> None:
    done = accepted(house)
    for change in (
        lambda: catalogue.CalendarVersion.objects.filter(pk=done.pk).update(weekly=[[0, 0, 60]]),
        lambda: catalogue.CalendarDay.objects.create(version=done, day=START, reason="Late"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_holidays_count_once_a_person_accepted_them(house: House) -> None:
    draft = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=START, note="Federal holidays."
    )
    rows = catalogue.propose_holidays(
        actor=house.owner, version_id=draft.pk, country="US", years=[2026]
    )
    days = [row.day for row in rows]
    assert date(2026, 1, 1) not in days, "before the version begins"
    assert date(2026, 11, 26) in days
    assert all(row.accepted is None for row in rows)
    again = catalogue.propose_holidays(
        actor=house.owner, version_id=draft.pk, country="US", years=[2026]
    )
    assert again == []
    with pytest.raises(CommonwealError, match="CATALOGUE-143"):
        catalogue.propose_calendar(actor=house.owner, version_id=draft.pk)
    struck = [date(2026, 10, 12)]
    catalogue.mark_calendar_days(
        actor=house.owner, version_id=draft.pk, accepted=False, days=struck
    )
    count = catalogue.mark_calendar_days(actor=house.owner, version_id=draft.pk, accepted=True)
    assert count == len(rows) - 1
    settled(house, draft)
    found = catalogue.calendar_for("office")
    assert day_windows(found, date(2026, 11, 26)) == ()
    assert day_windows(found, struck[0]) == ((480, 1020),)
    later = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=date(2026, 11, 1), note="Copied."
    )
    copied = set(later.days.values_list("day", flat=True))
    assert date(2026, 11, 26) in copied
    assert struck[0] not in copied
    assert date(2026, 9, 7) not in copied


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"country": "XX"}, "CATALOGUE-132"),
        ({"subdivision": "ZZ"}, "CATALOGUE-132"),
        ({"years": []}, "CATALOGUE-133"),
        ({"years": range(1990, 2020)}, "CATALOGUE-133"),
        ({"years": [1200]}, "CATALOGUE-133"),
        ({"categories": ["nonsense"]}, "CATALOGUE-134"),
    ],
)
def test_a_feed_that_is_not_known_is_refused(changes: Any, code: str) -> None:
    given = {"country": "US", "subdivision": "", "years": [2026], "categories": [], **changes}
    with pytest.raises(CommonwealError, match=code):
        catalogue.holidays_of(given.pop("country"), given.pop("subdivision"), **given)


def test_days_with_other_hours(house: House) -> None:
    draft = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=START, note="A Saturday, a short day."
    )
    given = {"actor": house.owner, "version_id": draft.pk, "reason": "Election"}
    catalogue.put_calendar_day(
        day=date(2026, 2, 7), kind="extra", windows=[[540, 720], [1320, 1560]], **given
    )
    catalogue.put_calendar_day(day=date(2026, 2, 9), kind="partial", windows=[[480, 600]], **given)
    catalogue.put_calendar_day(day=date(2026, 2, 10), kind="closed", **given)
    for kind, windows in (("closed", [[1, 2]]), ("extra", []), ("holiday", [])):
        with pytest.raises(CommonwealError, match="CATALOGUE-140"):
            catalogue.put_calendar_day(day=date(2026, 2, 11), kind=kind, windows=windows, **given)
    with pytest.raises(CalendarError, match="CALENDAR-103"):
        catalogue.put_calendar_day(day=START, kind="extra", windows=[[720, 540]], **given)
    with pytest.raises(CommonwealError, match="CATALOGUE-141"):
        catalogue.put_calendar_day(day=date(2026, 1, 2), kind="closed", **given)
    settled(house, draft)
    found = catalogue.calendar_for("office")
    assert day_windows(found, date(2026, 2, 7)) == ((540, 720), (1320, 1560))
    assert day_windows(found, date(2026, 2, 9)) == ((480, 600),)
    assert day_windows(found, date(2026, 2, 10)) == ()
    assert day_windows(found, START) == ((480, 1020),), "what was refused left nothing"


def test_r19_hours_without_working_time_and_zones_that_are_none_are_refused(house: House) -> None:
    given = {"actor": house.owner, "code": "office", "starts": START, "note": "Never open."}
    with pytest.raises(CalendarError, match="CALENDAR-105"):
        catalogue.draft_calendar(weekly=[], **given)
    with pytest.raises(CalendarError, match="CALENDAR-103"):
        catalogue.draft_calendar(weekly=[[7, 0, 60]], **given)
    with pytest.raises(CalendarError, match="CALENDAR-104"):
        catalogue.create_calendar(actor=house.owner, code="moon", name="Moon", zone="Moon/Base")
    with pytest.raises(Conflict, match="CATALOGUE-135"):
        catalogue.create_calendar(actor=house.owner, code="office", name="Twice")
    catalogue.create_calendar(actor=house.owner, code="night", name="Night", zone="Europe/Paris")
    with pytest.raises(CommonwealError, match="CATALOGUE-138"):
        catalogue.draft_calendar(**{**given, "code": "night"})
    with pytest.raises(NotFound, match="CATALOGUE-426"):
        catalogue.draft_calendar(**{**given, "code": "nowhere"})
    with pytest.raises(CommonwealError, match="CATALOGUE-137"):
        catalogue.draft_calendar(**{**given, "note": " "})
    with pytest.raises(CommonwealError, match="CATALOGUE-131"):
        catalogue.calendar_for("night")
    accepted(house, "night", weekly=[[4, 1320, 1800]])
    assert catalogue.calendar_for("night").zone == "Europe/Paris"


def test_a_service_level_names_a_calendar_that_has_hours(house: House) -> None:
    given = {
        "actor": house.owner, "service": "payroll", "name": "Quick", "metric": "quick",
        "target": Decimal(8), "unit": "HUR", "starts": START,
    }  # fmt: skip
    with pytest.raises(CommonwealError, match="CATALOGUE-131"):
        catalogue.put_service_level(calendar="sometimes", **given)
    assert catalogue.put_service_level(calendar="office", **given).calendar == "office"


def test_closed_months_keep_their_hours(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    closed_to = (lambda: date(2026, 3, 1), lambda *_: None)
    monkeypatch.setattr(registry, "_watches", [closed_to])
    with pytest.raises(CommonwealError, match="CATALOGUE-136"):
        accepted(house)
    catalogue.create_calendar(actor=house.owner, code="new", name="New")
    assert accepted(house, "new").state == "accepted", "nothing was computed with it"


def test_those_who_compute_with_a_calendar_are_asked_and_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    seen: list[Calendar] = []

    def would(_who: Any, _code: str, calendar: Calendar) -> dict[str, int]:
        seen.append(calendar)
        return {"later": 3}

    monkeypatch.setattr(registry, "_calendar_watchers", [])
    monkeypatch.setattr(registry, "_calendar_previews", {})
    catalogue.register_calendar_watcher(lambda _who, code: told.append(code))
    catalogue.register_calendar_preview("clocks", would)
    draft = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=START, note="Mornings.", weekly=MORNING
    )
    assert catalogue.calendar_changes(house.owner, draft.pk) == {"clocks.later": 3}
    assert day_windows(seen[0], START) == ((480, 720),)
    assert told == []
    settled(house, draft)
    assert told == ["office"]


def test_a_rejected_and_a_withdrawn_version_stay_on_record_and_never_hold(house: House) -> None:
    drafts = [
        catalogue.draft_calendar(
            actor=house.owner, code="office", starts=START, note="No.", weekly=MORNING
        )
        for _ in range(3)
    ]
    catalogue.withdraw_calendar(actor=house.owner, version_id=drafts[0].pk)
    for each in drafts[1:]:
        catalogue.propose_calendar(actor=house.owner, version_id=each.pk)
    catalogue.withdraw_calendar(actor=house.owner, version_id=drafts[1].pk)
    catalogue.decide_calendar(
        actor=house.director, version_id=drafts[2].pk, approved=False, reason="Not agreed upon."
    )
    calendar = catalogue.calendar(ANONYMOUS, "office")
    found = catalogue.calendar_versions(house.owner, calendar.pk)
    assert sorted(row.state for row in found) == ["accepted", "rejected", "withdrawn", "withdrawn"]
    assert len(list(catalogue.calendar_versions(ANONYMOUS, calendar.pk))) == 1
    with pytest.raises(NotFound, match="CATALOGUE-427"):
        catalogue.calendar_version(house.liaison, drafts[0].pk)
    assert day_windows(catalogue.calendar_for("office"), START) == ((480, 1020),)


def test_only_who_may_proposes(house: House) -> None:
    with pytest.raises(Forbidden):
        catalogue.create_calendar(actor=house.liaison, code="mine", name="Mine")
    with pytest.raises(NotFound, match="CATALOGUE-426"):
        catalogue.calendar(house.owner, "nothing")


def test_hours_leave_and_come_back_as_a_document(house: House) -> None:
    draft = catalogue.draft_calendar(
        actor=house.owner, code="office", starts=START, note="With a day.", weekly=MORNING
    )
    catalogue.put_calendar_day(
        actor=house.owner, version_id=draft.pk, day=date(2026, 3, 4), kind="closed", reason="Move"
    )
    document = catalogue.calendar_document(catalogue.calendar_version(house.owner, draft.pk))
    made = catalogue.import_calendar(actor=house.owner, document={**document, "code": "copy"})
    assert [(row.day, row.accepted) for row in made.days.all()] == [(date(2026, 3, 4), None)]
    assert made.weekly == MORNING
    for wrong in ({}, {"format": "x"}, {"weekly": [[1]]}, {"starts": "soon"},
                  {"days": [{"day": "2026-01-01", "kind": "closed", "windows": [[1, 2]],
                             "reason": "x"}]}):  # fmt: skip
        broken = {**document, **wrong} if wrong else {}
        with pytest.raises(CommonwealError, match="CATALOGUE-144"):
            catalogue.import_calendar(actor=house.owner, document=broken)


def test_icalendar_cannot_be_broken_by_what_is_in_it() -> None:
    nasty = "Fête; closed, all\r\nBEGIN:VALARM\\n" + "é" * 80
    text = catalogue.ics(
        "office", "Office\nX:1", "UTC", [DayHours(date(2026, 12, 31), ((480, 720),), nasty)],
        datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "").split("\r\n")
    assert not any(line.startswith(("BEGIN:VALARM", "X:1")) for line in unfolded)
    assert "DTEND;VALUE=DATE:20270101" in unfolded
    summary = next(line for line in unfolded if line.startswith("SUMMARY:"))
    assert summary.startswith("SUMMARY:Fête\\; closed\\, all \\nBEGIN:VALARM\\\\n")
    assert summary.endswith("(08:00–12:00)".replace(",", "\\,"))


def test_codes_in_use_before_calendars_become_calendars(house: House) -> None:
    given = {
        "service": catalogue.service_by_code(ANONYMOUS, "payroll"), "name": "Quick",
        "target": Decimal(8), "unit_id": "HUR", "starts": START,
    }  # fmt: skip
    for metric, calendar in (("quick", "weekdays"), ("slow", "weekdays"), ("other", "office")):
        catalogue.ServiceLevel.objects.create(metric=metric, calendar=calendar, **given)
    step = import_module("commonweal.kernel.catalogue.migrations.0003_working_calendars")
    step.name_what_is_used(apps, SimpleNamespace(connection=connection))
    assert [each.code for each in catalogue.calendars(ANONYMOUS)] == [
        "always",
        "office",
        "weekdays",
    ]
    assert day_windows(catalogue.calendar_for("weekdays"), START) == ((480, 1020),)
