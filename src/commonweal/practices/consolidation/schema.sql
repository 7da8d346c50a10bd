-- Rules of the consolidation tables that Django cannot express. Repeatable; run by the owner.

-- A baseline is written while it is a draft, frozen while it is proposed, and fixed once signed.
CREATE OR REPLACE FUNCTION consolidation_baseline_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moves text[] := ARRAY['state', 'late', 'content_hash', 'decision_id', 'proposed_by',
                              'proposed_at', 'signed_by', 'signed_at'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.signed_by IS NOT NULL THEN
      RAISE EXCEPTION 'a baseline begins as an unsigned draft' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state = 'signed' THEN
    RAISE EXCEPTION 'baseline % is signed and cannot change', OLD.id USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF OLD.state = 'proposed' AND (to_jsonb(NEW) - moves) IS DISTINCT FROM (to_jsonb(OLD) - moves) THEN
    RAISE EXCEPTION 'baseline % is proposed and cannot change', OLD.id USING ERRCODE = '23514';
  END IF;
  IF NEW.state = 'signed' AND OLD.state <> 'proposed' THEN
    RAISE EXCEPTION 'baseline % was not proposed', OLD.id USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS baseline_is_fixed ON consolidation_baseline;
CREATE TRIGGER baseline_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON consolidation_baseline
  FOR EACH ROW EXECUTE FUNCTION consolidation_baseline_is_fixed();

CREATE OR REPLACE FUNCTION consolidation_cost_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE known uuid[];
BEGIN
  IF TG_OP <> 'INSERT' THEN known := known || OLD.baseline_id; END IF;
  IF TG_OP <> 'DELETE' THEN known := known || NEW.baseline_id; END IF;
  IF EXISTS (SELECT 1 FROM consolidation_baseline WHERE id = ANY(known) AND state <> 'draft') THEN
    RAISE EXCEPTION 'the baseline of this cost is no draft and cannot change' USING ERRCODE = '23514';
  END IF;
  IF TG_OP <> 'DELETE' AND NOT EXISTS (
       SELECT 1 FROM consolidation_baseline WHERE id = NEW.baseline_id AND agency_id = NEW.agency_id)
  THEN
    RAISE EXCEPTION 'a cost belongs to the agency of its baseline' USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS cost_is_fixed ON consolidation_baselinecost;
CREATE TRIGGER cost_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON consolidation_baselinecost
  FOR EACH ROW EXECUTE FUNCTION consolidation_cost_is_fixed();

-- A figure that was entered stays: another one supersedes it, once.
CREATE OR REPLACE FUNCTION consolidation_entry_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.superseded_at IS NOT NULL
     OR (to_jsonb(NEW) - 'superseded_at') IS DISTINCT FROM (to_jsonb(OLD) - 'superseded_at') THEN
    RAISE EXCEPTION 'row % stays as it was entered', OLD.id USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS own_is_fixed ON consolidation_owncost;
CREATE TRIGGER own_is_fixed BEFORE UPDATE OR DELETE ON consolidation_owncost
  FOR EACH ROW EXECUTE FUNCTION consolidation_entry_is_fixed();
DROP TRIGGER IF EXISTS value_is_fixed ON consolidation_indexvalue;
CREATE TRIGGER value_is_fixed BEFORE UPDATE OR DELETE ON consolidation_indexvalue
  FOR EACH ROW EXECUTE FUNCTION consolidation_entry_is_fixed();

-- Of a claim only the state moves, and never back to proposed; its agency is its baseline's.
CREATE OR REPLACE FUNCTION consolidation_claim_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moves text[] := ARRAY['state', 'decision_id', 'confirmed_by', 'confirmed_at'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'proposed' OR NOT EXISTS (
         SELECT 1 FROM consolidation_baseline
          WHERE id = NEW.baseline_id AND agency_id = NEW.agency_id AND state = 'signed') THEN
      RAISE EXCEPTION 'a claim begins as a proposal on a signed baseline' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.state NOT IN ('proposed', 'confirmed')
     OR (OLD.state = 'confirmed' AND NEW.state <> 'superseded')
     OR (to_jsonb(NEW) - moves) IS DISTINCT FROM (to_jsonb(OLD) - moves) THEN
    RAISE EXCEPTION 'claim % cannot change', OLD.id USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS claim_is_fixed ON consolidation_claim;
CREATE TRIGGER claim_is_fixed BEFORE INSERT OR UPDATE OR DELETE ON consolidation_claim
  FOR EACH ROW EXECUTE FUNCTION consolidation_claim_is_fixed();
