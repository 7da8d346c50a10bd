"""How journals reach the tables: one in one call, many by COPY, and errors in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from ..calendar.public import now
from ..errors import CommonwealError, Conflict
from ..schema.public import uuid7
from .domain import Draft, JournalRef, LedgerError, Line, payload_hash
from .models import Account, Fund, LedgerPeriod

_CODED = re.compile(r"(LEDGER-\d{3}): (.*)")
_POST = "SELECT replayed, id, number, known_hash FROM ledger_post(%s, %s, %s, %s, %s, %s)"
_KNOWN = """
SELECT t.o, j.id, j.number, j.payload_hash
  FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY AS t(agency, source, key, o)
 CROSS JOIN LATERAL (
   SELECT id, number, payload_hash FROM ledger_journal
    WHERE agency_id = t.agency AND source = t.source AND idempotency_key = t.key LIMIT 1) j"""
_HEADER = (
    "id, agency_id, number, period_id, effective_date, recorded_at, description, source,"
    " idempotency_key, payload_hash, n_lines, currency"
)
_LINE = (
    "journal_id, line, agency_id, period_id, account_id, fund_id, amount, currency, cost_centre,"
    " service_code, object_code, trading_partner_id, reference"
)
_CHUNK = 4000
_NULL = "\\N"


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the database's coded refusals into errors that a person may read."""
    try:
        yield
    except DatabaseError as error:
        found = _CODED.search(str(error))
        if not found:
            raise
        kind: type[CommonwealError] = Conflict if found[1] == "LEDGER-204" else LedgerError
        raise kind(found[1], found[2]) from error


def check_deferred() -> None:
    """Run the checks that otherwise wait for the commit, so that their refusal has a place."""
    with in_words(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ledger_journal_whole IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ledger_journal_whole DEFERRED")


def same_or_conflict(draft: Draft, known_hash: str, wanted_hash: str) -> None:
    """Refuse a key that is known with another content."""
    if known_hash != wanted_hash:
        raise Conflict(
            "LEDGER-409",
            f"The key “{draft.key}” of {draft.source} is already posted with another content."
            " Give the new journal a key of its own, or reverse the posted one.",
        )


def insert_one(
    draft: Draft, *, pair_id: UUID | None = None, reverses: UUID | None = None
) -> JournalRef:
    """Insert one checked journal with its lines in one call, or find the one with its key."""
    digest = payload_hash(draft, f"{'pair' if pair_id else ''}\x1f{reverses or ''}")
    head = {
        "id": str(uuid7()),
        "period": draft.period,
        "effective": str(draft.effective_date),
        "recorded": now().isoformat(),
        "description": draft.description,
        "currency": draft.currency,
        "pair": pair_id and str(pair_id),
        "reverses": reverses and str(reverses),
    }
    lines = [
        (
            line.account, line.fund, line.amount, line.cost_centre, line.service_code,
            line.object_code, line.trading_partner and str(line.trading_partner), line.reference,
        )
        for line in draft.lines
    ]  # fmt: skip
    values: list[Any] = [
        draft.agency_id, draft.source, draft.key, digest, json.dumps(head), json.dumps(lines)
    ]  # fmt: skip
    with in_words(), connection.cursor() as cursor:
        cursor.execute(_POST, values)
        replayed, journal_id, number, known = cursor.fetchone()
    same_or_conflict(draft, known, digest)
    return JournalRef(journal_id, number, draft.agency_id, digest, replayed)


class Book:
    """The ids behind one agency's account, fund and period codes, as text for COPY."""

    def __init__(self, agency_id: UUID) -> None:
        self.agency = str(agency_id)
        active = Account.objects.filter(agency_id=agency_id, active=True)
        self.accounts = {code: str(key) for code, key in active.values_list("code", "id")}
        funds = Fund.objects.filter(agency_id=agency_id)
        self.funds = {code: str(key) for code, key in funds.values_list("code", "id")}
        periods = LedgerPeriod.objects.filter(agency_id=agency_id)
        self.periods = {code: str(key) for code, key in periods.values_list("code", "id")}

    def period(self, draft: Draft) -> str:
        """The id of the draft's period."""
        found = self.periods.get(draft.period)
        if found is None:
            raise LedgerError(
                "LEDGER-104",
                f"period {draft.period} is not open in these books. Open it first.",
            )
        return found

    def missing(self, draft: Draft) -> LedgerError:
        """The error for the first line whose account or fund is unknown."""
        for number, line in enumerate(draft.lines, 1):
            if line.account not in self.accounts:
                return LedgerError(
                    "LEDGER-105",
                    f"Journal “{draft.key}”, line {number}: account {line.account} is not in use"
                    " in these books. Add it first.",
                )
            if line.fund not in self.funds:
                break
        return LedgerError(
            "LEDGER-106",
            f"Journal “{draft.key}”, line {number}: fund {line.fund} is not in these books."
            " Add it first.",
        )


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\") if "\\" in text else text


def _copy_lines(draft: Draft, journal_id: UUID, book: Book) -> str:
    """The draft's lines in COPY's text form; `check_draft` keeps tabs and newlines out."""
    accounts, funds = book.accounts, book.funds
    middle = f"\t{book.agency}\t{book.period(draft)}\t"
    head = f"{journal_id}\t"

    def row(number: int, line: Line) -> str:
        words = _escape(f"{line.cost_centre}\t{line.service_code}\t{line.object_code}")
        return (
            f"{head}{number}{middle}{accounts[line.account]}\t{funds[line.fund]}\t{line.amount}"
            f"\t{draft.currency}\t{words}\t{line.trading_partner or _NULL}"
            f"\t{_escape(line.reference)}\n"
        )

    try:
        return "".join([row(number, line) for number, line in enumerate(draft.lines, 1)])
    except KeyError:
        raise book.missing(draft) from None


def _known(cursor: Any, drafts: Sequence[Draft]) -> dict[int, tuple[UUID, int, str]]:
    cursor.execute(
        _KNOWN,
        [
            [draft.agency_id for draft in drafts],
            [draft.source for draft in drafts],
            [draft.key for draft in drafts],
        ],
    )
    return {place - 1: (key, number, known) for place, key, number, known in cursor.fetchall()}


def _reserve(cursor: Any, agencies: Sequence[UUID], wanted: dict[UUID, int]) -> dict[UUID, int]:
    """The first number per agency; always in the same order, so that batches cannot deadlock."""
    first = {}
    for agency_id in agencies:
        cursor.execute("SELECT ledger_reserve(%s, %s)", [agency_id, wanted.get(agency_id, 0)])
        first[agency_id] = cursor.fetchone()[0]
    return first


def _stage(cursor: Any) -> None:
    """Two private tables: PostgreSQL refuses COPY into tables with row-level security."""
    for name, columns in (("ledger_journal", _HEADER), ("ledger_posting", _LINE)):
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS in_{name} ON COMMIT DELETE ROWS AS"
            f" SELECT {columns} FROM {name} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE pg_temp.in_{name}")
    cursor.execute("SELECT set_config('work_mem', '128MB', true)")


def insert_many(drafts: Sequence[Draft]) -> list[JournalRef]:
    """Insert checked journals set by set: COPY into private tables, then two INSERT … SELECT."""
    agencies = sorted({draft.agency_id for draft in drafts})
    books = {agency_id: Book(agency_id) for agency_id in agencies}
    hashes = [payload_hash(draft, "\x1f") for draft in drafts]
    with in_words(), connection.cursor() as cursor:
        _reserve(cursor, agencies, {})
        known = _known(cursor, drafts)
        refs = _refs(cursor, drafts, hashes, known)
        fresh = [(draft, ref) for draft, ref in zip(drafts, refs, strict=True) if not ref.replayed]
        if not fresh:
            return refs
        _stage(cursor)
        _copy_headers(cursor, fresh, books)
        with cursor.copy(f"COPY pg_temp.in_ledger_posting ({_LINE}) FROM STDIN") as copy:
            for start in range(0, len(fresh), _CHUNK):
                chunk = fresh[start : start + _CHUNK]
                copy.write("".join([_copy_lines(d, r.id, books[d.agency_id]) for d, r in chunk]))
        for name, columns in (("ledger_journal", _HEADER), ("ledger_posting", _LINE)):
            cursor.execute(
                f"INSERT INTO {name} ({columns}) SELECT {columns} FROM pg_temp.in_{name}"
            )
    return refs


def _refs(
    cursor: Any,
    drafts: Sequence[Draft],
    hashes: Sequence[str],
    known: dict[int, tuple[UUID, int, str]],
) -> list[JournalRef]:
    """A reference for every draft: the original where the key is known, else a new number."""
    wanted: dict[UUID, int] = {}
    keys: dict[tuple[UUID, str, str], int] = {}
    for place, draft in enumerate(drafts):
        identity = (draft.agency_id, draft.source, draft.key)
        if keys.setdefault(identity, place) != place:
            raise Conflict("LEDGER-410", f"The key “{draft.key}” occurs twice in the batch.")
        if place not in known:
            wanted[draft.agency_id] = wanted.get(draft.agency_id, 0) + 1
    following = _reserve(cursor, sorted(wanted), wanted)
    refs = []
    for place, (draft, digest) in enumerate(zip(drafts, hashes, strict=True)):
        if place in known:
            journal_id, number, known_hash = known[place]
            same_or_conflict(draft, known_hash, digest)
            refs.append(JournalRef(journal_id, number, draft.agency_id, digest, True))
            continue
        number = following[draft.agency_id]
        following[draft.agency_id] = number + 1
        refs.append(JournalRef(uuid7(), number, draft.agency_id, digest))
    return refs


def _copy_headers(
    cursor: Any, fresh: Sequence[tuple[Draft, JournalRef]], books: dict[UUID, Book]
) -> None:
    moment = now().isoformat()
    with cursor.copy(f"COPY pg_temp.in_ledger_journal ({_HEADER}) FROM STDIN") as copy:
        for start in range(0, len(fresh), _CHUNK):
            rows = []
            for draft, ref in fresh[start : start + _CHUNK]:
                book = books[draft.agency_id]
                words = _escape(f"{draft.description}\t{draft.source}\t{draft.key}")
                rows.append(
                    f"{ref.id}\t{book.agency}\t{ref.number}\t{book.period(draft)}"
                    f"\t{draft.effective_date}\t{moment}\t{words}\t{ref.payload_hash}"
                    f"\t{len(draft.lines)}\t{draft.currency}\n"
                )
            copy.write("".join(rows))
