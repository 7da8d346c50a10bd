-- Rules of the usage tables that Django cannot express. Repeatable; run by the owner.

-- A fact leaves only when its agency's partition of the period is sealed with its keys.
CREATE OR REPLACE FUNCTION metering_fact_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM (SELECT DISTINCT agency_id, booked_in FROM gone) g
    WHERE NOT EXISTS (
      SELECT 1 FROM metering_partition p WHERE p.agency_id = g.agency_id
        AND p.period = g.booked_in AND p.kind = 'keys' AND p.sealed_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'usage facts leave only into a sealed partition' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS fact_leaves ON metering_usagefact;
CREATE TRIGGER fact_leaves AFTER DELETE ON metering_usagefact
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION metering_fact_leaves();

-- Nothing is booked into a period that is frozen or sealed.
CREATE OR REPLACE FUNCTION metering_fact_arrives() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh f JOIN metering_periodstate s ON s.period = f.booked_in
             WHERE s.state <> 'open') THEN
    RAISE EXCEPTION 'the period no longer takes usage' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS fact_arrives ON metering_usagefact;
CREATE TRIGGER fact_arrives AFTER INSERT ON metering_usagefact
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION metering_fact_arrives();

-- A sealed manifest row never changes: it is the way to the only copy.
CREATE OR REPLACE FUNCTION metering_partition_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.sealed_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
    RAISE EXCEPTION 'partition % is sealed and cannot change', OLD.path USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS partition_is_fixed ON metering_partition;
CREATE TRIGGER partition_is_fixed BEFORE UPDATE ON metering_partition
  FOR EACH ROW EXECUTE FUNCTION metering_partition_is_fixed();

-- A period goes open, frozen, sealed; never back.
CREATE OR REPLACE FUNCTION metering_period_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (('open', 'open'), ('open', 'frozen'), ('frozen', 'frozen'),
      ('frozen', 'sealed'), ('sealed', 'sealed')) OR NEW.period <> OLD.period THEN
    RAISE EXCEPTION 'period % is %', OLD.period, OLD.state USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS period_moves ON metering_periodstate;
CREATE TRIGGER period_moves BEFORE UPDATE ON metering_periodstate
  FOR EACH ROW EXECUTE FUNCTION metering_period_moves();

-- What an order covered in a month that no longer takes usage stays covered: no change of an order
-- cuts its lines back into such a month.
CREATE OR REPLACE FUNCTION metering_cover_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  gone date := CASE WHEN NEW.active THEN NEW.ends ELSE OLD.starts END;
BEGIN
  IF OLD.active AND gone < coalesce(OLD.ends, 'infinity'::date) AND gone < (
       SELECT (to_date(max(period), 'YYYY-MM') + interval '1 month')::date
       FROM metering_periodstate WHERE state <> 'open') THEN
    RAISE EXCEPTION 'a closed month stays covered as it was: choose a later day'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS cover_stays ON catalogue_orderline;
CREATE TRIGGER cover_stays BEFORE UPDATE OF active, ends ON catalogue_orderline
  FOR EACH ROW EXECUTE FUNCTION metering_cover_stays();
