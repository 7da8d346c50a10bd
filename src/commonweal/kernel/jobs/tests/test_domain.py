"""When work is tried again, and when it comes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.jobs.domain import JobError, back_off, next_run, plain_rule

RULES = ["every 5m", "every 90s", "every 1h", "hourly 10", "daily 02:30", "daily 00:00"]
MOMENTS = st.integers(1_577_836_800, 1_893_456_000).map(lambda n: datetime.fromtimestamp(n, UTC))


def test_back_off_doubles_up_to_an_hour() -> None:
    waits = [back_off(n).total_seconds() for n in range(1, 13)]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == 3600
    assert back_off(10**6) == timedelta(hours=1)


@given(MOMENTS, st.sampled_from(RULES), st.sampled_from(["UTC", "America/Chicago"]))
def test_the_next_run_is_later_and_soon(moment: datetime, rule: str, zone: str) -> None:
    found = next_run(rule, zone, moment)
    assert moment < found <= moment + timedelta(hours=26)
    if rule == "hourly 10":
        assert found.minute == 10
    if rule == "daily 00:00":
        assert found.astimezone(ZoneInfo(zone)).hour == 0


def test_summer_time() -> None:
    before = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)
    found = next_run("daily 02:30", "America/Chicago", before)
    assert found == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    again = next_run("daily 02:30", "America/Chicago", found)
    assert again == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "plain"),
    [
        ("30 3 * * *", "daily 03:30"),
        ("*/5 * * * *", "every 5m"),
        ("* * * * *", "every 1m"),
        ("7 * * * *", "hourly 7"),
        ("*/5 3 * * *", "*/5 3 * * *"),
    ],
)
def test_cron_lines(cron: str, plain: str) -> None:
    assert plain_rule(cron) == plain


@pytest.mark.parametrize("rule", ["every 0m", "sometimes", "daily 24:00", "0 0 1 * *", ""])
def test_bad_rules(rule: str) -> None:
    with pytest.raises(JobError, match="JOBS-101"):
        next_run(rule, "UTC", datetime(2026, 1, 1, tzinfo=UTC))
