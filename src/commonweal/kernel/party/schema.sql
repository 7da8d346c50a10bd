-- No person holds the same role twice at once. A bureau-less membership covers no bureau's row:
-- it is a scope of its own, compared as the nil id.
CREATE EXTENSION IF NOT EXISTS btree_gist;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'party_membership_no_overlap') THEN
    ALTER TABLE party_membership ADD CONSTRAINT party_membership_no_overlap EXCLUDE USING gist (
      person_id WITH =,
      role_id WITH =,
      agency_id WITH =,
      coalesce(bureau_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
      daterange(starts, ends) WITH &&);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'party_delegation_no_overlap') THEN
    ALTER TABLE party_delegation ADD CONSTRAINT party_delegation_no_overlap EXCLUDE USING gist (
      from_person_id WITH =,
      to_person_id WITH =,
      role_id WITH =,
      agency_id WITH =,
      daterange(starts, ends) WITH &&);
  END IF;
END $$;
