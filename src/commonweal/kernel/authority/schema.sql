CREATE EXTENSION IF NOT EXISTS btree_gist;

-- What is decided stays as decided; what is proposed keeps its subject, statement and amount.
CREATE OR REPLACE FUNCTION authority_decision_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a decision is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'proposed' THEN
    RAISE EXCEPTION 'a decision that was made never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.agency_id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.subject_label,
      NEW.statement, NEW.effect, NEW.amount_minor, NEW.currency, NEW.proposed_by,
      NEW.proposed_by_person, NEW.proposed_at)
     IS DISTINCT FROM
     (OLD.id, OLD.agency_id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.subject_label,
      OLD.statement, OLD.effect, OLD.amount_minor, OLD.currency, OLD.proposed_by,
      OLD.proposed_by_person, OLD.proposed_at) THEN
    RAISE EXCEPTION 'a proposal is decided as it was made; withdraw it and propose anew'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS authority_decision_fixed ON authority_decision;
CREATE TRIGGER authority_decision_fixed BEFORE UPDATE OR DELETE ON authority_decision
  FOR EACH ROW EXECUTE FUNCTION authority_decision_fixed();

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'authority_limit_no_overlap') THEN
    ALTER TABLE authority_amountlimit ADD CONSTRAINT authority_limit_no_overlap
      EXCLUDE USING gist (
      coalesce(agency_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
      role_id WITH =, subject_type WITH =, daterange(starts, ends) WITH &&);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'authority_second_no_overlap') THEN
    ALTER TABLE authority_secondapprover ADD CONSTRAINT authority_second_no_overlap
      EXCLUDE USING gist (agency_id WITH =, person_id WITH =, daterange(starts, ends) WITH &&);
  END IF;
END $$;

-- Everybody reads the limits that hold for all; only the centre's scope writes them. A limit is what
-- was decided: it may end earlier, and nothing else of it changes.
CREATE OR REPLACE FUNCTION authority_limit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.agency_id IS NULL AND coalesce(current_setting('app.centre', true), '') <> 'on' THEN
    RAISE EXCEPTION 'only the centre sets limits for all agencies'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'UPDATE' AND (
       (to_jsonb(NEW) - 'ends') <> (to_jsonb(OLD) - 'ends')
       OR NEW.ends IS NULL OR NEW.ends > coalesce(OLD.ends, 'infinity'::date)) THEN
    RAISE EXCEPTION 'a limit stays as it was decided; it may only end earlier'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS authority_limit_fixed ON authority_amountlimit;
CREATE TRIGGER authority_limit_fixed BEFORE INSERT OR UPDATE ON authority_amountlimit
  FOR EACH ROW EXECUTE FUNCTION authority_limit_fixed();
