"""ISO 20022 camt.053 (bank to customer statement), versions .001.02 to .001.13.

Only booked entries count. An entry of several transactions becomes one entry each, where they say
their amounts. ISO 20022, message definition report "Bank-to-Customer Cash Management".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from commonweal.kernel.money.public import Money, MoneyError, exponent, parse_decimal

from ..domain.remittance import Named, ReadEntry, named_bills
from ..domain.settlement import PaymentError
from ..domain.statements import ReadStatement, RowProblem
from .xml import read_xml

_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_NONE = {"NOTPROVIDED", "NONREF", ""}


def is_camt(data: bytes) -> bool:
    """Whether a file begins as XML does."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_camt(data: bytes) -> tuple[list[ReadStatement], list[RowProblem]]:
    """The statements of a file, and the entries that cannot be read (PAY-101 to 105)."""
    root = read_xml(data)
    found = [each for each in root.iter("Stmt")]
    if root.tag != "Document" or root.find("BkToCstmrStmt") is None or not found:
        raise PaymentError(
            "PAY-104",
            "The file holds no camt.053 statement. Choose “statement” (camt.053) at the bank, not "
            "a report or a notification.",
        )
    problems: list[RowProblem] = []
    return [_statement(each, problems) for each in found], problems


def _statement(node: Element, problems: list[RowProblem]) -> ReadStatement:
    account = _text(node, "Acct/Id/IBAN") or _text(node, "Acct/Id/Othr/Id")
    amounts = [*node.iterfind("Bal/Amt"), *node.iterfind("Ntry/Amt")]
    currency = _text(node, "Acct/Ccy") or next((each.get("Ccy", "") for each in amounts), "")
    if not account or len(currency) != 3:
        raise PaymentError(
            "PAY-105", "A statement names no account or currency. Download it from the bank again."
        )
    entries: list[ReadEntry] = []
    booked: list[Element] = []
    for row, each in enumerate(node.iterfind("Ntry"), start=1):
        state = (_text(each, "Sts/Cd") or _text(each, "Sts") or "BOOK").upper()
        if state != "BOOK":
            continue
        booked.append(each)
        try:
            entries += _entries(each, row, currency)
        except (PaymentError, MoneyError) as wrong:
            problems.append(RowProblem(row, wrong.code, wrong.message))
    made = ReadStatement(
        account[:40],
        (_text(node, "Id") or _text(node, "ElctrncSeqNb"))[:80],
        currency,
        "camt.053",
        tuple(entries),
        _balance(node, _OPENING, currency),
        _balance(node, _CLOSING, currency),
    )
    if not problems:
        _check_totals(node, made, booked)
    return made


def _check_totals(node: Element, made: ReadStatement, booked: list[Element]) -> None:
    """The bank's own count and sums agree with the entries (PAY-106)."""
    sums = {True: made.in_minor, False: made.out_minor}
    wanted = [
        (_text(node, "TxsSummry/TtlNtries/NbOfNtries"), str(len(booked))),
        *(
            (_minor_text(node, f"TxsSummry/{name}/Sum", made.currency), str(sums[incoming]))
            for name, incoming in (("TtlCdtNtries", True), ("TtlDbtNtries", False))
        ),
    ]
    if any(said and said != found for said, found in wanted):
        raise PaymentError(
            "PAY-106",
            "The statement's own count or sums differ from its entries. Download it again: part "
            "of it is missing.",
        )


def _minor_text(node: Element, path: str, currency: str) -> str:
    said = _text(node, path)
    return str(Money.exactly(parse_decimal(said), currency).minor) if said else ""


def _balance(node: Element, codes: tuple[str, ...], currency: str) -> int | None:
    for code in codes:
        for each in node.iterfind("Bal"):
            if _text(each, "Tp/CdOrPrtry/Cd") == code:
                return _signed(each, currency)
    return None


def _signed(node: Element, currency: str) -> int:
    """An amount with its sign, in minor units (PAY-107 to 108)."""
    amount = node.find("Amt")
    said = (amount.text or "").strip() if amount is not None else ""
    if amount is None or not said:
        raise PaymentError("PAY-107", "The amount is missing. Download the file again.")
    if amount.get("Ccy", currency) != currency:
        raise PaymentError(
            "PAY-108", f"The amount is in {amount.get('Ccy')}, the account in {currency}. "
            "Ask the bank for the statement of that account.",
        )  # fmt: skip
    minor = Money.exactly(parse_decimal(said), currency).minor
    out = _text(node, "CdtDbtInd").upper() == "DBIT"
    return -minor if out else minor


def _day(node: Element) -> date:
    said = _text(node, "BookgDt/Dt") or _text(node, "BookgDt/DtTm")[:10]
    said = said or _text(node, "ValDt/Dt") or _text(node, "ValDt/DtTm")[:10]
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        raise PaymentError(
            "PAY-109", f"“{said[:20]}” is not the day of an entry. Download the file again."
        ) from None


def _entries(node: Element, row: int, currency: str) -> Iterator[ReadEntry]:
    minor, day = _signed(node, currency), _day(node)
    reference = _text(node, "AcctSvcrRef") or _text(node, "NtryRef")
    parts = list(node.iterfind("NtryDtls/TxDtls"))
    split = _split(parts, minor, currency) if len(parts) > 1 else None
    if split is None:
        yield _entry(row, day, minor, currency, reference, parts[0] if parts else node, node)
        return
    for place, (part, amount) in enumerate(split, start=1):
        own = _text(part, "Refs/AcctSvcrRef") or (f"{reference}/{place}" if reference else "")
        yield _entry(row, day, amount, currency, own, part, node)


def _split(parts: list[Element], minor: int, currency: str) -> list[tuple[Element, int]] | None:
    """Each transaction with its amount, if all say one and they add up to the entry."""
    sign = -1 if minor < 0 else 1
    found = []
    for part in parts:
        said = _text(part, "Amt") or _text(part, "AmtDtls/TxAmt/Amt")
        if not said:
            return None
        found.append((part, sign * Money.exactly(parse_decimal(said), currency).minor))
    return found if sum(amount for _part, amount in found) == minor else None


def _entry(
    row: int, day: date, minor: int, currency: str, reference: str, part: Element, whole: Element
) -> ReadEntry:
    side, other = ("Dbtr", "DbtrAcct") if minor >= 0 else ("Cdtr", "CdtrAcct")
    payer = _text(part, f"RltdPties/{side}/Nm") or _text(part, f"RltdPties/{side}/Pty/Nm")
    account = _text(part, f"RltdPties/{other}/Id/IBAN") or _text(
        part, f"RltdPties/{other}/Id/Othr/Id"
    )
    texts = [(each.text or "").strip() for each in part.iterfind("RmtInf/Ustrd")]
    texts += [_text(each, "CdtrRefInf/Ref") for each in part.iterfind("RmtInf/Strd")]
    texts.append(_text(part, "Refs/EndToEndId"))
    texts.append(_text(whole, "AddtlNtryInf"))
    text = " ".join(each for each in texts if each not in _NONE)[:1000]
    named = _structured(part, currency) or named_bills(text, exponent(currency))
    return ReadEntry(
        row, day, minor, currency, reference[:80], payer[:160], account[:40], text, tuple(named)
    )


def _structured(part: Element, currency: str) -> list[Named]:
    """The bills that structured remittance information names, with their amounts."""
    found = []
    for each in part.iterfind("RmtInf/Strd"):
        said = _text(each, "RfrdDocAmt/RmtdAmt")
        minor = Money.exactly(parse_decimal(said), currency).minor if said else None
        found += [
            Named((number.text or "").strip().upper(), minor)
            for number in each.iterfind("RfrdDocInf/Nb")
            if number.text
        ]
    return found


def _text(node: Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
