"""When work is tried again, and when it comes again. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..errors import CommonwealError

LIVE = ("queued", "running")
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
_EVERY = re.compile(r"every (\d+)(s|m|h)\Z")
_HOURLY = re.compile(r"hourly ([0-5]?\d)\Z")
_DAILY = re.compile(r"daily ([01]\d|2[0-3]):([0-5]\d)\Z")
_CRON = re.compile(r"(\*|\*/\d+|[0-5]?\d) (\*|[01]?\d|2[0-3]) \* \* \*\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


class JobError(CommonwealError):
    """Background work cannot be queued or changed as asked."""


class Cancelled(CommonwealError):
    """Raised inside a job whose cancelling was asked for."""


class Later(CommonwealError):
    """Raised by a job that must wait for something; it is tried again without losing an attempt."""

    def __init__(self, seconds: int, why: str) -> None:
        super().__init__("JOBS-202", why)
        self.wait = timedelta(seconds=seconds)


def back_off(attempts: int) -> timedelta:
    """The wait after the given number of failed attempts: 5 s, doubling, at most an hour."""
    if attempts > 10:
        return LONGEST_WAIT
    doubled: int = 1 << max(attempts - 1, 0)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def plain_rule(rule: str) -> str:
    """A cron line of the forms `*/5 * * * *`, `10 * * * *` and `30 2 * * *` in our words."""
    match = _CRON.match(rule)
    if not match:
        return rule
    minute, hour = match.groups()
    if minute.startswith("*") and hour == "*":
        return f"every {minute[2:] or '1'}m"
    if minute.startswith("*"):
        return rule
    if hour == "*":
        return f"hourly {minute}"
    return f"daily {int(hour):02d}:{int(minute):02d}"


def next_run(rule: str, zone: str, after: datetime) -> datetime:
    """The first moment of a rule after a moment, in UTC (JOBS-101 if the rule cannot be read).

    `every 5m` counts from the epoch, so that a restart does not shift it. `daily HH:MM` is local:
    in a night without that time (summer time begins) it runs at the moment that follows the gap.
    """
    rule = plain_rule(rule)
    if match := _EVERY.match(rule):
        step = timedelta(**{_UNITS[match[2]]: int(match[1])})
        if step:
            epoch = datetime(1970, 1, 1, tzinfo=UTC)
            return epoch + ((after - epoch) // step + 1) * step
    if match := _HOURLY.match(rule):
        found = after.astimezone(UTC).replace(minute=int(match[1]), second=0, microsecond=0)
        return found if found > after else found + timedelta(hours=1)
    if match := _DAILY.match(rule):
        tz = ZoneInfo(zone)
        day = after.astimezone(tz).date()
        at = time(int(match[1]), int(match[2]))
        locals_ = (datetime.combine(day + timedelta(days=ahead), at, tz) for ahead in range(3))
        return min(found for local in locals_ if (found := local.astimezone(UTC)) > after)
    raise JobError(
        "JOBS-101", f"“{rule}” is not a schedule. Write `every 5m`, `hourly 10` or `daily 02:00`."
    )
