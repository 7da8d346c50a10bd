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
    'appointment', 'ticket'] LOOP
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

-- Two appointments never keep the same desk at the same time, whoever books at the same moment.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'casework_appointment_desk') THEN
    ALTER TABLE casework_appointment ADD CONSTRAINT casework_appointment_desk
      EXCLUDE USING gist (desk_id WITH =, tstzrange(starts, ends) WITH &&)
      WHERE (state IN ('booked', 'arrived'));
  END IF;
END $$;
