"""Opening hours: what a calendar refuses, how its days go by versions, and its arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import (
    SECOND,
    CalendarError,
    DayException,
    Window,
    WorkingCalendar,
    always,
    check_calendar,
    compile_days,
    compiled,
    day_windows,
    local_day,
    micros,
    moment_of,
    shift_days,
)

SPLIT = WorkingCalendar(
    "split",
    "America/Chicago",
    tuple(Window(day, a, b) for day in range(5) for a, b in ((480, 720), (780, 1020))),
)
NIGHTS = WorkingCalendar("nights", "Europe/Paris", tuple(Window(day, 1320, 1800) for day in (4, 5)))
PLAN = compile_days(SPLIT, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("change", "code"),
    [({"zone": "Nowhere/Land"}, "CALENDAR-104"), ({"zone": "/etc/passwd"}, "CALENDAR-104"),
     ({"zone": ""}, "CALENDAR-104"), ({"weekly": ()}, "CALENDAR-105"),
     ({"weekly": (Window(0, 600, 600),)}, "CALENDAR-103"),
     ({"weekly": (Window(0, 1440, 1500),)}, "CALENDAR-103"),
     ({"weekly": (Window(0, 600, 2881),)}, "CALENDAR-103"),
     ({"weekly": (Window(7, 600, 700),)}, "CALENDAR-103"),
     ({"exceptions": (DayException(date(2026, 1, 1), ((700, 600),)),)}, "CALENDAR-103"),
     ({"exceptions": (DayException(date(2026, 1, 1)),) * 2}, "CALENDAR-103"),
     ({"changes": ((date(2026, 1, 1), ()),)}, "CALENDAR-105")],
)  # fmt: skip
def test_what_is_no_calendar_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(CalendarError) as refused:
        check_calendar(replace(SPLIT, **change))
    assert refused.value.code == code
    check_calendar(SPLIT)


def test_days_go_by_the_version_in_force_and_by_their_exception() -> None:
    later = (Window(0, 600, 660),)
    calendar = replace(
        SPLIT,
        exceptions=(DayException(date(2026, 3, 16), (), "closed"),
                    DayException(date(2026, 3, 21), ((540, 600),), "open Saturday")),
        changes=((date(2026, 3, 9), later),),
    )  # fmt: skip
    assert day_windows(calendar, date(2026, 3, 2)) == ((480, 720), (780, 1020))
    assert day_windows(calendar, date(2026, 3, 9)) == ((600, 660),)
    assert day_windows(calendar, date(2026, 3, 10)) == ()
    assert day_windows(calendar, date(2026, 3, 16)) == ()
    assert day_windows(calendar, date(2026, 3, 21)) == ((540, 600),)
    plan = compile_days(calendar, date(2026, 3, 9), date(2026, 3, 22))
    assert plan.total == 2 * 3_600 * SECOND


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    closed = replace(NIGHTS, exceptions=(DayException(date(2026, 6, 6)),))
    plan = compile_days(closed, date(2026, 6, 5), date(2026, 6, 7))
    (start,), (end,) = plan.starts.tolist(), plan.ends.tolist()
    assert local_day(NIGHTS, start) == date(2026, 6, 5)
    assert local_day(NIGHTS, end - 1) == date(2026, 6, 6)
    assert end - start == 8 * 3_600 * SECOND
    both = compile_days(NIGHTS, date(2026, 6, 5), date(2026, 6, 7))
    assert len(both.starts) == 2


def test_windows_that_overlap_or_touch_are_one() -> None:
    double = replace(SPLIT, weekly=(Window(0, 480, 700), Window(0, 600, 800), Window(0, 800, 900)))
    plan = compile_days(double, date(2026, 6, 1), date(2026, 6, 7))
    assert (plan.ends - plan.starts).tolist() == [420 * 60 * SECOND]


def test_neighbouring_moments_share_their_arrays() -> None:
    one = compiled(SPLIT, micros(moment_of(0) + timedelta(days=56 * 365)))
    same = replace(SPLIT)
    other = compiled(same, micros(moment_of(0) + timedelta(days=56 * 365 + 40)))
    assert same is not SPLIT
    assert one is other
    with pytest.raises(CalendarError) as refused:
        compiled(SPLIT, -(10**17))
    assert refused.value.code == "CALENDAR-106"


def test_the_working_intervals_within_a_span() -> None:
    start = int(PLAN.starts[10])
    assert PLAN.spans(start, start) == []
    assert PLAN.spans(start + 5, start) == []
    assert PLAN.spans(start - 1, start + 1) == [(start, start + 1)]
    assert PLAN.spans(int(PLAN.ends[10]), int(PLAN.starts[11])) == []
    assert len(PLAN.spans(start, int(PLAN.ends[14]))) == 5


@given(st.lists(st.integers(PLAN.first, PLAN.last), max_size=30))
def test_many_moments_are_as_one(moments: list[int]) -> None:
    found = PLAN.worked_all(np.array(moments, dtype=np.int64)).tolist()
    assert found == [PLAN.worked(moment) for moment in moments]
    works = np.array(found, dtype=np.int64)
    assert PLAN.moments_all(works).tolist() == [PLAN.moment(work) for work in found]


def test_at_every_edge_many_are_as_one() -> None:
    for plan in (PLAN, compile_days(always(), date(2026, 1, 1), date(2026, 2, 1))):
        edges = np.concatenate([plan.starts, plan.ends])
        moments = np.concatenate([edges - 1, edges, edges + 1]).clip(plan.first, plan.last)
        assert plan.worked_all(moments).tolist() == [plan.worked(int(each)) for each in moments]
        works = np.concatenate([plan.before, plan.before + 1, [plan.total]])
        assert plan.moments_all(works).tolist() == [plan.moment(int(each)) for each in works]


def test_many_short_windows_an_hour() -> None:
    """Where the table would need many steps, it searches."""
    minutes = tuple(Window(0, minute, minute + 1) for minute in range(480, 600, 2))
    plan = compile_days(replace(SPLIT, weekly=minutes), date(2026, 6, 1), date(2026, 6, 30))
    moments = np.arange(int(plan.starts[0]) - 5, int(plan.ends[-1]), 7_777_777, dtype=np.int64)
    assert plan.worked_all(moments).tolist() == [plan.worked(int(each)) for each in moments]


@given(st.integers(0, PLAN.total - 1))
def test_working_time_and_its_inverse(work: int) -> None:
    moment = PLAN.moment(work)
    assert PLAN.worked(moment) == work
    assert work == 0 or PLAN.worked(moment - 1) == work - 1
    assert PLAN.worked(PLAN.passed(work)) == work + 1
    assert PLAN.worked(PLAN.passed(work) - 1) == work


def test_a_local_time_that_is_skipped_is_the_jump_to_the_second() -> None:
    plan = compile_days(always("Europe/Paris"), date(2026, 3, 1), date(2026, 4, 30))
    saturday = micros(datetime(2026, 3, 28, 1, 30, 15, tzinfo=UTC))
    assert moment_of(shift_days(plan, saturday, 1)).isoformat() == "2026-03-29T01:00:00+00:00"
    assert moment_of(shift_days(plan, saturday, 2)).isoformat() == "2026-03-30T00:30:15+00:00"


def test_days_that_never_come_are_refused() -> None:
    only = replace(SPLIT, weekly=(Window(0, 480, 540),))
    plan = compile_days(only, date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(CalendarError) as refused:
        shift_days(plan, int(plan.starts[0]), 10_000)
    assert refused.value.code == "CALENDAR-107"
