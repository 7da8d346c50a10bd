-- The curated units of UN/ECE Recommendation 20 (code, name, words on a bill). Never overwritten.
INSERT INTO catalogue_unit (code, name, singular, plural) VALUES
  ('C62', 'one (piece)', 'item', 'items'),
  ('EA', 'each', 'unit', 'units'),
  ('IE', 'person', 'person', 'people'),
  ('HUR', 'hour', 'hour', 'hours'),
  ('MIN', 'minute', 'minute', 'minutes'),
  ('SEC', 'second', 'second', 'seconds'),
  ('DAY', 'day', 'day', 'days'),
  ('E49', 'working day', 'working day', 'working days'),
  ('WEE', 'week', 'week', 'weeks'),
  ('MON', 'month', 'month', 'months'),
  ('ANN', 'year', 'year', 'years'),
  ('AD', 'byte', 'byte', 'bytes'),
  ('4L', 'megabyte', 'megabyte', 'megabytes'),
  ('E34', 'gigabyte', 'gigabyte', 'gigabytes'),
  ('E35', 'terabyte', 'terabyte', 'terabytes'),
  ('E36', 'petabyte', 'petabyte', 'petabytes'),
  ('A99', 'bit', 'bit', 'bits'),
  ('E20', 'megabit per second', 'megabit per second', 'megabits per second'),
  ('KWH', 'kilowatt hour', 'kilowatt hour', 'kilowatt hours'),
  ('P1', 'percent', 'percent', 'percent'),
  ('ZP', 'page', 'page', 'pages'),
  ('E48', 'service unit', 'service unit', 'service units'),
  ('LS', 'lump sum', 'lump sum', 'lump sums'),
  ('E51', 'job', 'job', 'jobs'),
  ('E54', 'trip', 'trip', 'trips')
ON CONFLICT (code) DO NOTHING;

CREATE EXTENSION IF NOT EXISTS btree_gist;
DO $$
BEGIN
  -- One agency, item and bureau: one active line a day. No bureau (all of them) compares as nil id.
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'catalogue_line_no_overlap') THEN
    ALTER TABLE catalogue_orderline ADD CONSTRAINT catalogue_line_no_overlap EXCLUDE USING gist (
      agency_id WITH =,
      charge_item_id WITH =,
      coalesce(bureau_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
      daterange(starts, ends) WITH &&) WHERE (active);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'catalogue_level_no_overlap') THEN
    ALTER TABLE catalogue_servicelevel ADD CONSTRAINT catalogue_level_no_overlap
      EXCLUDE USING gist (
      service_id WITH =, metric WITH =, daterange(starts, ends) WITH &&);
  END IF;
  -- A child belongs to its parent's agency: foreign keys do not see row-level security.
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'catalogue_order_same_agency') THEN
    ALTER TABLE catalogue_order ADD CONSTRAINT catalogue_order_same_agency
      FOREIGN KEY (agreement_id, agency_id) REFERENCES catalogue_agreement (id, agency_id);
    ALTER TABLE catalogue_order ADD CONSTRAINT catalogue_order_supersedes_same_agency
      FOREIGN KEY (supersedes_id, agency_id) REFERENCES catalogue_order (id, agency_id);
    ALTER TABLE catalogue_orderline ADD CONSTRAINT catalogue_line_same_agency
      FOREIGN KEY (order_id, agency_id) REFERENCES catalogue_order (id, agency_id);
    ALTER TABLE catalogue_fundingsource ADD CONSTRAINT catalogue_funding_same_agency
      FOREIGN KEY (order_line_id, agency_id) REFERENCES catalogue_orderline (id, agency_id);
    ALTER TABLE catalogue_estimatesignature ADD CONSTRAINT catalogue_estimate_same_agency
      FOREIGN KEY (order_line_id, agency_id) REFERENCES catalogue_orderline (id, agency_id);
    ALTER TABLE catalogue_agreement ADD CONSTRAINT catalogue_agreement_renews_same_agency
      FOREIGN KEY (renews_id, agency_id) REFERENCES catalogue_agreement (id, agency_id);
    ALTER TABLE catalogue_ending ADD CONSTRAINT catalogue_ending_agreement_same_agency
      FOREIGN KEY (agreement_id, agency_id) REFERENCES catalogue_agreement (id, agency_id);
    ALTER TABLE catalogue_ending ADD CONSTRAINT catalogue_ending_order_same_agency
      FOREIGN KEY (order_id, agency_id) REFERENCES catalogue_order (id, agency_id);
  END IF;
END $$;

-- A new row is an unsigned draft. What was proposed stays as proposed: only signatures and state may
-- still change, and a state only along the moves of domain/states.py. `ended_on` is set once.
CREATE OR REPLACE FUNCTION catalogue_guard_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closing text[] := ARRAY['state', 'ended_on', 'closed_by', 'closed_side', 'closed_at',
                          'closing_reason'];
  free text[] := closing || ARRAY['signed_by_agency', 'signed_by_agency_at', 'signed_by_centre',
                                  'signed_by_centre_at'];
  moves jsonb := '{"draft": ["proposed", "withdrawn"],
                   "proposed": ["active", "withdrawn", "refused"],
                   "active": ["superseded", "ended"]}';
  was jsonb := to_jsonb(OLD);
  is_now jsonb := to_jsonb(NEW);
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.signed_by_agency IS NOT NULL
       OR NEW.signed_by_centre IS NOT NULL THEN
      RAISE EXCEPTION 'CATALOGUE-303: % begins as a draft without signatures', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> OLD.state AND NOT coalesce(moves -> OLD.state ? NEW.state, false) THEN
    RAISE EXCEPTION 'CATALOGUE-301: % cannot become % from %', TG_TABLE_NAME, NEW.state, OLD.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.state = 'draft' THEN
    RETURN NEW;
  END IF;
  IF OLD.state <> 'proposed' THEN
    free := closing;
  END IF;
  IF (is_now - free) <> (was - free)
     OR (was ->> 'ended_on' IS NOT NULL AND is_now ->> 'ended_on' IS DISTINCT FROM was ->> 'ended_on')
     OR (OLD.closed_at IS NOT NULL
         AND (NEW.closed_at, NEW.closed_by, NEW.closed_side, NEW.closing_reason)
             IS DISTINCT FROM
             (OLD.closed_at, OLD.closed_by, OLD.closed_side, OLD.closing_reason))
     OR (OLD.signed_by_agency IS NOT NULL
         AND NEW.signed_by_agency IS DISTINCT FROM OLD.signed_by_agency)
     OR (OLD.signed_by_centre IS NOT NULL
         AND NEW.signed_by_centre IS DISTINCT FROM OLD.signed_by_centre) THEN
    RAISE EXCEPTION 'CATALOGUE-302: % % is % and cannot be changed; propose a modification',
      TG_TABLE_NAME, coalesce(was ->> 'number', was ->> 'id'), OLD.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

-- An order stands inside the dates of its agreement, and binds only under one that binds.
CREATE OR REPLACE FUNCTION catalogue_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  parent catalogue_agreement;
BEGIN
  SELECT * INTO parent FROM catalogue_agreement WHERE id = NEW.agreement_id;
  IF parent.id IS NULL
     OR NOT daterange(NEW.starts, NEW.ends) <@ daterange(parent.starts, parent.ends) THEN
    RAISE EXCEPTION 'CATALOGUE-201: order % is not inside the dates of its agreement', NEW.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.state = 'active' AND OLD.state <> 'active'
     AND parent.state <> 'active' THEN
    RAISE EXCEPTION 'CATALOGUE-214: agreement % is not active', parent.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

-- Lines are written while the order is a draft; later they are only switched on, off or cut short.
CREATE OR REPLACE FUNCTION catalogue_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner_order catalogue_order;
  free text[] := ARRAY['active', 'activated_at', 'ends'];
BEGIN
  SELECT * INTO owner_order FROM catalogue_order
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.order_id ELSE NEW.order_id END;
  IF TG_OP <> 'DELETE' AND NEW.active
     AND coalesce(owner_order.state, '') NOT IN ('active', 'superseded', 'ended') THEN
    RAISE EXCEPTION 'CATALOGUE-304: a line covers usage only once its order is active'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.bureau_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM party_bureau WHERE id = NEW.bureau_id AND agency_id = NEW.agency_id) THEN
    RAISE EXCEPTION 'CATALOGUE-213: the bureau is not part of the agency'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP <> 'DELETE' AND (
       owner_order.id IS NULL
       OR NOT daterange(NEW.starts, NEW.ends) <@ daterange(owner_order.starts, owner_order.ends))
  THEN
    RAISE EXCEPTION 'CATALOGUE-216: the line is not inside the dates of its order'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF owner_order.state = 'draft' AND (TG_OP <> 'UPDATE' OR OLD.order_id = NEW.order_id) THEN
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP <> 'UPDATE' OR (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free)
     OR (NEW.ends IS DISTINCT FROM OLD.ends
         AND (NEW.ends IS NULL OR NEW.ends > coalesce(OLD.ends, 'infinity'::date)))
     OR (NEW.active AND NOT OLD.active
         AND (OLD.activated_at IS NOT NULL OR owner_order.state <> 'active'))
     OR (OLD.activated_at IS NOT NULL AND NEW.activated_at IS DISTINCT FROM OLD.activated_at) THEN
    RAISE EXCEPTION 'CATALOGUE-305: the lines of order % cannot be changed; propose a modification',
      owner_order.number USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION catalogue_guard_funding() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  line_id uuid;
BEGIN
  FOREACH line_id IN ARRAY CASE TG_OP
      WHEN 'INSERT' THEN ARRAY[NEW.order_line_id]
      WHEN 'DELETE' THEN ARRAY[OLD.order_line_id]
      ELSE ARRAY[OLD.order_line_id, NEW.order_line_id] END LOOP
    IF NOT EXISTS (SELECT FROM catalogue_orderline l JOIN catalogue_order o ON o.id = l.order_id
                   WHERE l.id = line_id AND o.state = 'draft') THEN
      RAISE EXCEPTION 'CATALOGUE-306: the funding of this order cannot be changed any more'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- At the end of the transaction every proposed or binding order adds up.
CREATE OR REPLACE FUNCTION catalogue_check_sums(the_order uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  checked catalogue_order;
  line record;
  source record;
  numerator numeric;
  denominator numeric;
  amounts numeric := 0;
  advances numeric := 0;
BEGIN
  SELECT * INTO checked FROM catalogue_order WHERE id = the_order;
  IF checked.id IS NULL OR checked.state IN ('draft', 'withdrawn', 'refused') THEN
    RETURN;
  END IF;
  FOR line IN SELECT * FROM catalogue_orderline WHERE order_id = the_order LOOP
    amounts := amounts + line.estimated_amount_minor;
    advances := advances + line.advance_minor;
    numerator := 0;
    denominator := 1;
    FOR source IN SELECT * FROM catalogue_fundingsource WHERE order_line_id = line.id LOOP
      numerator := numerator * source.share_denominator + source.share_numerator * denominator;
      denominator := denominator * source.share_denominator;
    END LOOP;
    IF numerator <> denominator THEN
      RAISE EXCEPTION 'CATALOGUE-203: the funding shares of order %, line % do not add up to 1',
        checked.number, line.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  IF amounts <> checked.total_minor OR advances <> checked.advance_total_minor THEN
    RAISE EXCEPTION 'CATALOGUE-202: the lines of order % do not add up to its total', checked.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
END $$;

-- The scope of the statement may be gone by then, so the check takes its own and gives it back (an
-- error rolls it back).
CREATE OR REPLACE FUNCTION catalogue_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  scope text := coalesce(current_setting('app.centre', true), '');
  changed jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
  PERFORM set_config('app.centre', 'on', true);
  IF TG_TABLE_NAME = 'catalogue_order' THEN
    PERFORM catalogue_check_sums((changed ->> 'id')::uuid);
  ELSIF TG_TABLE_NAME = 'catalogue_orderline' THEN
    PERFORM catalogue_check_sums((changed ->> 'order_id')::uuid);
  ELSE
    PERFORM catalogue_check_sums(order_id) FROM catalogue_orderline
      WHERE id = (changed ->> 'order_line_id')::uuid;
  END IF;
  PERFORM set_config('app.centre', scope, true);
  RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS guard_signed ON catalogue_agreement;
CREATE TRIGGER guard_signed BEFORE INSERT OR UPDATE ON catalogue_agreement
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_signed();
DROP TRIGGER IF EXISTS guard_signed ON catalogue_order;
CREATE TRIGGER guard_signed BEFORE INSERT OR UPDATE ON catalogue_order
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_signed();
DROP TRIGGER IF EXISTS guard_signed ON catalogue_ending;
CREATE TRIGGER guard_signed BEFORE INSERT OR UPDATE ON catalogue_ending
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_signed();
DROP TRIGGER IF EXISTS guard_order ON catalogue_order;
CREATE TRIGGER guard_order BEFORE INSERT OR UPDATE ON catalogue_order
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_order();
DROP TRIGGER IF EXISTS guard_line ON catalogue_orderline;
CREATE TRIGGER guard_line BEFORE INSERT OR UPDATE OR DELETE ON catalogue_orderline
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_line();
DROP TRIGGER IF EXISTS guard_funding ON catalogue_fundingsource;
CREATE TRIGGER guard_funding BEFORE INSERT OR UPDATE OR DELETE ON catalogue_fundingsource
  FOR EACH ROW EXECUTE FUNCTION catalogue_guard_funding();

DROP TRIGGER IF EXISTS sums ON catalogue_order;
CREATE CONSTRAINT TRIGGER sums AFTER INSERT OR UPDATE ON catalogue_order
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_sums();
DROP TRIGGER IF EXISTS sums ON catalogue_orderline;
CREATE CONSTRAINT TRIGGER sums AFTER INSERT OR UPDATE OR DELETE ON catalogue_orderline
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_sums();
DROP TRIGGER IF EXISTS sums ON catalogue_fundingsource;
CREATE CONSTRAINT TRIGGER sums AFTER INSERT OR UPDATE OR DELETE ON catalogue_fundingsource
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_sums();

-- An approved conversion is what usage was counted by: it never changes.
CREATE OR REPLACE FUNCTION catalogue_conversion_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'approved' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
    RAISE EXCEPTION 'the conversion is approved and cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER conversion_is_fixed BEFORE UPDATE ON catalogue_unitconversion
  FOR EACH ROW EXECUTE FUNCTION catalogue_conversion_is_fixed();

-- The calendars that every centre begins with; an empty zone is the centre's own.
INSERT INTO catalogue_workingcalendar (id, code, name, zone, recorded_at) VALUES
  ('00000000-0000-7000-8000-0000000c0001', 'always', 'Around the clock', '', '2020-01-01Z'),
  ('00000000-0000-7000-8000-0000000c0002', 'office', 'Office hours', '', '2020-01-01Z')
ON CONFLICT DO NOTHING;
INSERT INTO catalogue_calendarversion
  (id, calendar_id, starts, weekly, source, note, state, recorded_at, accepted_at)
SELECT given.id::uuid, calendar.id, '2020-01-01', given.weekly::jsonb, '', given.note, 'accepted',
  '2020-01-01Z', '2020-01-01Z'
FROM (VALUES
  ('00000000-0000-7000-8000-0000000c0101', 'always',
   '[[0,0,1440],[1,0,1440],[2,0,1440],[3,0,1440],[4,0,1440],[5,0,1440],[6,0,1440]]',
   'Every hour of every day.'),
  ('00000000-0000-7000-8000-0000000c0102', 'office',
   '[[0,480,1020],[1,480,1020],[2,480,1020],[3,480,1020],[4,480,1020]]',
   'Monday to Friday from 08:00 to 17:00, until the centre says otherwise.')
) AS given (id, code, weekly, note)
JOIN catalogue_workingcalendar AS calendar ON calendar.code = given.code
WHERE NOT EXISTS
  (SELECT 1 FROM catalogue_calendarversion AS known WHERE known.calendar_id = calendar.id)
ON CONFLICT DO NOTHING;

-- An accepted version of a calendar, and its days, never change; what is not a draft keeps its hours.
CREATE OR REPLACE FUNCTION catalogue_calendar_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state NOT IN ('draft', 'proposed') THEN
    RAISE EXCEPTION 'the calendar version is % and cannot change', OLD.state
      USING ERRCODE = '23514';
  END IF;
  IF OLD.state = 'proposed' AND (NEW.calendar_id, NEW.starts, NEW.weekly)
     IS DISTINCT FROM (OLD.calendar_id, OLD.starts, OLD.weekly) THEN
    RAISE EXCEPTION 'the calendar version is proposed and cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER calendar_is_fixed BEFORE UPDATE ON catalogue_calendarversion
  FOR EACH ROW EXECUTE FUNCTION catalogue_calendar_is_fixed();
CREATE OR REPLACE FUNCTION catalogue_calendar_day_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM catalogue_calendarversion AS version
                 WHERE version.id = NEW.version_id AND version.state = 'draft') OR
     (TG_OP = 'UPDATE' AND NEW.version_id <> OLD.version_id) THEN
    RAISE EXCEPTION 'days are changed in a draft only' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER calendar_day_is_fixed BEFORE INSERT OR UPDATE ON catalogue_calendarday
  FOR EACH ROW EXECUTE FUNCTION catalogue_calendar_day_is_fixed();
