"""What the board hears of disputes: counts, ages, medians and amounts, nobody's name."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain.dispute_report import (
    Disputed,
    age_of,
    median,
    report,
    together,
)
from commonweal.practices.charging.papers.dispute_table import decimal_of

TODAY = date(2026, 11, 20)


def item(raised: int, closed: int | None = None, credited: int = 0, **more: str) -> Disputed:
    """A dispute raised and closed some days ago."""
    return Disputed(
        more.get("service", "desk"), more.get("category", "rate"), TODAY - timedelta(days=raised),
        None if closed is None else TODAY - timedelta(days=closed), 1000, credited,
    )  # fmt: skip


def test_a_row_counts_what_happened_since_the_day() -> None:
    since = TODAY - timedelta(days=20)
    rows = report(
        [item(3), item(25, 5, 400), item(40, 10), item(60, 30), item(90), item(12, 2, 1000)],
        since, TODAY,
    )  # fmt: skip
    (row,) = rows
    assert (row.raised, row.open, row.resolved, row.upheld) == (2, (1, 0, 1), 3, 2)
    assert sorted(row.days) == [10, 20, 30]
    assert (row.median_days, row.share_upheld) == (20, Fraction(2, 3))
    assert (row.credited_minor, row.open_minor) == (1400, 2000)


def test_without_a_resolved_one_nothing_can_be_determined() -> None:
    (row,) = report([item(1)], TODAY, TODAY)
    assert (row.median_days, row.share_upheld) == (None, None)
    assert decimal_of(row.share_upheld, 100) is None
    assert str(decimal_of(Fraction(2, 3), 100)) == "66.7"


def test_rows_go_by_service_and_category_and_old_ones_are_left_out() -> None:
    rows = report(
        [item(1, category="rate"), item(2, category="other"), item(3, service="app"),
         item(90, 80, service="old")],
        TODAY - timedelta(days=9), TODAY,
    )  # fmt: skip
    assert [(row.service, row.category) for row in rows] == [
        ("app", "rate"), ("desk", "other"), ("desk", "rate"),
    ]  # fmt: skip
    assert together(rows).raised == 3


def test_ages_and_medians() -> None:
    assert [age_of(days) for days in (0, 10, 11, 30, 31)] == [0, 0, 1, 1, 2]
    assert median([]) is None
    assert median([4, 1]) == Fraction(5, 2)


@given(st.lists(st.tuples(st.integers(0, 99), st.none() | st.integers(0, 99)), max_size=20))
def test_all_together_is_the_sum_of_the_rows(days: list[tuple[int, int | None]]) -> None:
    items = [
        item(raised, min(raised, closed) if closed is not None else None) for raised, closed in days
    ]
    rows = report(items, TODAY - timedelta(days=50), TODAY)
    total = together(rows)
    assert total.still_open == sum(found.closed_on is None for found in items)
    assert total.raised == sum(row.raised for row in rows)
