"""The demo's money: bank statements with what agencies pay, late, in part, or not to be recognised.

Most agencies pay a bill in full within its days and name it. One pays a month late, one pays in two
parts, and once somebody pays whom nobody knows.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import Money
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging.public import PaymentRequest, bills, import_payments

from .people import World

LATE, IN_PARTS = "DPS", "EDU"
"""Who pays a month late, and who pays each bill in two parts."""
ACCOUNT = "Meridian operating account"
COLUMNS = ("Date", "Amount", "Currency", "Reference", "Payer", "Text")


def _share(minor: int, part: int) -> int:
    return minor * 3 // 5 if part == 0 else minor - minor * 3 // 5


def payments_of(world: World, paid: FiscalPeriod, stranger: bool) -> list[tuple[str, int, str]]:
    """Who pays how much in the month after a bill's issue, and what they write."""
    finance = world.of("finance_officer")
    found: list[tuple[str, int, str]] = []
    with act_as(finance):
        for month, wanted in ((paid.shift(-1), {LATE, IN_PARTS}), (paid, set(world.agencies))):
            for bill in bills(finance, period=month.code, place=Place(limit=200)):
                code = bill.agency.code
                if code not in wanted or bill.total_minor <= 0:
                    continue
                if month == paid and code == LATE:
                    continue
                amount = bill.total_minor
                if code == IN_PARTS:
                    amount = _share(amount, 0 if month == paid else 1)
                found.append((bill.agency.name, amount, f"Bill {bill.number}"))
    if stranger:
        found.append(("Prairie Rural Water District", 41250, "as agreed by telephone"))
    return found


def statement(paid: FiscalPeriod, day: date, rows: list[tuple[str, int, str]]) -> bytes:
    """The bank's file for one month."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, (payer, minor, text) in enumerate(rows, start=1):
        amount = Money(minor, "USD").decimal
        booked = day - timedelta(days=number % 9)
        writer.writerow([booked.isoformat(), amount, "USD", f"{paid}-{number:03d}", payer, text])
    return out.getvalue().encode()


def receive(world: World, paid: FiscalPeriod, day: date, stranger: bool = False) -> Decimal:
    """Import the statement of a month in which the bills of another were paid; what came in."""
    rows = payments_of(world, paid, stranger)
    if not rows:
        return Decimal(0)
    total = sum(minor for _payer, minor, _text in rows)
    finance = world.of("finance_officer")
    with act_as(finance):
        import_payments(
            actor=finance,
            request=PaymentRequest(
                filename=f"bank-{paid}.csv",
                data=statement(paid, day, rows),
                account=ACCOUNT,
                reference=f"S-{paid}",
                opening="0.00",
                closing=Money(total, "USD").text,
                accept_as="Meridian State Bank",
            ),
        )
    return Money(total, "USD").decimal
