"""Figures and dates as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from commonweal.kernel.calendar.public import FiscalPeriod, at
from commonweal.kernel.words import formats as f


@pytest.fixture(autouse=True)
def english():
    """The language of most tests."""
    with override("en-us"):
        yield


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (18_421_033, "USD", "$184,210.33"),
        (-123_456_789, "USD", "−$1,234,567.89"),
        (0, "USD", "$0.00"),
        (5, "USD", "$0.05"),
        (-5, "EUR", "−€0.05"),
        (1234, "JPY", "¥1,234"),
        (1_234_567, "KWD", "KWD\xa01,234.567"),
        (10**18 + 1, "USD", "$10,000,000,000,000,000.01"),
        (None, "USD", "–"),
    ],
)
def test_money(minor: int | None, currency: str, text: str) -> None:
    assert f.money(minor, currency) == text


def test_money_of_an_object_and_refusals() -> None:
    assert f.money(SimpleNamespace(minor=410, currency="GBP")) == "£4.10"
    for wrong in (4.10, True, "4.10"):
        with pytest.raises(TypeError):
            f.money(wrong)


def test_amount_has_no_currency() -> None:
    assert f.amount(-123_456_789) == "−1,234,567.89"
    assert f.amount(1234, "JPY") == "1,234"


def test_a_tight_place_gets_a_short_amount() -> None:
    assert [f.short_money(n) for n in (0, 95_000, 13_987_071, -114_000_000)] == [
        "$0", "$950", "$140K", "−$1.1M",
    ]  # fmt: skip
    assert f.short_money(950, "JPY") == "¥950"


def test_an_exact_amount_has_no_currency() -> None:
    assert f.exact_amount(Decimal("-1155.2")) == "−1,155.20"
    assert f.exact_amount(Decimal("0.031250001")) == "0.031250001"
    assert f.exact_amount(None) == "–"


def test_a_zone_has_the_name_that_people_use() -> None:
    assert f.zone_name("America/Chicago") == "Central Time"
    assert f.zone_name("UTC") == f.zone_name("Etc/UTC") == "UTC"


def test_rate_keeps_all_its_decimals() -> None:
    assert f.rate(Decimal("4.1")) == "$4.10"
    assert f.rate("0.012500000") == "$0.0125"
    assert f.rate("0.000000001") == "$0.000000001"


def test_quantity() -> None:
    assert f.quantity(Decimal("1204.000000"), "payslips") == "1,204\xa0payslips"
    assert f.quantity(Decimal("-88123.500000")) == "−88,123.5"
    assert f.quantity(Decimal("-0.000000")) == "0"
    assert f.quantity("123456789012.123456") == "123,456,789,012.123456"
    with pytest.raises(TypeError):
        f.quantity(1.5)


def test_percent_rounds_half_to_even() -> None:
    assert f.percent(Fraction(1, 8)) == "12.5%"
    assert f.percent(Fraction(1, 3), 2) == "33.33%"
    assert f.percent(Decimal("0.12345"), 2) == "12.34%"
    assert f.percent(Decimal("-0.021")) == "−2.1%"
    assert f.percent(1, 0) == "100%"


def test_dates_and_times() -> None:
    moment = datetime(2026, 11, 3, 19, 5, tzinfo=UTC)
    assert f.day(date(2026, 11, 3)) == "3 November 2026"
    assert f.moment(moment) == "3 November 2026, 19:05 UTC"
    assert f.moment(moment, "America/New_York") == "3 November 2026, 14:05 Eastern Standard Time"
    assert f.clock(moment, "America/New_York") == "14:05"
    assert f.period("2026-10") == f.period(FiscalPeriod(2026, 10)) == "October 2026"
    assert f.month(date(2026, 10, 1)) == "Oct"
    assert f.iso(moment) == "2026-11-03T19:05:00+00:00"
    with at(moment):
        assert f.ago(moment - timedelta(hours=2)) == "2 hours ago"
        assert f.ago(moment) == f.ago(moment - timedelta(seconds=59)) == "just now"


def test_span_and_size() -> None:
    assert f.span(timedelta(seconds=45)) == "45 s"
    assert f.span(timedelta(minutes=3, seconds=20)) == "3 min 20 s"
    assert f.span(timedelta(hours=26, minutes=5)) == "26 h 5 min"
    spans = [(0, 20), (0, 91), (5, 0), (47, 59), (138, 36), (168, 0)]
    said = [f.roughly(timedelta(hours=h, minutes=m)) for h, m in spans]
    assert said == ["20 minutes", "2 hours", "5 hours", "2 days", "6 days", "7 days"]
    assert [f.filesize(n) for n in (999, 84_200, 1_240_000)] == ["999 B", "84 kB", "1.2 MB"]


def test_delta_says_more_less_or_same() -> None:
    assert f.delta(640_210, "September") == "$6,402.10 more than September"
    assert f.delta(-1, "September") == "$0.01 less than September"
    assert f.delta(0, "September") == "the same as September"


def test_listing() -> None:
    assert f.listing(["payroll", "hosting", "network"]) == "payroll, hosting and network"
    assert f.listing(["payroll"]) == "payroll"
    assert f.listing([]) == "–"


def test_nothing_is_an_en_dash() -> None:
    calls = (f.rate, f.quantity, f.percent, f.day, f.moment, f.clock, f.period, f.ago, f.span,
             f.filesize, f.amount)  # fmt: skip
    assert {call(None) for call in calls} == {"–"}


def test_other_languages() -> None:
    with override("es"):
        assert f.day(date(2026, 11, 3)) == "3 de noviembre de 2026"
        assert f.period("2026-10") == "octubre de 2026"
        assert f.money(18_421_033) == "$184,210.33"
        assert f.listing(["a", "b"]) == "a y b"
    with override("en-gb"):
        assert f.money(410, "USD") == "US$4.10"
        assert f.money(410, "GBP") == "£4.10"


def test_the_hour_that_is_there_twice_keeps_its_names() -> None:
    zone = ZoneInfo("America/Chicago")
    first = datetime(2026, 11, 1, 1, 30, tzinfo=zone)
    said = [f.moment(each, "America/Chicago") for each in (first, first.replace(fold=1))]
    assert "Daylight" in said[0]
    assert "Standard" in said[1]


def test_what_was_said_in_one_language_is_said_anew_in_another() -> None:
    moment = datetime(2026, 11, 3, 19, 5, tzinfo=UTC)
    english = f.when(moment)
    with override("es"):
        assert f.when(moment) == "3 de noviembre de 2026, 19:05"
    assert f.when(moment) == english == "3 November 2026, 19:05"
