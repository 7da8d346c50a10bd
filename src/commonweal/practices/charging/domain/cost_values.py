"""Amounts and dates as ledgers write them. Pure; text in, exact values out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY, _MONTH, _YEAR = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>\d{4})"
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\Z"
DATE_FORMATS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern + _TIME, re.IGNORECASE | re.ASCII)
    for name, pattern in {
        "DD/MM/YYYY": f"{_DAY}/{_MONTH}/{_YEAR}",
        "MM/DD/YYYY": f"{_MONTH}/{_DAY}/{_YEAR}",
        "YYYY-MM-DD": f"{_YEAR}-{_MONTH}-{_DAY}",
        "DD-MM-YYYY": f"{_DAY}-{_MONTH}-{_YEAR}",
        "DD.MM.YYYY": rf"{_DAY}\.{_MONTH}\.{_YEAR}",
        "YYYYMMDD": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        "DD/MM/YY": f"{_DAY}/{_MONTH}/(?P<yy>\\d{{2}})",
        "MM/DD/YY": f"{_MONTH}/{_DAY}/(?P<yy>\\d{{2}})",
        "DD Mon YYYY": f"{_DAY}[ -](?P<mon>[a-z]{{3}})[a-z]*[ -]{_YEAR}",
    }.items()
}
_SPACES = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
                         "\N{MINUS SIGN}": "-", "’": "'"})  # fmt: skip
_BODY = {
    ".": re.compile(
        r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ ']\d{3})+|\d*)(?:\.(?P<part>\d+))?\Z", re.ASCII
    ),
    ",": re.compile(
        r"(?P<whole>\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ ']\d{3})+|\d*)(?:,(?P<part>\d+))?\Z", re.ASCII
    ),
}
_SIGN = re.compile(
    r"(?P<lead>[-+]?)\s*[£$€]?\s*(?P<lead2>[-+]?)(?P<body>[\d.,' ]+?)\s*(?P<tail>-?)\Z", re.ASCII
)


def amount(text: str, decimal: str) -> Decimal | None:
    """An amount, or None. `decimal` is the mark before the decimals, a point or a comma.

    Takes grouped thousands, a currency sign, a minus before or after, brackets for a negative.
    """
    plain = text.translate(_SPACES).strip()
    bracketed = plain.startswith("(") and plain.endswith(")")
    if bracketed:
        plain = plain[1:-1].strip()
    match = _SIGN.match(plain)
    if not match:
        return None
    signs = match["lead"] + match["lead2"] + match["tail"]
    body = _BODY[decimal].match(match["body"].strip())
    if len(signs) + bracketed > 1 or not body or not (body["whole"] or body["part"]):
        return None
    whole = re.sub(r"\D", "", body["whole"]) or "0"
    number = Decimal(f"{whole}.{body['part'] or '0'}")
    return -number if bracketed or "-" in signs else number


def decimal_mark(texts: Sequence[str]) -> str:
    """The mark that reads more of the amounts; empty where both read them, but differently."""
    point = [amount(text, ".") for text in texts]
    comma = [amount(text, ",") for text in texts]
    score = sum(value is not None for value in point) - sum(value is not None for value in comma)
    if score:
        return "." if score > 0 else ","
    return "." if point == comma else ""


def day(text: str, written: str) -> date | None:
    """A date written in one of DATE_FORMATS (a time of day after it is passed over), or None."""
    match = DATE_FORMATS[written].match(text.strip())
    if not match:
        return None
    parts = match.groupdict()
    year = int(parts["y"]) if parts.get("y") else 2000 + int(parts["yy"])
    if parts.get("mon"):
        if parts["mon"].lower() not in MONTHS:
            return None
        month = MONTHS.index(parts["mon"].lower()) + 1
    else:
        month = int(parts["m"])
    try:
        return date(year, month, int(parts["d"]))
    except ValueError:
        return None


def date_formats(texts: Sequence[str]) -> list[str]:
    """The ways that read most dates: one if it is clear, none if there are no dates."""
    counts = {name: sum(day(text, name) is not None for text in texts) for name in DATE_FORMATS}
    most = max(counts.values())
    return [name for name, count in counts.items() if count == most] if most else []
