-- Rules of the charging tables that Django cannot express. Repeatable; run by the owner.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Approved rates of one charge item never overlap (design §8, Time).
ALTER TABLE charging_rateversion DROP CONSTRAINT IF EXISTS rate_versions_do_not_overlap;
ALTER TABLE charging_rateversion ADD CONSTRAINT rate_versions_do_not_overlap
  EXCLUDE USING gist (charge_item_id WITH =, daterange(starts, ends, '[)') WITH &&)
  WHERE (state = 'approved');

-- An approved rate keeps everything but its end, which may be set or brought nearer.
CREATE OR REPLACE FUNCTION charging_rate_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'approved' AND (
       (to_jsonb(NEW) - 'ends') IS DISTINCT FROM (to_jsonb(OLD) - 'ends')
       OR (OLD.ends IS NOT NULL AND (NEW.ends IS NULL OR NEW.ends > OLD.ends))) THEN
    RAISE EXCEPTION 'rate version % is approved and cannot change', OLD.code USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS rate_is_fixed ON charging_rateversion;
CREATE TRIGGER rate_is_fixed BEFORE UPDATE ON charging_rateversion
  FOR EACH ROW EXECUTE FUNCTION charging_rate_is_fixed();

-- An issued bill never changes, nor do its lines and their funding (design law 2).
CREATE OR REPLACE FUNCTION charging_bill_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'issued' AND NOT (
       TG_OP = 'UPDATE' AND OLD.pack_root = ''
       AND (to_jsonb(NEW) - 'pack_root') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'pack_root')) THEN
    RAISE EXCEPTION 'bill % is issued and cannot change', OLD.number USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS bill_is_fixed ON charging_bill;
CREATE TRIGGER bill_is_fixed BEFORE UPDATE OR DELETE ON charging_bill
  FOR EACH ROW EXECUTE FUNCTION charging_bill_is_fixed();

CREATE OR REPLACE FUNCTION charging_line_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE old_bill uuid; new_bill uuid;
BEGIN
  IF TG_OP <> 'INSERT' THEN old_bill := OLD.bill_id; END IF;
  IF TG_OP <> 'DELETE' THEN new_bill := NEW.bill_id; END IF;
  IF EXISTS (SELECT 1 FROM charging_bill WHERE id IN (old_bill, new_bill) AND state = 'issued') THEN
    RAISE EXCEPTION 'the bill of this line is issued and cannot change' USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS line_is_fixed ON charging_billline;
CREATE TRIGGER line_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON charging_billline
  FOR EACH ROW EXECUTE FUNCTION charging_line_is_fixed();

CREATE OR REPLACE FUNCTION charging_funding_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE old_line uuid; new_line uuid;
BEGIN
  IF TG_OP <> 'INSERT' THEN old_line := OLD.line_id; END IF;
  IF TG_OP <> 'DELETE' THEN new_line := NEW.line_id; END IF;
  IF EXISTS (SELECT 1 FROM charging_billline l JOIN charging_bill b ON b.id = l.bill_id
             WHERE l.id IN (old_line, new_line) AND b.state = 'issued') THEN
    RAISE EXCEPTION 'the bill of this split is issued and cannot change' USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS funding_is_fixed ON charging_linefunding;
CREATE TRIGGER funding_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON charging_linefunding
  FOR EACH ROW EXECUTE FUNCTION charging_funding_is_fixed();

-- A signed forecast never changes: another figure takes its place, and it stays to be read.
CREATE OR REPLACE FUNCTION charging_forecast_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.signed_at IS NOT NULL AND NOT (
       TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL
       AND (to_jsonb(NEW) - 'superseded_at') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'superseded_at')
       ) THEN
    RAISE EXCEPTION 'the forecast % is signed and cannot change', OLD.id USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER forecast_is_fixed BEFORE UPDATE OR DELETE ON charging_forecast
  FOR EACH ROW EXECUTE FUNCTION charging_forecast_is_fixed();

-- An approved exchange rate is what bills were converted by: it never changes.
CREATE OR REPLACE FUNCTION charging_exchange_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'approved' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
    RAISE EXCEPTION 'the exchange rate is approved and cannot change' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER exchange_is_fixed BEFORE UPDATE ON charging_exchangerate
  FOR EACH ROW EXECUTE FUNCTION charging_exchange_is_fixed();

-- Approved price reductions of one agency and item never overlap.
ALTER TABLE charging_pricereduction DROP CONSTRAINT IF EXISTS reductions_do_not_overlap;
ALTER TABLE charging_pricereduction ADD CONSTRAINT reductions_do_not_overlap
  EXCLUDE USING gist (agency_id WITH =, charge_item_id WITH =, daterange(starts, ends, '[)') WITH &&)
  WHERE (state = 'approved');

-- What two people approved keeps what they approved; the columns named may still be filled in.
CREATE OR REPLACE FUNCTION charging_approved_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE loose text[] := coalesce(TG_ARGV, '{}');
BEGIN
  IF OLD.state <> 'proposed' AND (TG_OP = 'DELETE' OR
       (to_jsonb(NEW) - loose) IS DISTINCT FROM (to_jsonb(OLD) - loose)) THEN
    RAISE EXCEPTION '% % is % and cannot change', TG_TABLE_NAME, OLD.id, OLD.state
      USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER reduction_is_fixed BEFORE UPDATE OR DELETE ON charging_pricereduction
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed();
CREATE OR REPLACE TRIGGER recovery_rule_is_fixed BEFORE UPDATE OR DELETE ON charging_recoveryrule
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed();
CREATE OR REPLACE TRIGGER account_entry_is_fixed BEFORE UPDATE OR DELETE ON charging_accountentry
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed();
CREATE OR REPLACE TRIGGER adjustment_is_fixed BEFORE UPDATE OR DELETE ON charging_adjustment
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed('carried_out_on');
CREATE OR REPLACE TRIGGER adjustment_part_is_fixed BEFORE UPDATE OR DELETE ON charging_adjustmentpart
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed();
CREATE OR REPLACE TRIGGER engagement_is_fixed BEFORE UPDATE OR DELETE ON charging_engagement
  FOR EACH ROW EXECUTE FUNCTION charging_approved_is_fixed('ended_on');

-- A carried-out adjustment stays so, and an ended engagement never opens again.
CREATE OR REPLACE FUNCTION charging_day_is_set_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(OLD) ->> TG_ARGV[0]) IS NOT NULL
     AND (to_jsonb(NEW) ->> TG_ARGV[0]) IS DISTINCT FROM (to_jsonb(OLD) ->> TG_ARGV[0]) THEN
    RAISE EXCEPTION '% of % % is set and cannot change', TG_ARGV[0], TG_TABLE_NAME, OLD.id
      USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER adjustment_done_once BEFORE UPDATE ON charging_adjustment
  FOR EACH ROW EXECUTE FUNCTION charging_day_is_set_once('carried_out_on');
CREATE OR REPLACE TRIGGER engagement_ends_once BEFORE UPDATE ON charging_engagement
  FOR EACH ROW EXECUTE FUNCTION charging_day_is_set_once('ended_on');
-- What bills take of a credit never exceeds it, nor turns it round; portions name their own agency.
CREATE OR REPLACE FUNCTION charging_credit_has_room() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE whole bigint; taken bigint;
BEGIN
  IF NEW.credit_id IS NULL THEN RETURN NULL; END IF;
  SELECT amount_minor INTO whole FROM charging_creditportion
    WHERE id = NEW.credit_id AND agency_id = NEW.agency_id AND line_id = NEW.corrects_id;
  SELECT -sum(amount_minor) INTO taken FROM charging_billline WHERE credit_id = NEW.credit_id;
  IF whole IS NULL OR taken * sign(whole) NOT BETWEEN 0 AND abs(whole) THEN
    RAISE EXCEPTION 'line % takes more of its credit than there is', NEW.id USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER credit_has_room AFTER INSERT OR UPDATE ON charging_billline
  FOR EACH ROW EXECUTE FUNCTION charging_credit_has_room();
-- Sets of drivers of one pool never overlap, nor do capacities of one pool or charge item.
ALTER TABLE charging_driverset DROP CONSTRAINT IF EXISTS driver_sets_do_not_overlap;
ALTER TABLE charging_driverset ADD CONSTRAINT driver_sets_do_not_overlap
  EXCLUDE USING gist (pool_id WITH =, daterange(starts, ends, '[)') WITH &&);
ALTER TABLE charging_capacity DROP CONSTRAINT IF EXISTS pool_capacities_do_not_overlap;
ALTER TABLE charging_capacity ADD CONSTRAINT pool_capacities_do_not_overlap
  EXCLUDE USING gist (pool_id WITH =, daterange(starts, ends, '[)') WITH &&)
  WHERE (pool_id IS NOT NULL);
ALTER TABLE charging_capacity DROP CONSTRAINT IF EXISTS item_capacities_do_not_overlap;
ALTER TABLE charging_capacity ADD CONSTRAINT item_capacities_do_not_overlap
  EXCLUDE USING gist (charge_item_id WITH =, daterange(starts, ends, '[)') WITH &&)
  WHERE (charge_item_id IS NOT NULL);
