"""The worked examples, exact to the second: behaviour of GLPI and Frappe Helpdesk, and the faults
that other desks have had (§3 and §5 of the reference)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from commonweal.kernel.calendar.public import (
    DayException,
    Window,
    WorkingCalendar,
    always,
    compile_days,
    shift_days,
)
from commonweal.kernel.casework.domain.clocks.tests.desk import (
    HOUR,
    OFFICE,
    SECOND,
    Case,
    at,
    level,
    promise,
    said,
)

FRIDAY = "2034-06-09 08:46:12"
WEDNESDAY = "2034-06-07 10:00:00"
LONG = (("2034-06-07 11:00", "2034-06-13 11:00"), ("2034-06-14 07:00", "2034-06-14 18:00"))
DAYS = {"target": 5, "days": True}
EVENING = {**DAYS, "end_of_day": True}
ROWS = [
    (FRIDAY, {"target": 1800}, (), ("06-09 09:16:12",) * 2, 0,
     ("seconds", -600), ("06-09 09:06:12",) * 2),
    (FRIDAY, {"target": 1800},
     (("2034-06-09 08:47:42", "2034-06-09 10:05:54"), ("2034-06-09 10:09:13", "2034-06-09 10:34:38"),
      ("2034-06-09 10:43:41", "2034-06-09 11:29:17")),
     ("06-09 11:45:25", "06-09 09:16:12"), 8953,
     ("seconds", -300), ("06-09 11:40:25", "06-09 09:11:12")),
    (FRIDAY, {"target": 4 * HOUR}, (), ("06-09 12:46:12",) * 2, 0,
     ("seconds", HOUR), ("06-09 13:46:12",) * 2),
    (FRIDAY, {"target": 4 * HOUR}, (("2034-06-09 09:15:27", "2034-06-09 11:23:49"),),
     ("06-09 14:54:34", "06-09 12:46:12"), 7702,
     ("seconds", 10 * HOUR), ("06-12 16:24:34", "06-12 14:16:12")),
    ("2034-06-05 10:00:00", {"target": 4 * HOUR},
     (("2034-06-05 11:00", "2034-06-07 09:30"), ("2034-06-07 10:00", "2034-06-08 09:00")),
     ("06-08 12:00:00", "06-05 14:30:00"), 104400,
     ("days", 3), ("06-13 12:00:00", "06-08 14:30:00")),
    (FRIDAY, DAYS, (), ("06-16 08:46:12",) * 2, 0, ("seconds", -8 * HOUR), ("06-15 11:16:12",) * 2),
    (FRIDAY, EVENING, (), ("06-16 19:00:00",) * 2, 0, ("days", -2), ("06-14 19:00:00",) * 2),
    (WEDNESDAY, DAYS, LONG, ("06-21 09:00:00", "06-14 10:00:00"), 178200,
     ("days", 15), ("07-12 09:00:00", "07-05 10:00:00")),
    (WEDNESDAY, EVENING, LONG, ("06-21 18:00:00", "06-14 19:00:00"), 178200,
     ("seconds", 2 * HOUR), ("06-22 09:30:00", "06-15 10:30:00")),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_target_with_pauses_and_a_level(row: tuple) -> None:
    """Resolution pauses, the first answer does not."""
    start, target, pauses, dues, waiting, offset, levels = row
    case = Case(start)
    for begin, end in pauses:
        case.waits(begin, end)
    as_of = pauses[-1][1] if pauses else start
    for due, planned, metric, reasons in zip(
        dues, levels, ("resolution", "first_response"), (frozenset({"requester"}), frozenset()),
        strict=True,
    ):  # fmt: skip
        terms = promise(metric=metric, pauses=reasons, levels=(level(*offset),), **target)
        cycle = case.clock(terms, as_of)
        assert said(cycle.due)[5:] == due
        assert [said(when)[5:] for _, when in cycle.levels] == [planned]
        if metric == "resolution":
            assert cycle.paused == waiting * SECOND


LONG_DAY = WorkingCalendar("long", "UTC", tuple(Window(day, 480, 1200) for day in range(5)))


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [("2019-01-01 07:00", "2019-01-01 09:00", 3600), ("2019-01-01 06:00", "2019-01-01 07:00", 0),
     ("2019-01-01 07:00", "2019-01-08 07:00", 216_000)],
)  # fmt: skip
def test_working_time_between_two_moments(start: str, end: str, seconds: int) -> None:
    plan = compile_days(LONG_DAY, date(2018, 11, 1), date(2019, 1, 31))
    assert plan.worked(at(end, "UTC")) - plan.worked(at(start, "UTC")) == seconds * SECOND


@pytest.mark.parametrize(
    ("days", "when"), [(7, "2018-11-28 10:00:00"), (-7, "2018-11-08 10:00:00"),
                       (0, "2018-11-19 10:00:00")]
)  # fmt: skip
def test_working_days_forwards_and_backwards(days: int, when: str) -> None:
    plan = compile_days(LONG_DAY, date(2018, 11, 1), date(2019, 1, 31))
    assert said(shift_days(plan, at("2018-11-19 10:00", "UTC"), days), "UTC") == when


@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [("2034-06-09 17:00", 1800, "06-09 17:30:00"), ("2034-06-09 17:00", 2 * HOUR, "06-12 11:00:00"),
     ("2034-06-10 15:00", 24 * HOUR, "06-14 18:00:00"),
     ("2034-06-10 15:00", 72 * HOUR, "06-22 18:00:00"),
     ("2034-06-09 17:00", HOUR, "06-09 18:00:00"), ("2034-06-09 17:00", HOUR + 1, "06-12 10:00:01")],
)  # fmt: skip
def test_the_boundary_is_closing_time(start: str, seconds: int, due: str) -> None:
    assert said(Case(start).clock(promise(seconds, calendar=OFFICE), start).due)[5:] == due


@pytest.mark.parametrize(("seconds", "due"), [(1800, "10:30:00"), (2 * HOUR, "12:00:00")])
def test_two_holidays_before_a_weekend(seconds: int, due: str) -> None:
    feasts = tuple(DayException(date(2034, 6, day), (), "feast") for day in (8, 9))
    terms = promise(seconds, calendar=replace(OFFICE, exceptions=feasts))
    cycle = Case("2034-06-08 15:00").clock(terms, "2034-06-08 15:00")
    assert said(cycle.due) == f"2034-06-12 {due}"


def test_a_hold_over_a_holiday_and_a_weekend() -> None:
    """Thursday 17:50 to Monday 12:30, Friday a holiday: ten minutes and two and a half hours."""
    feast = replace(OFFICE, exceptions=(DayException(date(2034, 6, 9), (), "feast"),))
    case = Case("2034-06-08 12:00").waits("2034-06-08 17:50", "2034-06-12 12:30")
    assert case.clock(promise(calendar=feast), "2034-06-12 12:30").paused == 9_600 * SECOND


@pytest.mark.parametrize(("hold", "due"), [(3600, "06-08 18:00:00"), (3601, "06-09 10:00:01")])
def test_a_hold_is_added_to_working_time_not_to_an_instant(hold: int, due: str) -> None:
    """frappe/helpdesk #2449 and five of erpnext added it to the creation instant."""
    end = f"2034-06-08 12:{hold // 60 - 30:02}:{hold % 60:02}"
    case = Case("2034-06-08 10:00").waits("2034-06-08 11:30:00", end)
    terms = promise(7 * HOUR, calendar=OFFICE)
    assert said(case.clock(terms, end).due)[5:] == due


def test_the_first_hour_counts_like_any_other() -> None:
    """OTRS #1732: the first sixty minutes were wrong."""
    for minutes in range(1, 121):
        start = at("2034-06-09 10:00") // SECOND
        cycle = Case("2034-06-09 10:00").clock(
            promise(minutes * 60, calendar=OFFICE), "2034-06-09 10:00"
        )
        assert cycle.due == (start + minutes * 60) * SECOND


def test_which_weekdays_are_set_up_changes_no_other_day() -> None:
    """osTicket #6739: the result depended on which weekdays were configured."""
    for days in (range(5), range(6), (0, 4), (4,)):
        weekly = tuple(Window(day, 600, 1080) for day in days)
        terms = promise(2 * HOUR, calendar=replace(OFFICE, weekly=weekly))
        assert said(Case("2034-06-09 11:00").clock(terms, "2034-06-09 11:00").due) == (
            "2034-06-09 13:00:00"
        )


def test_the_breach_is_the_first_and_the_miss_does_not_grow_after_the_end() -> None:
    """dbt_zendesk #116 took the last; Chatwoot #15024 went on counting."""
    case = Case("2034-06-09 09:00").waits("2034-06-09 12:00", "2034-06-09 13:00")
    case.resolved("2034-06-09 14:00")
    early = case.clock(promise(HOUR), "2034-06-09 15:00")
    late = case.clock(promise(HOUR), "2036-01-09 15:00")
    assert early == late
    assert (said(early.breached)[11:], early.elapsed) == ("10:00:00", 4 * HOUR * SECOND)


def test_working_hours_and_not_the_wall_clock() -> None:
    """Chatwoot #13392. iTop's default is around the clock; ours is said."""
    start = "2034-06-09 17:00"
    office = Case(start).clock(promise(2 * HOUR, calendar=OFFICE), start)
    round_the_clock = Case(start).clock(promise(2 * HOUR, calendar=always("Europe/Paris")), start)
    assert said(office.due) == "2034-06-12 11:00:00"
    assert said(round_the_clock.due) == "2034-06-09 19:00:00"


def test_an_update_starts_the_promise_to_write_anew() -> None:
    """Zammad #3140, #1322, #2082, #2091: it fired after the answer, or was not started again."""
    case = Case("2034-06-09 10:00").then("2034-06-09 10:40", "update")
    case.answers("2034-06-09 11:30").resolved("2034-06-09 13:00")
    cycles = case.cycles(promise(HOUR, metric="update", pauses=frozenset()), "2034-06-12 12:00")
    assert [(each.state, each.elapsed // 60 // SECOND) for each in cycles] == [
        ("met", 40), ("met", 50), ("missed", 90),
    ]  # fmt: skip
    case.reopened("2034-06-12 11:00")
    assert case.cycles(promise(HOUR, metric="update"), "2034-06-12 11:30")[-1].state == "running"


def test_a_callback_and_a_wait_at_the_counter() -> None:
    call = Case("2034-06-09 10:00").then("2034-06-09 10:10", "callback", promised=True)
    call.then("2034-06-09 10:40", "callback", promised=True)
    call.then("2034-06-09 11:00", "callback", promised=False)
    cycle = call.clock(promise(HOUR, metric="callback", pauses=frozenset()), "2034-06-09 12:00")
    assert (cycle.state, cycle.elapsed) == ("met", 50 * 60 * SECOND)
    visit = Case("2034-06-09 10:00").then("2034-06-09 10:00", "visit", stage="waiting")
    visit.then("2034-06-09 10:05", "visit", stage="hold")
    visit.then("2034-06-09 10:15", "visit", stage="waiting")
    visit.then("2034-06-09 10:20", "visit", stage="invited")
    visit.then("2034-06-09 10:21", "visit", stage="served")
    terms = promise(600, metric="waiting", pauses=frozenset({"hold"}))
    assert visit.clock(terms, "2034-06-09 12:00").elapsed == 600 * SECOND
    assert visit.clock(replace(terms, pauses=frozenset()), "2034-06-09 12:00").state == "missed"
    gone = Case("2034-06-09 10:00").then("2034-06-09 10:00", "visit", stage="waiting")
    gone.then("2034-06-09 10:05", "visit", stage="no_show")
    assert gone.clock(terms, "2034-06-09 12:00").reason == "no_show"


def test_a_capped_pause_ends_by_itself() -> None:
    """Against abuse: waiting stops the clock for two hours in all, and the due time is known."""
    terms = promise(2 * HOUR, pause_cap=2 * HOUR, levels=(level("seconds", 0, "due"),))
    case = Case("2034-06-09 09:00").waits("2034-06-09 09:30", "2034-06-09 10:30")
    case.waits("2034-06-09 11:00")
    standing = case.clock(terms, "2034-06-09 11:30")
    assert (standing.state, said(standing.due)[11:]) == ("paused", "13:00:00")
    assert standing.next_after(at("2034-06-09 11:30"), ["due"]) == standing.passes
    used_up = case.clock(terms, "2034-06-09 12:30")
    assert (used_up.state, used_up.paused, used_up.due) == (
        "running", 2 * HOUR * SECOND, standing.due,
    )  # fmt: skip
    assert said(case.clock(terms, "2034-06-09 14:00").breached)[11:] == "13:00:00"
    none = replace(terms, pause_cap=0)
    assert case.clock(none, "2034-06-09 11:30").paused == 0


def test_a_case_of_many_years_can_still_be_counted() -> None:
    cycle = Case("2014-06-09 09:00").clock(promise(), "2041-06-09 09:00")
    assert cycle.elapsed > 27 * 250 * 8 * HOUR * SECOND
    assert cycle.is_breached


def test_pauses_that_overlap_touch_or_have_no_length() -> None:
    case = Case("2034-06-09 09:00").waits("2034-06-09 10:00").waits("2034-06-09 10:30")
    case.waits("2034-06-09 11:00", "2034-06-09 11:00").waits("2034-06-09 11:00", "2034-06-09 12:00")
    cycle = case.clock(promise(), "2034-06-09 13:00")
    assert (cycle.paused, cycle.elapsed) == (2 * HOUR * SECOND, 2 * HOUR * SECOND)
