"""The statements that make very many cases: what is drawn, and by which chance."""

from __future__ import annotations

SETUP = """
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
CONTACTS = """
INSERT INTO casework_contact (id, agency_id, kind, name, email, phone, address, language,
  register_number, created_at, person_id)
SELECT pg_temp.contact(a.id, n), a.id, 'person', 'Asker ' || n, 'asker' || n || '@' || lower(a.code)
  || '.example', '', '', '', '', now(),
  CASE WHEN a.place = 0 AND n = %(own)s THEN %(person)s::uuid END
FROM bench_agency a, generate_series(1, %(contacts)s) n"""
CASES = """
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
    THEN pg_temp.contact(agency, 1 + floor(400 * power(pg_temp.u(n, 27), 2))::int) END,
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
WORDS = """
INSERT INTO casework_caseword (agency_id, word, case_id)
SELECT c.agency_id, w.word, c.id
FROM casework_case c, LATERAL (SELECT split_part(c.number, '-B', 2)::bigint AS n) m,
  LATERAL (
    SELECT DISTINCT word FROM (
      SELECT unnest(string_to_array(lower(c.subject || ' ' || c.place), ' ')) AS word
      UNION ALL SELECT lower(split_part(c.number, '-', 1))
      UNION ALL SELECT 'b' || n
      UNION ALL
      SELECT 'word' || floor(power(%(vocabulary)s::float8, pg_temp.u(n * 100 + k, 30)))::int
      FROM generate_series(1, %(text)s) k
    ) every WHERE length(word) > 1
  ) w
WHERE c.number LIKE '%%-B%%'"""
COUNTS = """
INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, count(*)
FROM casework_case WHERE number LIKE '%-B%' GROUP BY agency_id, queue_id, phase, breached"""
_LIVE = "phase IN ('open', 'waiting')"
_CAME = f"""count(*) AS came, count(*) FILTER (WHERE {_LIVE}) AS live,
 count(*) FILTER (WHERE {_LIVE} AND breached) AS late, 0 AS done, 0 AS first, 0 AS again"""
_DONE = """0, 0, 0, count(*), count(*) FILTER (WHERE contacts <= 1 AND reopened = 0),
 count(*) FILTER (WHERE reopened > 0)"""
_SUMMED = """SELECT agency_id, queue_id, '{by}' AS by, {key} AS key, date_trunc('{unit}', {at}
  AT TIME ZONE (SELECT zone FROM party_centreprofile LIMIT 1))::date AS day, {sums}
FROM casework_case WHERE number LIKE '%-B%' AND {at} IS NOT NULL GROUP BY 1, 2, 4, 5"""
_PARTS = "\nUNION ALL ".join(
    _SUMMED.format(by=by, key=key, unit=unit, at=at, sums=sums)
    for by, key, unit in (
        ("day", "''", "day"),
        ("channel", "channel", "month"),
        ("agent", "coalesce(assignee::text, '')", "month"),
    )
    for at, sums in (("opened_at", _CAME), ("resolved_at", _DONE))
)
TALLIES = f"""
INSERT INTO casework_casetally (id, agency_id, queue_id, by, key, day, fresh, came, live, late,
                                done, first, again, rated, score, pleased)
SELECT gen_random_uuid(), agency_id, queue_id, by, key, day, false, sum(came), sum(live),
       sum(late), sum(done), sum(first), sum(again), 0, 0, 0
FROM ({_PARTS}) AS part GROUP BY agency_id, queue_id, by, key, day"""
"""No case made here is rated."""
