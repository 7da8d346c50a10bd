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

-- A row's child belongs to the same agency as the row.
CREATE OR REPLACE FUNCTION casework_same_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM casework_case
                 WHERE id = NEW.case_id AND agency_id = NEW.agency_id) THEN
    RAISE EXCEPTION 'the case is another agency''s' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['caseevent', 'interaction', 'attachment', 'caselink', 'watcher',
    'task', 'approval', 'identitycheck', 'clock', 'clockfiring', 'caseusage', 'clockdrift',
    'casefee', 'caseorder'] LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS same_agency ON casework_%s', name);
    EXECUTE format('CREATE TRIGGER same_agency BEFORE INSERT ON casework_%s
      FOR EACH ROW EXECUTE FUNCTION casework_same_agency()', name);
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
     OR (OLD.state IN ('done', 'refused')
         AND (to_jsonb(NEW) - 'reason') IS DISTINCT FROM (to_jsonb(OLD) - 'reason')) THEN
    RAISE EXCEPTION 'what was agreed of money cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS payback_is_fixed ON casework_payback;
CREATE TRIGGER payback_is_fixed BEFORE UPDATE ON casework_payback
  FOR EACH ROW EXECUTE FUNCTION casework_payback_is_fixed();

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
