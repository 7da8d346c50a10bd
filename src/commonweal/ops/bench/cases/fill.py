"""Very many cases as a centre has them after years, made inside the database.

What a case is depends on its number alone, so that the same size is the same cases: agencies and
askers by rank (a few have most), recent ones live and a hundredth live for years, few of the
highest priority, words by Zipf's law. Made as the owner with everything put aside that would look
at one row after another (triggers, foreign keys, indexes), which is put back afterwards: counters
and sums by one GROUP BY, indexes built, foreign keys for new rows only. Events and clocks are not
made, because no list reads them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.public import Category
from commonweal.kernel.party.public import Agency

from .fill_sql import CASES, CONTACTS, COUNTS, SETUP, TALLIES, WORDS
from .site import Site

CHUNK = 250_000
ACCOUNTS = 200
"""Agents."""
OWN = 40
"""The rank of the contact that the employee of the measurements is: one who asks often."""
YEARS = 6
THINGS = (
    "printer", "scanner", "laptop", "screen", "mailbox", "calendar", "network", "telephone",
    "account", "folder", "licence", "street light", "pothole", "bin", "sign", "crossing", "bench",
    "permit", "bill", "form", "password", "drum", "keyboard", "wireless", "noise",
)  # fmt: skip
TROUBLES = (
    "does nothing", "is slow", "is broken", "shows an error", "was forgotten", "is missing",
    "is needed", "blinks", "is full", "cannot be opened", "is locked", "is wrong",
)  # fmt: skip
PLACES = ("Harbour", "Mill", "Station", "Park", "Church", "School", "Bridge", "Market", "North",
          "South", "River", "Hill")  # fmt: skip
VOCABULARY = 30_000
TEXT_WORDS = 8


@dataclass(frozen=True)
class Filled:
    """What was made, and how long that took."""

    cases: int
    words: int
    rows_seconds: float
    index_seconds: float


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fill(site: Site, count: int, *, words: bool = True) -> Filled:
    """Make so many cases with their counters and (or not) their words; commits by chunks."""
    began, owner = time.monotonic(), connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SET app.centre = 'on'; SET maintenance_work_mem = '1GB'")
        given = _prepare(cursor, site, count)
        with _put_aside(cursor) as built:
            for first in range(1, count + 1, CHUNK):
                given |= {"first": first, "last": min(first + CHUNK - 1, count)}
                cursor.execute(CASES, given)
                _say(f"{given['last']:,} cases after {time.monotonic() - began:.0f} s")
            if words:
                cursor.execute(WORDS, given)
            made = cursor.rowcount if words else 0
            cursor.execute(COUNTS)
            cursor.execute(TALLIES)
            rows = time.monotonic() - began
        _settle(cursor)
    owner.close()
    return Filled(count, made, rows, built[0])


def _prepare(cursor: Any, site: Site, count: int) -> dict[str, Any]:
    """The tables that cases are drawn from, which last as long as the session; the askers; and
    what the statements are given."""
    cursor.execute(SETUP)
    with act_as(SYSTEM):
        agencies = list(Agency.objects.exclude(kind="centre").order_by("-size", "code"))
        kinds = list(_kinds())
    first = next(each for each in agencies if each.pk in site.liaison.agencies)
    ordered = [first, *(each for each in agencies if each.pk != first.pk)]
    for place, agency in enumerate(ordered):
        _row(cursor, "bench_agency", place, agency.pk, agency.code)
    codes = {each.code: each.pk for each in agencies}
    for place, row in enumerate(kinds):
        _row(cursor, "bench_kind", place, *row[:4], codes.get(row[4]), *row[5:])
    accounts = [site.agent.user_id, site.clerk.user_id, site.owner.user_id]
    for place in range(ACCOUNTS):
        cursor.execute(
            "INSERT INTO bench_account SELECT %s, coalesce(%s, md5('account' || %s))::uuid",
            [place, str(accounts[place]) if place < len(accounts) else None, str(place)],
        )
    contacts = max(4_000, count // 500)
    person = site.employee.person_id
    cursor.execute(CONTACTS, {"contacts": contacts, "own": OWN, "person": person})
    cursor.execute("ANALYZE bench_agency; ANALYZE bench_kind; ANALYZE bench_account")
    return {
        "count": count, "days": YEARS * 365.0, "kinds": len(kinds), "agencies": len(ordered),
        "accounts": ACCOUNTS, "contacts": contacts, "things": list(THINGS),
        "troubles": list(TROUBLES), "places": list(PLACES), "vocabulary": VOCABULARY,
        "channels": ["web", "email", "phone", "counter", "api", "open311", "web", "email"],
        "text": TEXT_WORDS,
    }  # fmt: skip


def _row(cursor: Any, table: str, *values: Any) -> None:
    marks = ", ".join(["%s"] * len(values))
    cursor.execute(f"INSERT INTO {table} VALUES ({marks})", list(values))


def _kinds() -> Iterator[tuple[Any, ...]]:
    """Kind, category, queue, team, agency's code, states by phase (JSON), public."""
    rows = Category.objects.select_related("case_type", "case_type__queue", "queue")
    for row in rows.order_by("code"):
        queue = row.queue or row.case_type.queue
        if queue is None:
            continue
        states: dict[str, str] = {}
        for state in row.case_type.machine["states"]:
            states.setdefault(state["phase"], state["code"])
        whole = {**dict.fromkeys(("open", "waiting"), states["open"]), **states}
        public = row.case_type.publication == "public" and row.public
        yield (row.case_type_id, row.pk, queue.pk, queue.team_id, queue.agency_code,
               json.dumps(whole), public)  # fmt: skip


_BIG = "ARRAY['casework_case'::regclass, 'casework_caseword'::regclass]"
_KEYS = f"""
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid), contype
FROM pg_constraint WHERE conrelid = ANY({_BIG}) AND contype IN ('f', 'u', 'p')
  AND NOT (conrelid = 'casework_case'::regclass AND contype = 'p') ORDER BY contype"""
"""The primary key of cases stays: other tables point at it, and its values only ever grow."""
_INDEXES = f"""
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY({_BIG})
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""


@contextmanager
def _put_aside(cursor: Any) -> Iterator[list[float]]:
    """Without what looks at single rows; put back in the end, and how long that took."""
    built = [0.0]
    cursor.execute(_KEYS)
    keys = cursor.fetchall()
    cursor.execute(_INDEXES)
    indexes = cursor.fetchall()
    for table, name, _definition, _kind in keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("ALTER TABLE casework_case DISABLE TRIGGER USER")
    yield built
    began = time.monotonic()
    cursor.execute("ALTER TABLE casework_case ENABLE TRIGGER USER")
    for _name, definition in indexes:
        cursor.execute(definition)
    for table, name, definition, kind in sorted(keys, key=lambda each: each[3] == "f"):
        later = " NOT VALID" if kind == "f" else ""
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}{later}")
    built[0] = time.monotonic() - began


def _settle(cursor: Any) -> None:
    """What autovacuum does by itself after a while."""
    how = "ANALYZE" if connections["owner"].in_atomic_block else "VACUUM (ANALYZE)"
    for name in ("case", "caseword", "casecount", "casetally", "contact"):
        cursor.execute(f"{how} casework_{name}")
