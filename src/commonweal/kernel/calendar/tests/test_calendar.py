"""Fiscal periods, spans of days, working days, and the one clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import (
    CalendarError,
    FiscalPeriod,
    Span,
    add_working_days,
    at,
    now,
    today,
)

ZONE = "America/Chicago"
periods = st.builds(FiscalPeriod, st.integers(1900, 2200), st.integers(1, 12))
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(periods, st.integers(-500, 500))
def test_shifting_goes_there_and_back(period: FiscalPeriod, months: int) -> None:
    assert period.shift(months).shift(-months) == period
    assert FiscalPeriod.parse(period.code) == period
    assert (period.shift(1) > period, period.shift(12).year) == (True, period.year + 1)


@given(days)
def test_every_day_is_in_its_period(day: date) -> None:
    period = FiscalPeriod.of_date(day)
    assert period.first_day <= day < period.end_day


@given(periods, st.integers(1, 12))
def test_a_fiscal_year_has_twelve_periods_of_one_name(period: FiscalPeriod, start: int) -> None:
    year = period.year_periods(start)
    assert [len(year), year[0].month, period in year] == [12, start, True]
    assert len({each.fiscal_year(start) for each in year}) == 1
    assert period.fiscal_year(start) == year[-1].year


@pytest.mark.parametrize("code", ["2026-13", "2026-00", "26-10", "2026-1", "", "2026-10 ", "x"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(CalendarError, match="CALENDAR-101"):
        FiscalPeriod.parse(code)


def test_a_moment_belongs_to_the_month_of_the_centres_zone() -> None:
    """Midnight in Chicago is five in the morning UTC in summer."""
    edge = datetime(2026, 8, 1, 5, tzinfo=UTC)
    july, august = FiscalPeriod(2026, 7), FiscalPeriod(2026, 8)
    assert FiscalPeriod.of_moment(edge, ZONE) == august
    assert FiscalPeriod.of_moment(edge - timedelta(microseconds=1), ZONE) == july
    assert july.bounds(ZONE)[1] == august.bounds(ZONE)[0] == edge


def test_a_month_in_which_clocks_change_is_an_hour_shorter() -> None:
    start, end = FiscalPeriod(2026, 3).bounds(ZONE)
    assert end - start == timedelta(days=31, hours=-1)


@given(days, days, days)
def test_spans_are_half_open(a: date, b: date, c: date) -> None:
    first, second, third = sorted((a, b, c))
    if first == second:
        with pytest.raises(CalendarError, match="CALENDAR-102"):
            Span(second, first)
        return
    span = Span(first, second)
    assert [span.covers(first), span.covers(second)] == [True, False]
    assert not span.overlaps(Span(second))
    assert span.overlaps(Span(first))
    assert span.inside(Span(first))
    assert not Span(first).inside(span)
    assert span.inside(Span(first, max(third, second)))
    assert Span(third).covers(third)


def test_working_days_leave_out_weekends_and_holidays() -> None:
    saturday = date(2026, 9, 5)
    assert add_working_days(saturday, 5) == date(2026, 9, 11)
    labour_day = frozenset({date(2026, 9, 7)})
    assert add_working_days(saturday, 5, labour_day) == date(2026, 9, 14)
    assert add_working_days(saturday, 0) == saturday


def test_the_clock_can_be_held_and_goes_on_afterwards() -> None:
    moment = datetime(2026, 8, 1, 3, tzinfo=timezone(timedelta(hours=2)))
    with at(moment):
        assert now() == moment
        assert now().tzinfo is UTC
        assert [today(), today(ZONE)] == [date(2026, 8, 1), date(2026, 7, 31)]
        with at(moment + timedelta(days=1)):
            assert today() == date(2026, 8, 2)
        assert now() == moment
    assert now() != moment
    with pytest.raises(ValueError, match="aware"), at(datetime(2026, 8, 1)):  # noqa: DTZ001
        pass
