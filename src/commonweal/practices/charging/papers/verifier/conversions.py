"""Quantities in another unit, converted again record by record."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import WIDE, Difference, differ, number

if TYPE_CHECKING:
    from .basis import Document


def check_conversions(stated: Document, rows: list[dict[str, str]]) -> int:
    """Each converted record counts what its conversion makes of it; returns how many there are."""
    known = {each["id"]: each for each in stated["conversions"]}
    sent = {(each["source"], each["id"]): each for each in stated["records"]}
    found = 0
    for row in rows:
        record = sent.get((row["source"], row["id"]))
        if record is None:
            continue
        where = f"usage record {row['source']} {row['id']}"
        conversion = known.get(record["conversion"])
        if conversion is None:
            raise Difference(f"{where}: its conversion is not in conversions.json")
        differ(f"{where}: charge item", row["charge_item"], conversion["charge_item"])
        if row["from"][:10] < _day_before(conversion["starts"]):
            raise Difference(f"{where}: its conversion starts on {conversion['starts']}")
        ratio = Fraction(int(conversion["numerator"]), int(conversion["denominator"]))
        counted = _six(Fraction(number(record["sent_quantity"], where)) * ratio)
        replaced = number(record["replaced"], where)
        quantity = number(row["quantity"], where)
        if row["kind"] == "usage":
            differ(f"{where}: converted quantity", quantity, counted)
        elif quantity not in (WIDE.subtract(counted, replaced), counted, -replaced):
            differ(f"{where}: converted quantity", quantity, WIDE.subtract(counted, replaced))
        found += 1
    return found


def _day_before(day: str) -> str:
    """The day before, as text: a local day may begin on the day before in UTC."""
    year, month, number_of_day = (int(part) for part in day.split("-"))
    if number_of_day > 1:
        return f"{year:04d}-{month:02d}-{number_of_day - 1:02d}"
    return f"{year - (month == 1):04d}-{month - 1 or 12:02d}-28"


def _six(value: Fraction) -> Decimal:
    """Six decimals, half up."""
    scaled = value * 10**6
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-6, WIDE)
