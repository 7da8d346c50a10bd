-- Rules of the case tables that Django cannot express. Repeatable; run by the owner.

-- Counters: every change of cases writes differences, statement by statement; nothing is counted.
CREATE OR REPLACE FUNCTION casework_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
    SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, count(*)
    FROM fresh GROUP BY agency_id, queue_id, phase, breached;
  ELSE
    INSERT INTO casework_casecount (id, agency_id, queue_id, phase, breached, number)
    SELECT gen_random_uuid(), agency_id, queue_id, phase, breached, sum(n) FROM (
      SELECT agency_id, queue_id, phase, breached, 1 AS n FROM fresh
      UNION ALL
      SELECT agency_id, queue_id, phase, breached, -1 FROM stale
    ) AS moved GROUP BY agency_id, queue_id, phase, breached HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS case_counted ON casework_case;
CREATE TRIGGER case_counted AFTER INSERT ON casework_case
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION casework_count();
DROP TRIGGER IF EXISTS case_recounted ON casework_case;
CREATE TRIGGER case_recounted AFTER UPDATE ON casework_case
  REFERENCING NEW TABLE AS fresh OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION casework_count();

-- Sums for those who lead a desk: what each case counts as, as it is less what it was before; only
-- what differs is written. Days are those of the centre's zone. A merged case counts as none.
CREATE OR REPLACE FUNCTION casework_tally_parts(
  _phase text, _breached boolean, _assignee uuid, _channel text, _opened date, _ended date,
  _first boolean, _again boolean, _score int
) RETURNS TABLE (by text, key text, day date, came int, live int, late int, done int, "first" int,
                 again int, rated int, score int, pleased int)
LANGUAGE sql IMMUTABLE AS $$
  WITH one AS (
    SELECT (_phase IN ('open', 'waiting'))::int AS live,
           (_breached AND _phase IN ('open', 'waiting'))::int AS late,
           (_score IS NOT NULL)::int AS rated, coalesce(_score, 0) AS score,
           coalesce(_score >= 4, false)::int AS pleased
  ), came AS (
    SELECT 1, live, late, 0, 0, 0, 0, 0, 0 FROM one
  ), done AS (
    SELECT 0, 0, 0, 1, _first::int, _again::int, rated, score, pleased FROM one
    WHERE _ended IS NOT NULL
  ), keys(by, key, month) AS (
    VALUES ('day', '', false), ('channel', _channel, true),
           ('agent', coalesce(_assignee::text, ''), true)
  )
  SELECT by, key, CASE WHEN month THEN date_trunc('month', _opened)::date ELSE _opened END, came.*
  FROM keys, came
  UNION ALL
  SELECT by, key, CASE WHEN month THEN date_trunc('month', _ended)::date ELSE _ended END, done.*
  FROM keys, done
$$;
CREATE OR REPLACE FUNCTION casework_tally() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE zone text := coalesce((SELECT p.zone FROM party_centreprofile AS p LIMIT 1), 'UTC');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO casework_casetally (id, agency_id, queue_id, by, key, day, fresh, came, live, late,
                                    done, first, again, rated, score, pleased)
    SELECT gen_random_uuid(), c.agency_id, c.queue_id, p.by, p.key, p.day, true, sum(n * p.came),
           sum(n * p.live), sum(n * p.late), sum(n * p.done), sum(n * p.first),
           sum(n * p.again), sum(n * p.rated), sum(n * p.score), sum(n * p.pleased)
    FROM (SELECT agency_id, queue_id, phase, breached, assignee, channel, opened, ended, first,
                 again, score, sum(sign)::int AS n
          FROM (
      SELECT 1 AS sign, agency_id, queue_id, phase, breached, assignee, channel,
             (opened_at AT TIME ZONE zone)::date AS opened,
             (resolved_at AT TIME ZONE zone)::date AS ended,
             contacts <= 1 AND reopened = 0 AS first, reopened > 0 AS again, score
      FROM fresh WHERE merged_into_id IS NULL
          ) AS each
          GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) AS c
    CROSS JOIN LATERAL casework_tally_parts(c.phase, c.breached, c.assignee, c.channel, c.opened,
                                            c.ended, c.first, c.again, c.score) AS p
    GROUP BY c.agency_id, c.queue_id, p.by, p.key, p.day
    HAVING sum(n * p.came) <> 0 OR sum(n * p.live) <> 0 OR sum(n * p.late) <> 0
        OR sum(n * p.done) <> 0 OR sum(n * p.first) <> 0 OR sum(n * p.again) <> 0
        OR sum(n * p.rated) <> 0;
  ELSE
    INSERT INTO casework_casetally (id, agency_id, queue_id, by, key, day, fresh, came, live, late,
                                    done, first, again, rated, score, pleased)
    SELECT gen_random_uuid(), c.agency_id, c.queue_id, p.by, p.key, p.day, true, sum(n * p.came),
           sum(n * p.live), sum(n * p.late), sum(n * p.done), sum(n * p.first),
           sum(n * p.again), sum(n * p.rated), sum(n * p.score), sum(n * p.pleased)
    FROM (SELECT agency_id, queue_id, phase, breached, assignee, channel, opened, ended, first,
                 again, score, sum(sign)::int AS n
          FROM (
      SELECT 1 AS sign, agency_id, queue_id, phase, breached, assignee, channel,
             (opened_at AT TIME ZONE zone)::date AS opened,
             (resolved_at AT TIME ZONE zone)::date AS ended,
             contacts <= 1 AND reopened = 0 AS first, reopened > 0 AS again, score
      FROM fresh WHERE merged_into_id IS NULL
      UNION ALL
      SELECT -1 AS sign, agency_id, queue_id, phase, breached, assignee, channel,
             (opened_at AT TIME ZONE zone)::date AS opened,
             (resolved_at AT TIME ZONE zone)::date AS ended,
             contacts <= 1 AND reopened = 0 AS first, reopened > 0 AS again, score
      FROM stale WHERE merged_into_id IS NULL
          ) AS each
          GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 HAVING sum(sign) <> 0) AS c
    CROSS JOIN LATERAL casework_tally_parts(c.phase, c.breached, c.assignee, c.channel, c.opened,
                                            c.ended, c.first, c.again, c.score) AS p
    GROUP BY c.agency_id, c.queue_id, p.by, p.key, p.day
    HAVING sum(n * p.came) <> 0 OR sum(n * p.live) <> 0 OR sum(n * p.late) <> 0
        OR sum(n * p.done) <> 0 OR sum(n * p.first) <> 0 OR sum(n * p.again) <> 0
        OR sum(n * p.rated) <> 0;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS case_tallied ON casework_case;
CREATE TRIGGER case_tallied AFTER INSERT ON casework_case
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION casework_tally();
DROP TRIGGER IF EXISTS case_retallied ON casework_case;
CREATE TRIGGER case_retallied AFTER UPDATE ON casework_case
  REFERENCING NEW TABLE AS fresh OLD TABLE AS stale
  FOR EACH STATEMENT EXECUTE FUNCTION casework_tally();

-- What a case was in the beginning stays: its number, agency, way in, and when it was written down.
CREATE OR REPLACE FUNCTION casework_case_is_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.agency_id, OLD.number, OLD.recorded_at, OLD.channel)
      IS DISTINCT FROM (NEW.agency_id, NEW.number, NEW.recorded_at, NEW.channel)
     OR (OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
     OR NEW.last_event < OLD.last_event THEN
    RAISE EXCEPTION 'case % cannot become another', OLD.number USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS case_is_itself ON casework_case;
CREATE TRIGGER case_is_itself BEFORE UPDATE ON casework_case
  FOR EACH ROW EXECUTE FUNCTION casework_case_is_itself();

-- A row's child belongs to the same agency as the row. Asked once for all rows of a statement, each
-- by the case's key alone: with its agency in the question, a plan made while there were few cases
-- reads all of an agency's for every row.
CREATE OR REPLACE FUNCTION casework_same_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh WHERE agency_id IS DISTINCT FROM
             (SELECT held.agency_id FROM casework_case AS held WHERE held.id = fresh.case_id)) THEN
    RAISE EXCEPTION 'the case is another agency''s' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['caseevent', 'interaction', 'attachment', 'caselink', 'watcher',
    'task', 'approval', 'identitycheck', 'clock', 'clockfiring', 'caseusage', 'clockdrift',
    'casefee', 'caseorder', 'appointment', 'ticket'] LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS same_agency ON casework_%s', name);
    EXECUTE format('CREATE TRIGGER same_agency AFTER INSERT ON casework_%s
      REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION casework_same_agency()', name);
  END LOOP;
END $$;

-- Two versions of one definition never hold on the same day.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'casework_definition_days') THEN
    ALTER TABLE casework_clockdefinition ADD CONSTRAINT casework_definition_days
      EXCLUDE USING gist (code WITH =, daterange(starts, ends) WITH &&);
  END IF;
END $$;

-- What a fee is never changes: only how it stands. What was agreed of money stays as it was agreed,
-- and a till's closing keeps its figures; what is empty may still be signed.
CREATE OR REPLACE FUNCTION casework_fee_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.agency_id, OLD.case_id, OLD.rule_id, OLD.name, OLD.amount_minor, OLD.currency,
      OLD.charged_at)
     IS DISTINCT FROM (NEW.agency_id, NEW.case_id, NEW.rule_id, NEW.name, NEW.amount_minor,
      NEW.currency, NEW.charged_at)
     OR (OLD.waived AND NOT NEW.waived) THEN
    RAISE EXCEPTION 'a fee that was charged cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS fee_is_fixed ON casework_casefee;
CREATE TRIGGER fee_is_fixed BEFORE UPDATE ON casework_casefee
  FOR EACH ROW EXECUTE FUNCTION casework_fee_is_fixed();

CREATE OR REPLACE FUNCTION casework_payback_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.agency_id, OLD.fee_id, OLD.attempt_id, OLD.receipt_id, OLD.kind, OLD.amount_minor,
      OLD.asked_by, OLD.asked_at)
     IS DISTINCT FROM (NEW.agency_id, NEW.fee_id, NEW.attempt_id, NEW.receipt_id, NEW.kind,
      NEW.amount_minor, NEW.asked_by, NEW.asked_at)
     OR (OLD.state IN ('done', 'refused', 'replaced')
         AND (to_jsonb(NEW) - 'reason') IS DISTINCT FROM (to_jsonb(OLD) - 'reason')
         -- A provider's refund may bounce after it was told as made.
         AND NOT (OLD.state = 'done' AND NEW.state = 'failed' AND OLD.receipt_id IS NULL)) THEN
    RAISE EXCEPTION 'what was agreed of money cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS payback_is_fixed ON casework_payback;
CREATE TRIGGER payback_is_fixed BEFORE UPDATE ON casework_payback
  FOR EACH ROW EXECUTE FUNCTION casework_payback_is_fixed();

-- What a proof of the clocks came to never changes once it has ended.
CREATE OR REPLACE FUNCTION casework_proof_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL THEN
    RAISE EXCEPTION 'a proof that has ended cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS proof_is_fixed ON casework_clockaudit;
CREATE TRIGGER proof_is_fixed BEFORE UPDATE ON casework_clockaudit
  FOR EACH ROW EXECUTE FUNCTION casework_proof_is_fixed();

CREATE OR REPLACE FUNCTION casework_closing_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.signed_by IS NOT NULL
     OR (to_jsonb(NEW) - 'signed_by' - 'signed_at')
        IS DISTINCT FROM (to_jsonb(OLD) - 'signed_by' - 'signed_at') THEN
    RAISE EXCEPTION 'the figures of a closed till cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS closing_is_fixed ON casework_tillclosing;
CREATE TRIGGER closing_is_fixed BEFORE UPDATE ON casework_tillclosing
  FOR EACH ROW EXECUTE FUNCTION casework_closing_is_fixed();

-- Two appointments never keep the same desk at the same time, whoever books at the same moment.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'casework_appointment_desk') THEN
    ALTER TABLE casework_appointment ADD CONSTRAINT casework_appointment_desk
      EXCLUDE USING gist (desk_id WITH =, tstzrange(starts, ends) WITH &&)
      WHERE (state IN ('booked', 'arrived'));
  END IF;
END $$;

-- Searching reads the index of words alone, as long as its pages are known to be visible to all; and
-- it goes by which words are frequent, of which a language has more than a hundred.
ALTER TABLE casework_caseword SET (autovacuum_vacuum_insert_scale_factor = 0.02);
ALTER TABLE casework_caseword ALTER COLUMN word SET STATISTICS 1000;
