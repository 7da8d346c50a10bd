"""Free times at a counter: within the opening hours, never twice, whatever the clocks do."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import (
    DayException,
    Window,
    WorkingCalendar,
    compile_days,
    micros,
    moment_of,
)
from commonweal.kernel.casework.domain.slots import (
    MINUTE,
    Span,
    free_slots,
    is_open_all_through,
    slot_at,
)
from commonweal.kernel.casework.domain.visits import (
    DEEDS,
    HourOfDay,
    after,
    expected_wait,
    with_more,
)
from commonweal.kernel.casework.domain.visits import label as ticket_label
from commonweal.kernel.schema.public import CommonwealError

CHICAGO = ZoneInfo("America/Chicago")
SPLIT = tuple(
    window
    for weekday in range(7)
    for window in (Window(weekday, 8 * 60, 12 * 60), Window(weekday, 13 * 60, 17 * 60 + 30))
)
NIGHT = tuple(Window(weekday, 0, 4 * 60 + 30) for weekday in range(7))
"""Open while the clocks change, at two in the morning."""
DAYS = (date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 5))
"""A day of 23 hours, one of 25, and a plain one."""


def spans_of(weekly: tuple[Window, ...], day: date, days: int = 2) -> list[Span]:
    plan = compile_days(
        WorkingCalendar("c", "America/Chicago", weekly, (DayException(date(2026, 10, 6)),)),
        day - timedelta(days=1), day + timedelta(days=days + 1),
    )  # fmt: skip
    ends = [
        datetime.combine(each, time(), CHICAGO).astimezone(UTC)
        for each in (day, day + timedelta(days=days))
    ]
    return plan.spans(micros(ends[0]), micros(ends[1]))


@given(
    weekly=st.sampled_from([SPLIT, NIGHT]),
    day=st.sampled_from(DAYS),
    desks=st.integers(1, 4),
    step=st.sampled_from([5, 10, 15, 20, 30, 60]),
    lengths=st.lists(st.integers(1, 150), min_size=1, max_size=4),
    picks=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10_000)), max_size=40),
    late=st.integers(0, 30 * 60),
)
def test_bookings_never_overlap_and_never_leave_the_opening_hours(
    weekly: tuple[Window, ...],
    day: date,
    desks: int,
    step: int,
    lengths: list[int],
    picks: list[tuple[int, int]],
    late: int,
) -> None:
    """Whatever is booked, one after the other, of whatever length."""
    spans = spans_of(weekly, day)
    first = spans[0][0]
    earliest = first + late * MINUTE
    busy: dict[int, list[Span]] = defaultdict(list)
    names = list(range(desks))
    for which, place in picks:
        minutes = lengths[which % len(lengths)]
        slots = free_slots(spans, names, busy, minutes, step, earliest)
        if not slots:
            continue
        chosen = slots[place % len(slots)]
        assert slot_at(slots, chosen.start) == chosen
        assert chosen.end - chosen.start == minutes * MINUTE
        assert chosen.start >= earliest
        assert any(opens <= chosen.start and chosen.end <= closes for opens, closes in spans)
        assert all(end <= chosen.start or start >= chosen.end for start, end in busy[chosen.desk])
        busy[chosen.desk].append((chosen.start, chosen.end))


@given(
    desks=st.integers(1, 3),
    minutes=st.integers(5, 90),
    step=st.sampled_from([5, 15, 30]),
    taken=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 600), st.integers(1, 120))),
)
def test_every_free_time_is_offered(
    desks: int, minutes: int, step: int, taken: list[tuple[int, int, int]]
) -> None:
    """Against the plain question, minute by minute: is a desk free all through it?"""
    opens, closes = 0, 600 * MINUTE
    busy: dict[int, list[Span]] = defaultdict(list)
    for desk, start, length in taken:
        busy[desk].append((start * MINUTE, (start + length) * MINUTE))
    found = {
        each.start for each in free_slots([(opens, closes)], range(desks), busy, minutes, step, 0)
    }
    blocked = [
        {minute for start, end in busy[desk] for minute in range(start // MINUTE, end // MINUTE)}
        for desk in range(desks)
    ]
    for start in range(0, 600, step):
        wanted = set(range(start, start + minutes))
        free = start + minutes <= 600 and any(not wanted & each for each in blocked)
        assert (start * MINUTE in found) == free


def test_days_on_which_the_clocks_change_have_their_own_hours() -> None:
    """Open from midnight to half past four: three and a half hours in March, five and a half in
    November, counted as they pass."""
    for day, hours in ((DAYS[0], 3.5), (DAYS[1], 5.5), (DAYS[2], 4.5)):
        slots = free_slots(spans_of(NIGHT, day, 1), ["one"], {}, 30, 30, 0)
        assert len(slots) == hours * 2
        walls = [moment_of(each.start).astimezone(CHICAGO) for each in slots]
        assert walls[0].hour == 0
        assert not [each for each in walls if day == DAYS[0] and each.hour == 2]
        assert len([each for each in walls if each.hour == 1]) == (4 if day == DAYS[1] else 2)


def test_a_visit_does_not_reach_over_the_lunch_break() -> None:
    slots = free_slots(spans_of(SPLIT, DAYS[2], 1), ["one"], {}, 60, 30, 0)
    walls = [moment_of(each.start).astimezone(CHICAGO).strftime("%H:%M") for each in slots]
    assert walls[6:8] == ["11:00", "13:00"]
    assert walls[-1] == "16:30"
    closed = spans_of(SPLIT, date(2026, 10, 6), 1)
    assert free_slots(closed, ["one"], {}, 60, 30, 0) == []


@pytest.mark.parametrize(("minutes", "step"), [(0, 15), (15, 0), (-5, 15)])
def test_no_length_and_no_step_are_refused(minutes: int, step: int) -> None:
    with pytest.raises(CommonwealError, match="CASE-601"):
        free_slots([(0, 1)], ["one"], {}, minutes, step, 0)


def test_what_can_happen_to_a_ticket() -> None:
    """Every deed from every state: as the table says, or refused."""
    states = {"waiting", "called", "serving", "hold", "done", "no_show"}
    for name, deed in DEEDS.items():
        assert deed.end in states
        for state in states:
            if state in deed.start:
                assert after("A001", state, name) is deed
            else:
                with pytest.raises(CommonwealError, match="CASE-607"):
                    after("A001", state, name)
    assert not [deed for deed in DEEDS.values() if {"done", "no_show"} & set(deed.start)]
    assert [ticket_label("A", n) for n in (1, 42, 1000)] == ["A001", "A042", "A1000"]


def test_how_long_whoever_comes_now_waits() -> None:
    assert expected_wait(0, 1, 2, 600) == 0
    assert expected_wait(0, 2, 2, 600) == 300
    assert expected_wait(3, 2, 2, 600) == 1200
    assert expected_wait(5, 0, 0, 600) is None


def test_another_desk_shortens_waiting_as_the_model_says() -> None:
    busy = HourOfDay(9, 10, 110, 700.0, 1400.0, 600.0, 2.0)
    [row] = with_more([busy])
    assert (row.now.agents, row.more.agents) == (2, 3)
    # 11 an hour of 10 minutes each: 1.83 desks' work. Erlang C at 2 desks 0.8769, at 3 0.4024.
    assert row.now.must_wait == pytest.approx(0.877, abs=2e-3)
    assert row.now.mean_wait is not None
    assert row.more.mean_wait is not None
    assert row.now.mean_wait == pytest.approx(0.877 * 600 / (2 - 11 / 6), rel=3e-3)
    assert row.more.mean_wait < row.now.mean_wait / 5
    [flooded] = with_more([HourOfDay(9, 1, 60, 0.0, 0.0, 600.0, 2.0)])
    assert not flooded.now.stable


def test_a_time_lies_within_the_hours_or_across_their_ends() -> None:
    hours = [(10, 20), (30, 40)]
    inside = [(10, 20), (10, 11), (19, 20), (30, 40), (35, 36)]
    across = [(9, 11), (19, 21), (15, 35), (20, 30), (22, 25), (39, 41), (50, 60), (0, 5)]
    assert all(is_open_all_through(hours, *each) for each in inside)
    assert not any(is_open_all_through(hours, *each) for each in across)
    assert not is_open_all_through([], 1, 2)
