"""Very many cases as a centre has them after years, made inside the database.

What a case is depends on its number alone, so that the same size is the same cases: agencies and
askers by rank (a few have most), recent ones live, old ones closed, words by Zipf's law. Rows go
through row-level security and the counting triggers as any other; events and clocks are not made,
because no list reads them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.public import Category
from commonweal.kernel.party.public import Agency

from .site import Site

CHUNK = 50_000
ACCOUNTS = 200
CONTACTS = 4_000
"""Agents, and people who ask in each agency."""
YEARS = 6
MANY = 200_000
"""From here on indexes are built after the rows."""
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

_SETUP = """
CREATE FUNCTION pg_temp.u(n bigint, k bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
  $$ SELECT (hashint8extended(n, k) & 4294967295)::float8 / 4294967296 $$;
CREATE FUNCTION pg_temp.one(list text[], u float8) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT list[1 + floor(u * cardinality(list))::int] $$;
CREATE FUNCTION pg_temp.contact(agency uuid, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(agency::text || n)::uuid $$;
CREATE TEMP TABLE bench_agency (place int PRIMARY KEY, id uuid, code text);
CREATE TEMP TABLE bench_kind (place int PRIMARY KEY, kind uuid, category uuid, queue uuid,
  team uuid, agency uuid, states jsonb, published boolean);
CREATE TEMP TABLE bench_account (place int PRIMARY KEY, id uuid)"""
_CONTACTS = """
INSERT INTO casework_contact (id, agency_id, kind, name, email, phone, address, language,
  register_number, created_at)
SELECT pg_temp.contact(a.id, n), a.id, 'person', 'Asker ' || n, 'asker' || n || '@' || lower(a.code)
  || '.example', '', '', '', '', now()
FROM bench_agency a, generate_series(1, %s) n"""
_CASES = """
INSERT INTO casework_case (id, agency_id, number, case_type_id, category_id, subject, state, phase,
  impact, urgency, priority, queue_id, team_id, assignee, channel, requester_id, reporter_id,
  answers, place, resolution, source, source_id, tracking_hash, published, opened_at, recorded_at,
  updated_at, resolved_at, closed_at, due_at, sort_due, breached, reopened, contacts, hold,
  last_event)
SELECT (lpad(to_hex((extract(epoch FROM opened) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
  agency, code || '-B' || n, kind, category, subject, states->>phase, phase, 'medium', 'medium',
  priority, queue, team, CASE WHEN phase IN ('resolved', 'closed') OR pg_temp.u(n, 21) < 0.7
    THEN account END, pg_temp.one(%(channels)s, pg_temp.u(n, 22)),
  pg_temp.contact(agency, who), CASE WHEN pg_temp.u(n, 24) < 0.2
    THEN pg_temp.contact(agency, who %% 7 + 1) END,
  '{}', place, '', '', '', '', published, opened, opened,
  least(now(), opened + pg_temp.u(n, 25) * interval '6 days'),
  CASE WHEN phase IN ('resolved', 'closed') THEN opened + pg_temp.u(n, 26) * interval '5 days' END,
  CASE WHEN phase = 'closed' THEN opened + (5 + pg_temp.u(n, 26)) * interval '1 day' END,
  due, coalesce(due, '9999-12-31+00'), coalesce(due < now(), false), 0, 1, false, 3
FROM (
  SELECT t.*, CASE WHEN live AND phase_of = 'open' OR live AND pg_temp.u(n, 20) < 0.5
      THEN opened + pg_temp.u(n, 19) * interval '12 days' END AS due,
    CASE WHEN live THEN phase_of WHEN age < 10 AND pg_temp.u(n, 18) < 0.5 THEN 'resolved'
      ELSE 'closed' END AS phase
  FROM (
    SELECT n, opened, age, pg_temp.u(n, 1) < exp(-age / 6) + 0.01 AS live,
      CASE WHEN pg_temp.u(n, 2) < 0.7 THEN 'open' ELSE 'waiting' END AS phase_of,
      k.kind, k.category, k.queue, k.team, k.states, k.published,
      coalesce(k.agency, a.id) AS agency, a.code, b.id AS account,
      1 + floor(%(contacts)s * power(pg_temp.u(n, 3), 3))::int AS who,
      (ARRAY['P1', 'P2', 'P3', 'P4', 'P5'])[1 + (pg_temp.u(n, 4) > 0.01)::int
        + (pg_temp.u(n, 4) > 0.1)::int + (pg_temp.u(n, 4) > 0.7)::int
        + (pg_temp.u(n, 4) > 0.95)::int] AS priority,
      initcap(pg_temp.one(%(things)s, power(pg_temp.u(n, 5), 1.5))) || ' '
        || pg_temp.one(%(troubles)s, pg_temp.u(n, 6)) AS subject,
      pg_temp.one(%(places)s, pg_temp.u(n, 7)) || ' Street '
        || (1 + floor(200 * pg_temp.u(n, 8)))::int AS place
    FROM (SELECT n, now() - s.age * interval '1 day' AS opened, s.age
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) n,
            LATERAL (SELECT %(days)s * power(1 - n::float8 / (%(count)s + 1), 1.3) AS age) s) dated
    JOIN bench_agency a ON a.place = floor(%(agencies)s * power(pg_temp.u(n, 9), 2))::int
    JOIN bench_kind k ON k.place = floor(%(kinds)s * power(pg_temp.u(n, 10), 1.5))::int
    JOIN bench_account b ON b.place = floor(%(accounts)s * power(pg_temp.u(n, 11), 1.3))::int
  ) t
) made"""
_WORDS = """
INSERT INTO casework_caseword (agency_id, word, case_id)
SELECT DISTINCT c.agency_id, w.word, c.id
FROM casework_case c, LATERAL (SELECT split_part(c.number, '-B', 2)::bigint AS n) m,
  LATERAL (
    SELECT lower(word) AS word FROM regexp_split_to_table(c.subject || ' ' || c.place, ' ') word
    WHERE length(word) > 1
    UNION ALL SELECT lower(split_part(c.number, '-', 1))
    UNION ALL SELECT 'b' || n
    UNION ALL SELECT 'word' || floor(power(%(vocabulary)s::float8, pg_temp.u(n * 100 + k, 30)))::int
    FROM generate_series(1, %(text)s) k
  ) w
WHERE c.number LIKE '%%-B%%' AND m.n BETWEEN %(first)s AND %(last)s
  AND c.id BETWEEN %(low)s AND %(high)s
ON CONFLICT DO NOTHING"""
_FOLD = """
WITH gone AS (DELETE FROM casework_casecount RETURNING agency_id, queue_id, phase, breached, number)
INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, sum(number)
FROM gone GROUP BY agency_id, queue_id, phase, breached HAVING sum(number) <> 0"""


@dataclass(frozen=True)
class Filled:
    """How long the making took."""

    cases: int
    rows_seconds: float
    index_seconds: float


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fill(site: Site, count: int) -> Filled:
    """Make so many cases with their words and counters; commits chunk by chunk."""
    began = time.monotonic()
    with _without_indexes(count >= MANY) as built:
        _prepare(site)
        for first in range(1, count + 1, CHUNK):
            last = min(first + CHUNK - 1, count)
            _chunk(first, last, count)
            if last % 1_000_000 == 0:
                _say(f"{last:,} cases after {time.monotonic() - began:.0f} s")
        rows = time.monotonic() - began
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_FOLD)
    _settle()
    return Filled(count, rows, built[0])


def _prepare(site: Site) -> None:
    """The tables that cases are drawn from; they and the functions last as long as the session."""
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_SETUP)
        agencies = list(Agency.objects.exclude(kind="centre").order_by("-size", "code"))
        first = next(each for each in agencies if each.pk in site.liaison.agencies)
        ordered = [first, *(each for each in agencies if each.pk != first.pk)]
        for place, agency in enumerate(ordered):
            _row(cursor, "bench_agency", place, agency.pk, agency.code)
        codes = {each.code: each.pk for each in agencies}
        for place, row in enumerate(_kinds()):
            _row(cursor, "bench_kind", place, *row[:4], codes.get(row[4]), *row[5:])
        accounts = [site.agent.user_id, site.clerk.user_id, site.owner.user_id]
        for place in range(ACCOUNTS):
            cursor.execute(
                "INSERT INTO bench_account SELECT %s, coalesce(%s, md5('account' || %s))::uuid",
                [place, str(accounts[place]) if place < len(accounts) else None, str(place)],
            )
        cursor.execute(_CONTACTS, [CONTACTS])


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


def _chunk(first: int, last: int, count: int) -> None:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_kind")
        kinds = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM bench_agency")
        given = {
            "first": first, "last": last, "count": count, "days": YEARS * 365.0, "kinds": kinds,
            "agencies": cursor.fetchone()[0], "accounts": ACCOUNTS, "contacts": CONTACTS,
            "things": list(THINGS), "troubles": list(TROUBLES), "places": list(PLACES),
            "channels": ["web", "email", "phone", "counter", "api", "open311", "web", "email"],
            "vocabulary": VOCABULARY, "text": TEXT_WORDS,
        }  # fmt: skip
        cursor.execute(_CASES + " RETURNING id", given)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(_WORDS, {**given, "low": min(ids), "high": max(ids)})


@contextmanager
def _without_indexes(wanted: bool) -> Iterator[list[float]]:
    """Drop the indexes that are no constraint, and build them again after; how long that took."""
    built = [0.0]
    if not wanted:
        yield built
        return
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid = 'casework_case'::regclass AND NOT i.indisunique"
        )
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {name}")
    owner.close()
    yield built
    began = time.monotonic()
    with owner.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in found:
            cursor.execute(definition)
    owner.close()
    built[0] = time.monotonic() - began


def _settle() -> None:
    """What autovacuum does by itself after a while."""
    owner = connections["owner"]
    how = "ANALYZE" if owner.in_atomic_block else "VACUUM (ANALYZE)"
    with owner.cursor() as cursor:
        for name in ("case", "caseword", "casecount", "contact"):
            cursor.execute(f"{how} casework_{name}")
