"""How figures and dates read, in the reader's language: the filters of every template.

Exact throughout: integers of minor units, `Decimal` and `Fraction`; a `float` is refused.
The language is Django's active one; the country behind a language without one ("es") is that
of the installation's own language code, so that amounts look alike in all of its languages.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_compact_currency, format_decimal
from babel.units import format_unit
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import FiscalPeriod, now

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

Exact = int | Decimal | Fraction | str


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217)."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


@lru_cache(maxsize=16)
def _locale(language: str, home: str) -> Locale:
    parts = language.replace("_", "-").split("-")
    land = parts[1].upper() if len(parts) > 1 else home.partition("-")[2].upper()
    for code in (f"{parts[0]}_{land}", parts[0], "en_US"):
        try:
            return Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("babel ships en_US")


def locale() -> Locale:
    """The locale of the active language."""
    return _locale(get_language() or settings.LANGUAGE_CODE, settings.LANGUAGE_CODE)


def _exact(value: Exact) -> Decimal:
    if isinstance(value, float):
        raise TypeError("Figures are exact: give an int, a Decimal or a decimal string.")
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(value)


def _currency_text(number: Decimal, currency: str, least: int, most: int) -> str:
    pattern = copy.copy(locale().currency_formats["standard"])
    pattern.frac_prec = (least, most)
    text: str = pattern.apply(
        abs(number), locale(), currency=currency, currency_digits=False, decimal_quantization=True
    )
    text = re.sub(r"(?<=[A-Za-z])(?=\d)", "\N{NO-BREAK SPACE}", text, count=1)
    return MINUS + text if number < 0 else text


def _minor(value: Any, currency: str | None) -> tuple[int, str]:
    """Minor units and currency of an integer, or of anything with `minor` and `currency`."""
    if hasattr(value, "minor"):
        return int(value.minor), str(value.currency)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("An amount is an integer of minor units (cents), or a Money.")
    return value, currency or "USD"


def money(value: Any, currency: str | None = None) -> str:
    """An amount from minor units: `−$1,234,567.89`. `None` reads as an en dash."""
    if value is None:
        return NOTHING
    minor, code = _minor(value, currency)
    places = exponent(code)
    return _currency_text(Decimal(minor).scaleb(-places), code, places, places)


def short_money(value: Any, currency: str | None = None) -> str:
    """An amount from minor units for a tight place: `$140K`, `$950`, `−$1.2M`."""
    minor, code = _minor(value, currency)
    number = Decimal(abs(minor)).scaleb(-exponent(code))
    places = 1 if number >= 1_000_000 else 0
    text: str = format_compact_currency(number, code, locale=locale(), fraction_digits=places)
    return MINUS + text if minor < 0 else text


def zone_name(zone: str) -> str:
    """A time zone as people call it: `Central Time`."""
    if zone.endswith("UTC"):
        return "UTC"
    text: str = get_timezone_name(ZoneInfo(zone), zone_variant="generic", locale=locale())
    return text


def exact_amount(value: Exact | None, currency: str = "USD") -> str:
    """An amount with as many decimals as it has, for a column whose heading names the currency."""
    if value is None:
        return NOTHING
    pattern = copy.copy(locale().decimal_formats[None])
    pattern.frac_prec = (exponent(currency), 9)
    number = _exact(value)
    text: str = pattern.apply(abs(number), locale())
    return MINUS + text if number < 0 else text


def amount(value: Any, currency: str | None = None) -> str:
    """An amount without its currency, for a column whose heading names it: `−1,234,567.89`."""
    if value is None:
        return NOTHING
    minor, code = _minor(value, currency)
    places = exponent(code)
    number = Decimal(minor).scaleb(-places)
    pattern = copy.copy(locale().decimal_formats[None])
    pattern.frac_prec = (places, places)
    text: str = pattern.apply(abs(number), locale())
    return MINUS + text if number < 0 else text


def rate(value: Exact | None, currency: str = "USD") -> str:
    """A price per unit with as many decimals as it has, at least the currency's: `$0.0125`."""
    if value is None:
        return NOTHING
    return _currency_text(_exact(value), currency, exponent(currency), 9)


def quantity(value: Exact | None, unit: str = "") -> str:
    """A quantity with grouped thousands and no idle zeros, then its unit: `1,204 payslips`."""
    if value is None:
        return NOTHING
    number = _exact(value)
    text: str = format_decimal(abs(number), "#,##0.######", locale=locale())
    text = MINUS + text if number < 0 and text.strip("0.,") else text
    return f"{text}\N{NO-BREAK SPACE}{unit}" if unit else text


def percent(value: Exact | None, places: int = 1) -> str:
    """A share (1 = 100 %) in percent, rounded half to even: `12.5%`."""
    if value is None:
        return NOTHING
    share = value if isinstance(value, Fraction) else Fraction(_exact(value))
    hundred = Decimal(round(share * 100 * 10**places)).scaleb(-places)
    pattern = copy.copy(locale().percent_formats[None])
    pattern.frac_prec = (places, places)
    pattern.scale = 0
    text: str = pattern.apply(abs(hundred), locale())
    return MINUS + text if hundred < 0 else text


def day(value: date | datetime | None) -> str:
    """A day in full: `3 November 2026` (`November 3, 2026` is never used: one form for all)."""
    if value is None:
        return NOTHING
    return _day(value.year, value.month, value.day, str(locale()))


def moment(value: datetime | None, zone: str = "UTC") -> str:
    """A moment in the zone named: `3 November 2026, 14:05 Eastern Standard Time`."""
    if value is None:
        return NOTHING
    return _moment(value.astimezone(UTC), zone, str(locale()))


def when(value: datetime | None, zone: str = "UTC") -> str:
    """A moment for a column whose heading names the zone: `3 November 2026, 14:05`."""
    if value is None:
        return NOTHING
    return f"{day(value.astimezone(ZoneInfo(zone)))}, {clock(value, zone)}"


def clock(value: datetime | None, zone: str = "UTC") -> str:
    """The time of day alone, in the zone named: `14:05`."""
    if value is None:
        return NOTHING
    return _clock(value.astimezone(UTC), zone, str(locale()))


# The same moments stand on list after list: what each reads as is worked out once. They come in
# UTC, where no hour is there twice: Python takes two such for the same.


@lru_cache(maxsize=4096)
def _day(year: int, month: int, day: int, tongue: str) -> str:
    form = "d 'de' MMMM 'de' y" if tongue.startswith("es") else "d MMMM y"
    return str(format_date(date(year, month, day), form, locale=tongue))


@lru_cache(maxsize=4096)
def _clock(value: datetime, zone: str, tongue: str) -> str:
    return str(format_time(value.astimezone(ZoneInfo(zone)), "HH:mm", locale=tongue))


@lru_cache(maxsize=4096)
def _moment(value: datetime, zone: str, tongue: str) -> str:
    local = value.astimezone(ZoneInfo(zone))
    name = "UTC" if zone == "UTC" else get_timezone_name(local, locale=tongue)
    return (
        f"{_day(local.year, local.month, local.day, tongue)}, {_clock(value, zone, tongue)} {name}"
    )


def period(value: FiscalPeriod | date | str | None) -> str:
    """A month: `October 2026`, from a fiscal period, a date or `2026-10`."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        value = FiscalPeriod.parse(value)
    first = value.first_day if isinstance(value, FiscalPeriod) else value
    form = "MMMM 'de' y" if locale().language == "es" else "MMMM y"
    return str(format_date(first, form, locale=locale()))


def month_name(value: FiscalPeriod | date | str) -> str:
    """A month without its year, in full: `October`. Where the year beside it says it already."""
    if isinstance(value, str):
        value = FiscalPeriod.parse(value)
    first = value.first_day if isinstance(value, FiscalPeriod) else value
    return str(format_date(first, "LLLL", locale=locale()))


def month(value: FiscalPeriod | date | str) -> str:
    """A month's short name, for the foot of a chart: `Oct`."""
    if isinstance(value, str):
        value = FiscalPeriod.parse(value)
    first = value.first_day if isinstance(value, FiscalPeriod) else value
    return str(format_date(first, "LLL", locale=locale()))


def ago(value: datetime | None) -> str:
    """How long ago, or how far ahead: `2 hours ago`. Only beside the absolute time."""
    if value is None:
        return NOTHING
    gap: timedelta = value - now()
    if abs(gap) < timedelta(minutes=1):
        return _("just now")
    return str(format_timedelta(gap, add_direction=True, locale=locale()))


def span(value: timedelta | None) -> str:
    """How long something took: `3 min 20 s`, `45 s`, `2 h 5 min`."""
    if value is None:
        return NOTHING
    seconds = int(value.total_seconds())
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes}
    if minutes:
        return _("%(m)s min %(s)s s") % {"m": minutes, "s": seconds}
    return _("%(s)s s") % {"s": seconds}


def roughly(value: timedelta) -> str:
    """How long something may take, in words that promise no minute: `20 minutes`, `5 hours`, `8
    days`. Rounded up, so that it is never less than it was."""
    minutes = max(1, -int(-value.total_seconds() // 60))
    hours, days = -(-minutes // 60), -(-minutes // 1440)
    number, unit = (minutes, "minute") if minutes < 90 else (hours, "hour")
    if hours >= 48:
        number, unit = days, "day"
    return str(format_unit(number, f"duration-{unit}", "long", locale=locale()))


def delta(value: Any, before: str, currency: str | None = None) -> str:
    """A change in words, from its minor units: `$6,402.10 more than September`."""
    minor, code = _minor(value, currency)
    words = {"amount": money(abs(minor), code), "before": before}
    if minor > 0:
        return _("%(amount)s more than %(before)s") % words
    if minor < 0:
        return _("%(amount)s less than %(before)s") % words
    return _("the same as %(before)s") % words


def listing(values: Iterable[str]) -> str:
    """Words in a row: `payroll, hosting and network`."""
    style = "standard" if locale().language != "en" else "standard-short"
    words = [str(value) for value in values]
    if locale().language == "en" and len(words) > 1:
        return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
    return str(format_list(words, style=style, locale=locale())) if words else NOTHING


def filesize(octets: int | None) -> str:
    """The size of a download: `340 kB`, `1.2 MB`."""
    if octets is None:
        return NOTHING
    if octets < 1000:
        return f"{octets} B"
    name, scale = ("kB", 3) if octets < 1_000_000 else ("MB", 6)
    figure = Decimal(octets).scaleb(-scale)
    step = Decimal("1") if scale == 3 else Decimal("0.1")
    return f"{quantity(figure.quantize(step, ROUND_HALF_EVEN))} {name}"


def iso(value: date | datetime) -> str:
    """The machine's form, for `<time datetime>`: `2026-11-03` or `2026-11-03T14:05:00+00:00`."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


FILTERS = {
    "money": money,
    "amount": amount,
    "exact_amount": exact_amount,
    "short_money": short_money,
    "zone_name": zone_name,
    "rate": rate,
    "quantity": quantity,
    "percent": percent,
    "day": day,
    "moment": moment,
    "roughly": roughly,
    "clock": clock,
    "when": when,
    "period": period,
    "month": month,
    "ago": ago,
    "span": span,
    "delta": delta,
    "listing": listing,
    "filesize": filesize,
    "iso": iso,
}
