"""Many moments shifted at once: the same as one after the other, also where the clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import (
    SECOND,
    DayException,
    Window,
    WorkingCalendar,
    compiled,
    day_windows,
    has_windows_all,
    local_day,
    micros,
    shift_days,
    shift_days_all,
)

WEEK = (*(Window(day, 480, 1080) for day in range(5)), Window(6, 1320, 1560))
DAY = 86_400 * SECOND


def calendar(zone: str) -> WorkingCalendar:
    """Weekdays, a Sunday night, and a closed day on each change of the clocks."""
    closed = DayException(date(2026, 11, 2), (), "closed")
    return WorkingCalendar("shift", zone, WEEK, (closed,))


@pytest.mark.parametrize(
    "zone",
    ["UTC", "America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago",
     "Asia/Beirut"],
)  # fmt: skip
@settings(max_examples=40, deadline=None)
@given(
    spread=st.lists(st.integers(0, 420 * DAY), min_size=1, max_size=30),
    count=st.integers(-4, 6),
    end_of_day=st.booleans(),
)
def test_many_are_shifted_as_one_is(
    zone: str, spread: list[int], count: int, end_of_day: bool
) -> None:
    hours = calendar(zone)
    plan = compiled(hours, micros(datetime(2026, 1, 1, tzinfo=UTC)))
    moments = np.array([micros(datetime(2026, 1, 1, tzinfo=UTC)) + each for each in spread])
    found = shift_days_all(plan, moments, count, end_of_day=end_of_day)
    expected = [shift_days(plan, int(each), count, end_of_day=end_of_day) for each in moments]
    assert found.tolist() == expected
    open_days = [bool(day_windows(hours, local_day(hours, int(each)))) for each in moments]
    assert has_windows_all(plan, moments).tolist() == open_days


def test_every_quarter_of_the_nights_of_a_change() -> None:
    hours = calendar("America/Chicago")
    plan = compiled(hours, micros(datetime(2026, 3, 1, tzinfo=UTC)))
    for night in (datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC)):
        moments = micros(night) + np.arange(0, 5 * DAY, 900 * SECOND) + 7
        for count in (-2, 0, 1, 2, 3):
            found = shift_days_all(plan, moments, count)
            assert found.tolist() == [shift_days(plan, int(each), count) for each in moments]


def test_long_ago_and_none_at_all() -> None:
    hours = calendar("Africa/Monrovia")  # 44 minutes and 30 seconds from UTC until 1972
    begin = micros(datetime(1971, 12, 30, 0, 20, tzinfo=UTC))
    plan = compiled(hours, begin)
    moments = begin + np.arange(0, 20 * DAY, 7_777 * SECOND)
    found = shift_days_all(plan, moments, 2)
    assert found.tolist() == [shift_days(plan, int(each), 2) for each in moments]
    none = np.array([], dtype=np.int64)
    assert len(shift_days_all(plan, none, 2)) == len(has_windows_all(plan, none)) == 0
