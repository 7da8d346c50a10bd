"""Bank statements for the tests of payments: CSV and camt.053 from plain entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.party.public import centre, put_invoice_details
from commonweal.practices.charging.models import Bill
from commonweal.practices.charging.public import (
    PaymentReport,
    PaymentRequest,
    Standing,
    import_payments,
    standing,
)

from .world import JULY, World

HEADER = "Date,Amount,Reference,Payer,Payer account,Text,Balance"


@dataclass(frozen=True)
class Paid:
    """One line of a statement; `minor` in cents, out negative."""

    minor: int
    text: str = ""
    payer: str = ""
    account: str = ""
    day: str = "2026-09-03"
    reference: str = ""


def money(minor: int) -> str:
    """Cents as a bank writes them."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def csv_file(paid: Sequence[Paid], opening: int = 1000_00) -> bytes:
    """A statement as CSV with a running balance."""
    rows, balance = [HEADER], opening
    for number, each in enumerate(paid, start=1):
        balance += each.minor
        reference = each.reference or f"B{number}-{each.day}-{opening}"
        rows.append(",".join([each.day, money(each.minor), reference, f'"{each.payer}"',
            each.account, f'"{each.text}"', money(balance)]))  # fmt: skip
    return "\n".join(rows).encode()


def camt(paid: Sequence[Paid], opening: int = 1000_00, version: str = "08") -> bytes:
    """A statement as camt.053, version .02 or .08."""
    closing = opening + sum(each.minor for each in paid)
    wrap = ("<Pty>", "</Pty>") if version == "08" else ("", "")
    booked = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"

    def amount(minor: int) -> str:
        side = "DBIT" if minor < 0 else "CRDT"
        return f'<Amt Ccy="USD">{money(abs(minor))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'

    def balance(code: str, minor: int) -> str:
        return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(minor)}</Bal>"

    entries = "".join(
        f"<Ntry>{amount(each.minor)}{booked}<BookgDt><Dt>{each.day}</Dt></BookgDt>"
        f"<AcctSvcrRef>{each.reference or f'C{number}'}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<RltdPties><Dbtr>{wrap[0]}<Nm>{each.payer}</Nm>{wrap[1]}</Dbtr>"
        f"<DbtrAcct><Id><IBAN>{each.account}</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{each.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for number, each in enumerate(paid, start=1)
    )
    credits = sum(each.minor for each in paid if each.minor > 0)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><Stmt><Id>S1</Id><Acct><Id><IBAN>US00MAIN</IBAN></Id><Ccy>USD</Ccy></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}"
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(paid)}</NbOfNtries></TtlNtries>"
        f"<TtlCdtNtries><Sum>{money(credits)}</Sum></TtlCdtNtries></TxsSummry>"
        f"{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def send_file(world: World, data: bytes, name: str = "bank.xml", **more: str) -> PaymentReport:
    """Import a file as the finance officer; the layout of `csv_file` is confirmed."""
    more.setdefault("accept_as", "Our bank" if name.endswith("csv") else "")
    with act_as(world.finance):
        return import_payments(actor=world.finance, request=PaymentRequest(name, data, **more))


def pay(world: World, *paid: Paid, opening: int = 1000_00) -> PaymentReport:
    """Import some lines as CSV."""
    return send_file(world, csv_file(paid, opening), "bank.csv")


def bill_of(world: World, agency: str, period: str = JULY) -> Bill:
    """An agency's issued bill."""
    with act_as(world.finance):
        return world.bill(agency, period)


def stands(world: World, bill_id: UUID) -> Standing:
    """How a bill stands."""
    with act_as(world.finance):
        return standing(world.finance, bill_id)


CENTRE = {
    "legal_name": "State of Meridian", "endpoint_scheme": "9959", "endpoint_id": "12-3456789",
    "registration_scheme": "0060", "registration_id": "123456789", "street": "1 Capitol Square",
    "city": "Meridian", "postal_code": "00001", "subdivision": "MD", "country": "us",
    "payment_account": "US00MAIN", "vat_category": "o", "vat_reason": "Not subject to VAT",
}  # fmt: skip
AGENCY = {
    "legal_name": "Office of Parks", "endpoint_scheme": "0088", "endpoint_id": "4006381333931",
    "city": "Meridian", "country": "US", "buyer_reference": "PO-77",
}  # fmt: skip


def enter_details(world: World) -> None:
    """Give the centre and every agency what invoices need."""
    with act_as(SYSTEM):
        put_invoice_details(actor=SYSTEM, agency_id=centre().agency_id, fields=CENTRE)
        for agency_id in world.agencies.values():
            put_invoice_details(actor=SYSTEM, agency_id=agency_id, fields=AGENCY)
