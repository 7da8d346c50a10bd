"""What a bank statement says, and whether it adds up. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .remittance import ReadEntry
from .settlement import PaymentError


@dataclass(frozen=True)
class RowProblem:
    """A row that cannot be read, why, and what to do."""

    row: int
    code: str
    message: str


@dataclass(frozen=True)
class ReadStatement:
    """A statement as read; balances in minor units where it says them."""

    account: str
    reference: str
    currency: str
    format: str
    entries: tuple[ReadEntry, ...]
    opening_minor: int | None = None
    closing_minor: int | None = None

    @property
    def in_minor(self) -> int:
        """The sum of what came in."""
        return sum(entry.minor for entry in self.entries if entry.minor > 0)

    @property
    def out_minor(self) -> int:
        """The sum of what went out, as a positive amount."""
        return -sum(entry.minor for entry in self.entries if entry.minor < 0)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day of its entries."""
        days = [entry.booked_on for entry in self.entries]
        return min(days, default=None), max(days, default=None)

    @property
    def reconciled(self) -> bool | None:
        """Whether opening balance + entries = closing balance; None where it does not say both."""
        if self.opening_minor is None or self.closing_minor is None:
            return None
        return self.opening_minor + self.in_minor - self.out_minor == self.closing_minor


def check_statement(statement: ReadStatement, currency: str) -> None:
    """Refuse a statement of another currency (PAY-120) or one that does not add up (PAY-121)."""
    if statement.currency != currency:
        raise PaymentError(
            "PAY-120",
            f"The statement is in {statement.currency}; the centre keeps its books in {currency}. "
            "Import the statement of the other account.",
        )
    if statement.reconciled is False:
        opening, closing = statement.opening_minor or 0, statement.closing_minor or 0
        gap = closing - opening - statement.in_minor + statement.out_minor
        raise PaymentError(
            "PAY-121",
            f"Statement {statement.reference or statement.account} does not add up: opening "
            f"balance and entries differ from the closing balance by {gap} minor units. "
            "Download it again.",
        )


def entry_keys(statement: ReadStatement) -> list[str]:
    """What makes each entry one of its account: account, statement and the bank's own reference;
    without one, what the entry says and which of several alike it is. 64 hexadecimal digits."""
    seen: Counter[str] = Counter()
    keys = []
    for entry in statement.entries:
        said = [statement.account, statement.reference, entry.reference]
        if not entry.reference:
            said += [str(entry.booked_on), str(entry.minor), entry.payer, entry.payer_account,
                     entry.text]  # fmt: skip
        text = "\x1f".join(said)
        seen[text] += 1
        keys.append(hashlib.sha256(f"{text}\x1e{seen[text]}".encode()).hexdigest())
    return keys


def require_readable(problems: Sequence[RowProblem]) -> None:
    """Refuse a file with rows that cannot be read, all of them named (PAY-110)."""
    if problems:
        first = problems[0]
        raise PaymentError(
            "PAY-110",
            f"{len(problems)} rows cannot be read, so nothing was imported. Row {first.row}: "
            f"{first.message}",
            rows=[{"row": each.row, "code": each.code, "message": each.message}
                  for each in problems],
        )  # fmt: skip
