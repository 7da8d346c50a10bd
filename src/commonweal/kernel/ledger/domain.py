"""Journals before they are posted: drafts, their checks, their hash, their negation. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ..errors import CommonwealError

LIMIT = 9_000_000_000_000_000_000
"""The largest amount of one line, in minor units (schema: ledger_posting_amount)."""


class LedgerError(CommonwealError):
    """A journal or period that cannot be used as given."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: account and fund by code; `amount` in minor units, debit +, credit −.

    `trading_partner` (an agency's id) is set by `post_pair` where it is left out. `reference` is an
    opaque id of the document behind the line, never a name.
    """

    account: str
    amount: int
    fund: str = "GEN"
    cost_centre: str = ""
    service_code: str = ""
    object_code: str = ""
    trading_partner: UUID | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A journal to be posted. `source` and `key` together make posting it twice harmless."""

    agency_id: UUID
    period: str
    lines: Sequence[Line]
    description: str
    source: str
    key: str
    effective_date: date
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class JournalRef:
    """A posted journal: id, number in the agency's books, and whether it was there before."""

    id: UUID
    number: int
    agency_id: UUID
    payload_hash: str
    replayed: bool = False


def _bad(code: str, message: str) -> LedgerError:
    return LedgerError(code, message)


def _header_text(draft: Draft) -> str:
    return "\x1f".join(
        (
            str(draft.agency_id), draft.period, str(draft.effective_date), draft.currency,
            draft.source, draft.key, draft.description,
        )
    )  # fmt: skip


def _line_text(line: Line) -> str:
    return "\x1f".join(
        (
            line.account, line.fund, str(line.amount), line.cost_centre, line.service_code,
            line.object_code, str(line.trading_partner or ""), line.reference,
        )
    )  # fmt: skip


def payload_hash(draft: Draft, extra: str = "") -> str:
    """SHA-256 over everything that the draft says (`extra`: pair or reversal), hexadecimal.

    Fields are joined by control characters that `check_draft` keeps out of every field, so two
    different drafts never have the same text.
    """
    text = "\x1e".join([_header_text(draft), extra, *map(_line_text, draft.lines)])
    return hashlib.sha256(text.encode()).hexdigest()


def check_draft(draft: Draft) -> None:
    """Refuse a draft that the database would refuse, in words, with the line."""
    if not (draft.source and draft.key):
        raise _bad("LEDGER-101", "The journal has no source or key. Give both.")
    limits = (draft.source, 40), (draft.key, 120), (draft.description, 200)
    if any(len(text) > size or not text.isprintable() for text, size in limits):
        raise _bad(
            "LEDGER-102",
            "Source (40), key (120) or description (200 characters) is too long or holds a"
            " control character. Shorten it.",
        )
    if len(draft.lines) < 2:
        raise _bad("LEDGER-103", "A journal needs at least two lines. Add the missing line.")
    totals: dict[str, int] = defaultdict(int)
    for number, line in enumerate(draft.lines, 1):
        amount = line.amount
        if type(amount) is not int or not 0 < abs(amount) <= LIMIT:
            raise _bad(
                "LEDGER-107",
                f"Line {number}: the amount must be a whole number of minor units, not zero.",
            )
        _check_words(number, line)
        totals[line.fund] += amount
    for fund, total in sorted(totals.items()):
        if total:
            raise _bad(
                "LEDGER-208",
                f"Fund {fund}: debits and credits differ by {total} minor units."
                " Correct the lines so that each fund balances.",
            )


def _check_words(number: int, line: Line) -> None:
    longest = max(len(line.cost_centre), len(line.service_code), len(line.object_code))
    words = line.account + line.fund + line.cost_centre + line.service_code + line.object_code
    if longest > 40 or len(line.reference) > 64 or not (words + line.reference).isprintable():
        raise _bad(
            "LEDGER-108",
            f"Line {number}: a dimension (40) or the reference (64 characters) is too long or"
            " holds a control character. Shorten it.",
        )


def negated(lines: Iterable[Line]) -> list[Line]:
    """The lines of a reversal: the same in everything but the sign."""
    return [replace(line, amount=-line.amount) for line in lines]


def partnered(draft: Draft, other: UUID) -> Draft:
    """One side of a pair: where no line names a trading partner, all name the other agency."""
    if any(line.trading_partner for line in draft.lines):
        if any(line.trading_partner not in (None, other) for line in draft.lines):
            raise _bad("LEDGER-213", "The trading partner of a paired line is the other agency.")
        return draft
    return replace(draft, lines=[replace(line, trading_partner=other) for line in draft.lines])


def check_pair(left: Draft, right: Draft) -> None:
    """Refuse two journals that cannot be a pair (the schema checks the amounts by class)."""
    if left.agency_id == right.agency_id:
        raise _bad("LEDGER-212", "A pair is two journals of two agencies. Choose another agency.")
    if (left.period, left.currency) != (right.period, right.currency):
        raise _bad("LEDGER-212", "Both journals of a pair have one period and one currency.")
