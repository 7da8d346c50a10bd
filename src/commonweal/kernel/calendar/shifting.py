"""`shift_days` of many moments at once: each local day is looked at once, not each moment. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from .working import SECOND, Array, Compiled, day_windows, moment_of, shift_days

_DAY = 86_400 * SECOND
_QUARTER = 900 * SECOND
_EVEN = 2 * 365 * _DAY
"""From 1972 on, every zone changes its clocks at a full quarter of an hour of UTC."""
_ZERO = date(1970, 1, 1)


def shift_days_all(
    plan: Compiled, moments: Array, count: int, *, end_of_day: bool = False
) -> Array:
    """`shift_days` of many (R18). Where the local clock changes on the day that is reached, or
    before 1972, one by one."""
    found = np.array(moments, dtype=np.int64)
    if not len(found):
        return found
    local = found + _offsets(plan, found)
    days, place = np.unique(local // _DAY, return_inverse=True)
    reached = np.array([_reached(plan, int(day), count, end_of_day) for day in days], np.int64)
    shifted = reached[:, 0][place]
    plain = (reached[:, 1][place] == 1) & (found >= _EVEN)
    answer = shifted if end_of_day else shifted + local % _DAY
    for slow in np.flatnonzero(~plain).tolist():
        answer[slow] = shift_days(plan, int(found[slow]), count, end_of_day=end_of_day)
    return answer


def has_windows_all(plan: Compiled, moments: Array) -> Array:
    """Whether the local day of each moment has opening hours of its own."""
    if not len(moments):
        return np.zeros(0, bool)
    local = moments + _offsets(plan, moments)
    days, place = np.unique(local // _DAY, return_inverse=True)
    known = [bool(day_windows(plan.calendar, _date(int(day)))) for day in days]
    answer: Array = np.array(known, bool)[place]
    for slow in np.flatnonzero(np.asarray(moments) < _EVEN).tolist():
        moment = moment_of(int(moments[slow])).astimezone(ZoneInfo(plan.calendar.zone))
        answer[slow] = bool(day_windows(plan.calendar, moment.date()))
    return answer


def _date(day: int) -> date:
    return _ZERO + timedelta(days=day)


def _offsets(plan: Compiled, moments: Array) -> Array:
    """The zone's distance from UTC at each moment, looked up once a quarter of an hour."""
    zone = ZoneInfo(plan.calendar.zone)
    quarters, place = np.unique(np.asarray(moments) // _QUARTER, return_inverse=True)
    known = [_offset(zone, int(quarter) * _QUARTER) for quarter in quarters]
    found: Array = np.array(known, np.int64)[place]
    return found


def _offset(zone: ZoneInfo, moment: int) -> int:
    apart = moment_of(moment).astimezone(zone).utcoffset() or timedelta()
    return (apart.days * 86_400 + apart.seconds) * SECOND


def _reached(plan: Compiled, day: int, count: int, end_of_day: bool) -> tuple[int, int]:
    """What a local day becomes: the end of the day that is reached, or where its local midnight
    lies in UTC; and 1 if the local clock goes evenly through it, so that this is enough."""
    zone = ZoneInfo(plan.calendar.zone)
    noon = day * _DAY + _DAY // 2
    begin = noon - _offset(zone, noon)
    end = shift_days(plan, begin, count, end_of_day=end_of_day)
    if moment_of(begin).astimezone(zone).date() != _date(day):
        return 0, 0  # a zone that skipped a day
    if end_of_day:
        return end, 1
    local = moment_of(end).astimezone(zone).date()
    midnight = (local - _ZERO).days * _DAY
    apart = _offset(zone, end)
    around = (midnight - _DAY, midnight, midnight + _DAY, midnight + 2 * _DAY)
    even = all(_offset(zone, edge - apart) == apart for edge in around)
    return midnight - apart, int(even)
