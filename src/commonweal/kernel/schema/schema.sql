-- What every table may use; applied before all others.

-- What is append-only is so for its owner too: a grant binds only the app's role.
CREATE OR REPLACE FUNCTION schema_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'SCHEMA-201: % on % is refused: what is recorded there never changes.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';
END $$;
