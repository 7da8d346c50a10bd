"""Plain-text accounting: the books in the formats of hledger and beancount. Pure.

Both tools refuse a transaction that does not balance, so reading an export is a check of its own.
An account is written as class:code:fund (`Assets:1100:GEN`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ..money.public import Money

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "revenue": "Income",
    "expense": "Expenses",
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line: account type and code, fund, signed minor units and currency."""

    type: str
    account: str
    fund: str
    amount: int
    currency: str

    @property
    def path(self) -> str:
        """The account as both tools write it."""
        return f"{ROOTS[self.type]}:{self.account}:{self.fund}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal to be written."""

    day: date
    number: int
    description: str
    id: str
    period: str
    lines: tuple[EntryLine, ...]


def decimal_text(amount: int, currency: str) -> str:
    """Minor units as a plain decimal: -1234 USD is `-12.34`."""
    return format(Money(amount, currency).decimal, "f")


def _places(entries: list[Entry]) -> list[str]:
    return sorted({line.path for entry in entries for line in entry.lines})


def _currencies(entries: list[Entry]) -> list[str]:
    return sorted({line.currency for entry in entries for line in entry.lines})


def hledger(entries: Iterable[Entry]) -> str:
    """The journals for `hledger --strict`: every account and commodity is declared."""
    known = list(entries)
    out = ["; Commonweal export for hledger"]
    for currency in _currencies(known):
        places = decimal_text(0, currency).removeprefix("0") or "."
        out.append(f"commodity 1000{places} {currency}")
    out += [f"account {path}" for path in _places(known)]
    for entry in known:
        about = entry.description.replace(";", ",").replace("|", "/")
        out.append(f"\n{entry.day} * ({entry.number}) {about}")
        out.append(f"    ; journal: {entry.id}, period: {entry.period}")
        for line in entry.lines:
            amount = decimal_text(line.amount, line.currency)
            out.append(f"    {line.path}  {amount} {line.currency}")
    return "\n".join(out) + "\n"


def beancount(entries: Iterable[Entry]) -> str:
    """The journals for `bean-check`; accounts open on the first day of the export."""
    known = list(entries)
    out = ["; Commonweal export for beancount"]
    first = min((entry.day for entry in known), default=date(1970, 1, 1))
    out += [f"{first} open {path}" for path in _places(known)]
    for entry in known:
        about = entry.description.replace("\\", "\\\\").replace('"', '\\"')
        out.append(f'\n{entry.day} * "{about}"')
        out.append(f'  number: "{entry.number}"\n  journal: "{entry.id}"')
        out.append(f'  period: "{entry.period}"')
        for line in entry.lines:
            amount = decimal_text(line.amount, line.currency)
            out.append(f"  {line.path}  {amount} {line.currency}")
    return "\n".join(out) + "\n"
