"""Receipt numbers of a till: without gaps, or each gap explained. Pure.

`FRONT-2026-000123-45`: the till, the fiscal year, the number within both from 1, and two check
digits (ISO/IEC 7064, MOD 97-10, letters counting from A = 10 as in an IBAN), so that a number that
is read over the telephone or copied from paper is not taken for another's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import CaseError

_TEXT = re.compile(r"([A-Z0-9]{1,12})-(\d{4})-(\d{6,9})-(\d{2})")


class ReceiptError(CaseError):
    """A receipt's number is none, or a till's numbers do not add up."""


@dataclass(frozen=True)
class Till:
    """A place where money is taken; `last` is the last number used in each year."""

    code: str
    currency: str
    last: Mapping[int, int]


@dataclass(frozen=True)
class Receipt:
    """The number of one receipt."""

    till: str
    year: int
    number: int

    @property
    def text(self) -> str:
        """As it is printed."""
        plain = f"{self.till}-{self.year:04d}-{self.number:06d}"
        return f"{plain}-{check_digits(plain):02d}"


@dataclass(frozen=True)
class Voided:
    """A number that was used up without money: who says so, and why."""

    number: int
    reason: str
    by: str


@dataclass(frozen=True)
class Numbers:
    """How a till's numbers of a year stand: `missing` without a reason, `twice`, `beyond` the last.

    `voided_and_used` are numbers that were declared void though a receipt bears them.
    """

    explained: tuple[Voided, ...]
    missing: tuple[int, ...]
    twice: tuple[int, ...]
    beyond: tuple[int, ...]
    voided_and_used: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether every number is a receipt or explained, and none is anything else."""
        return not (self.missing or self.twice or self.beyond or self.voided_and_used)


def next_receipt(till: Till, year: int) -> Receipt:
    """The number that follows the till's last one of the year (CASE-212: a code that is none)."""
    if re.fullmatch(r"[A-Z0-9]{1,12}", till.code) is None:
        raise ReceiptError("CASE-212", "A till's code is 1 to 12 capital letters and digits.")
    return Receipt(till.code, year, till.last.get(year, 0) + 1)


def used(till: Till, receipt: Receipt) -> Till:
    """The till after a receipt. Numbers follow one another (CASE-213)."""
    if receipt != next_receipt(till, receipt.year):
        raise ReceiptError("CASE-213", "That is not the till's next number. Take the next one.")
    return Till(till.code, till.currency, {**till.last, receipt.year: receipt.number})


def check_digits(plain: str) -> int:
    """The two digits after which the whole leaves 1 when divided by 97."""
    return 98 - int(f"{_digits(plain)}00") % 97


def _digits(text: str) -> str:
    return "".join(str(int(letter, 36)) for letter in text if letter.isalnum())


def read_receipt(text: str) -> Receipt:
    """A number as somebody typed it (CASE-214 where it is none, or a digit is wrong)."""
    found = _TEXT.fullmatch("".join(text.split()).upper())
    if found:
        receipt = Receipt(found[1], int(found[2]), int(found[3]))
        if receipt.number and receipt.text == found[0]:
            return receipt
    raise ReceiptError("CASE-214", "That is no receipt's number. Copy all of it from the receipt.")


def numbers(till: Till, year: int, issued: Iterable[int], voided: Iterable[Voided]) -> Numbers:
    """Account for every number of a till's year: each is a receipt, or void with a reason."""
    last = till.last.get(year, 0)
    counts = Counter(issued)
    reasons = {void.number: void for void in voided if void.reason.strip() and void.by.strip()}
    every = range(1, last + 1)
    return Numbers(
        explained=tuple(reasons[n] for n in every if n in reasons and n not in counts),
        missing=tuple(n for n in every if n not in counts and n not in reasons),
        twice=tuple(sorted(n for n, count in counts.items() if count > 1)),
        beyond=tuple(sorted({n for n in [*counts, *reasons] if not 1 <= n <= last})),
        voided_and_used=tuple(sorted(set(reasons) & set(counts))),
    )
