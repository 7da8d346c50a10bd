-- The guarantees of the ledger (design law 2, reference accounting-procurement §2.1). They hold
-- against raw SQL, for the app's role and for the owner. Messages carry the stable code first.
--
-- Checking functions run as the owner with the whole centre in scope: a check must see every row
-- that it judges, whatever the caller's scope is, and even at commit, when the scope has ended.
-- They set the scope and put it back themselves; where they refuse, the rollback puts it back. (A
-- SET clause on the function would need a superuser for a custom setting.)

-- 1. References. Account and fund belong to the agency that posts; checked at once, row by row.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ledger_posting_of_journal') THEN
    ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_of_journal
      FOREIGN KEY (journal_id) REFERENCES ledger_journal (id);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ledger_posting_of_account') THEN
    ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_of_account
      FOREIGN KEY (account_id, agency_id) REFERENCES ledger_account (id, agency_id);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ledger_posting_of_fund') THEN
    ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_of_fund
      FOREIGN KEY (fund_id, agency_id) REFERENCES ledger_fund (id, agency_id);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ledger_journal_of_period') THEN
    ALTER TABLE ledger_journal ADD CONSTRAINT ledger_journal_of_period
      FOREIGN KEY (period_id, agency_id) REFERENCES ledger_period (id, agency_id);
  END IF;
END $$;

-- 2. Append-only, for everybody.
CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'LEDGER-201: % on % is refused: what is posted never changes. Post a reversal.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';
END $$;
CREATE OR REPLACE TRIGGER ledger_journal_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE OR REPLACE TRIGGER ledger_posting_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- 3. What names a book's parts stays what it was.
CREATE OR REPLACE FUNCTION ledger_keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) ->> 'id', to_jsonb(NEW) ->> 'agency_id', to_jsonb(NEW) ->> 'code',
      to_jsonb(NEW) ->> 'type') IS DISTINCT FROM
     (to_jsonb(OLD) ->> 'id', to_jsonb(OLD) ->> 'agency_id', to_jsonb(OLD) ->> 'code',
      to_jsonb(OLD) ->> 'type') THEN
    RAISE EXCEPTION 'LEDGER-202: code, type and agency in % never change. Add a new one instead.',
      TG_TABLE_NAME USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ledger_account_identity BEFORE UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_identity();
CREATE OR REPLACE TRIGGER ledger_fund_identity BEFORE UPDATE ON ledger_fund
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_identity();
CREATE OR REPLACE TRIGGER ledger_period_identity BEFORE UPDATE ON ledger_period
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_identity();

-- 4. Periods. Posting holds a period's lock shared, closing and reopening hold it alone.
CREATE OR REPLACE FUNCTION ledger_period_lock(period uuid) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('ledger.period:' || period::text, 0) $$;

CREATE OR REPLACE FUNCTION ledger_period_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
    RETURN NEW;
  END IF;
  IF OLD.state = 'closed'
     AND (length(btrim(NEW.reopen_reason)) < 10 OR NEW.reopen_reason = OLD.reopen_reason) THEN
    RAISE EXCEPTION 'LEDGER-203: a closed period reopens only with a reason of its own.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_period_lock(NEW.id));
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER ledger_period_turn BEFORE UPDATE ON ledger_period
  FOR EACH ROW EXECUTE FUNCTION ledger_period_turn();

-- 5. Headers: period open (after waiting for a close under way), reversal of a fitting original.
CREATE OR REPLACE FUNCTION ledger_check_journals() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  each_period uuid;
  found_state text;
  bad bigint;
  scope text := coalesce(current_setting('app.centre', true), '');
BEGIN
  PERFORM set_config('app.centre', 'on', true);
  FOR each_period IN SELECT DISTINCT period_id FROM fresh ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(each_period));
    IF current_setting('transaction_isolation') = 'read committed' THEN
      SELECT state INTO found_state FROM ledger_period WHERE id = each_period;
    ELSE  -- An older snapshot could show a closed period as open: lock the row to find out.
      SELECT state INTO found_state FROM ledger_period WHERE id = each_period FOR SHARE;
    END IF;
    IF found_state IS DISTINCT FROM 'open' THEN
      RAISE EXCEPTION 'LEDGER-204: the period is closed. Post into an open period.'
        USING ERRCODE = '23514';
    END IF;
  END LOOP;
  SELECT f.number INTO bad
    FROM fresh f LEFT JOIN ledger_journal o ON o.id = f.reverses_id
   WHERE f.reverses_id IS NOT NULL
     AND (o.agency_id, o.n_lines, o.currency) IS DISTINCT FROM (f.agency_id, f.n_lines, f.currency)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-205: journal % does not mirror the journal that it reverses.', bad
      USING ERRCODE = '23514';
  END IF;
  SELECT f.number INTO bad FROM fresh f JOIN ledger_journal o ON o.id = f.reverses_id
   WHERE o.reverses_id IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-206: a reversal cannot be reversed. Post the journal anew instead.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM set_config('app.centre', scope, true);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER ledger_journal_check AFTER INSERT ON ledger_journal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_journals();

-- 6. Postings, one pass per statement over its new lines:
--    balance per journal, fund and currency; agency, period and currency are the header's; and the
--    lines are exactly 1..n_lines. The last makes extension impossible over the whole table: a
--    later line would have to bear a number that the primary key (journal_id, line) has taken.
--    Then the balances are moved, each writer in a shard that no other writer holds.
CREATE OR REPLACE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wrong uuid;
  why text;
  reversals boolean;
  free integer := 0;
  scope text := coalesce(current_setting('app.centre', true), '');
BEGIN
  PERFORM set_config('app.centre', 'on', true);
  WITH part AS (
    SELECT journal_id, agency_id, period_id, currency, fund_id, sum(amount) AS total,
           count(*) AS lines, min(line) AS low, max(line) AS high,
           bool_or(trading_partner_id IS NOT NULL) AS partnered
      FROM fresh GROUP BY journal_id, agency_id, period_id, currency, fund_id
  ), whole AS (
    SELECT journal_id, agency_id, period_id, currency, sum(lines) AS lines, min(low) AS low,
           max(high) AS high, bool_and(total = 0) AS balanced, bool_or(partnered) AS partnered
      FROM part GROUP BY journal_id, agency_id, period_id, currency
  ), judged AS (
    SELECT w.journal_id, j.reverses_id IS NOT NULL AS reversal,
      CASE WHEN j.id IS NULL THEN
             'LEDGER-207: a line differs from its journal in agency, period or currency.'
           WHEN NOT w.balanced THEN
             'LEDGER-208: the journal does not balance in each fund and currency.'
           WHEN w.lines <> j.n_lines OR w.low <> 1 OR w.high <> j.n_lines THEN
             'LEDGER-209: the journal is incomplete or would be extended.'
           WHEN w.partnered <> (j.pair_id IS NOT NULL) THEN
             'LEDGER-210: lines with a trading partner, and only they, belong to paired journals.'
      END AS reason
      FROM whole w LEFT JOIN ledger_journal j
        ON j.id = w.journal_id AND j.agency_id = w.agency_id AND j.period_id = w.period_id
       AND j.currency = w.currency
  )
  SELECT (array_agg(journal_id) FILTER (WHERE reason IS NOT NULL))[1],
         min(reason), bool_or(reversal) INTO wrong, why, reversals FROM judged;
  IF why IS NOT NULL THEN
    RAISE EXCEPTION '% (journal %)', why, wrong USING ERRCODE = '23514';
  END IF;
  IF reversals THEN
    PERFORM FROM fresh p JOIN ledger_journal j ON j.id = p.journal_id
      LEFT JOIN ledger_posting o
        ON o.journal_id = j.reverses_id AND o.line = p.line AND o.amount = -p.amount
       AND o.account_id = p.account_id AND o.fund_id = p.fund_id
       AND o.cost_centre = p.cost_centre AND o.service_code = p.service_code
       AND o.object_code = p.object_code AND o.reference = p.reference
       AND o.trading_partner_id IS NOT DISTINCT FROM p.trading_partner_id
     WHERE j.reverses_id IS NOT NULL AND o.journal_id IS NULL;
    IF FOUND THEN
      RAISE EXCEPTION 'LEDGER-211: a reversal must be the exact negation of its journal.'
        USING ERRCODE = '23514';
    END IF;
  END IF;
  WHILE NOT pg_try_advisory_xact_lock(7302, free) LOOP
    free := free + 1;
    IF free = 32 THEN
      free := pg_backend_pid() % 32;
      PERFORM pg_advisory_xact_lock(7302, free);
      EXIT;
    END IF;
  END LOOP;
  INSERT INTO ledger_balance AS b
    (agency_id, period_id, account_id, fund_id, currency, shard, debit, credit)
  SELECT agency_id, period_id, account_id, fund_id, currency, free,
         coalesce(sum(amount) FILTER (WHERE amount > 0), 0),
         coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)
    FROM fresh GROUP BY agency_id, period_id, account_id, fund_id, currency
  ON CONFLICT (agency_id, period_id, account_id, fund_id, currency, shard)
  DO UPDATE SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit;
  PERFORM set_config('app.centre', scope, true);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER ledger_posting_check AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_postings();

-- 7. At commit: no header without lines; pairs are whole and cancel out.
CREATE OR REPLACE FUNCTION ledger_check_pair(pair uuid, reversed uuid) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  sides bigint;
  months bigint;
  currencies bigint;
BEGIN
  SELECT count(DISTINCT j.agency_id), count(DISTINCT p.code), count(DISTINCT j.currency)
    INTO sides, months, currencies
    FROM ledger_journal j JOIN ledger_period p ON p.id = j.period_id WHERE j.pair_id = pair;
  IF (sides, months, currencies) IS DISTINCT FROM (2::bigint, 1::bigint, 1::bigint) THEN
    RAISE EXCEPTION 'LEDGER-212: a pair is two journals of two agencies in one period.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM FROM ledger_posting l JOIN ledger_journal j ON j.id = l.journal_id
    WHERE j.pair_id = pair AND l.trading_partner_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM ledger_journal o WHERE o.pair_id = pair AND o.id <> j.id
         AND o.agency_id = l.trading_partner_id);
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-213: the trading partner of a paired line is the other agency.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM FROM ledger_posting l JOIN ledger_journal j ON j.id = l.journal_id
      JOIN ledger_account a ON a.id = l.account_id
    WHERE j.pair_id = pair AND l.trading_partner_id IS NOT NULL
    GROUP BY a.type IN ('revenue', 'expense') HAVING sum(l.amount) <> 0;
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-214: the two sides of a pair must be equal and opposite.'
      USING ERRCODE = '23514';
  END IF;
  IF reversed IS NOT NULL AND 2 <> (
      SELECT count(*) FROM ledger_journal j JOIN ledger_journal o ON o.id = j.reverses_id
       WHERE j.pair_id = pair
         AND o.pair_id = (SELECT pair_id FROM ledger_journal WHERE id = reversed)) THEN
    RAISE EXCEPTION 'LEDGER-215: both journals of a pair are reversed together.'
      USING ERRCODE = '23514';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger_check_commit() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  scope text := coalesce(current_setting('app.centre', true), '');
BEGIN
  PERFORM set_config('app.centre', 'on', true);
  IF NOT EXISTS (SELECT FROM ledger_posting WHERE journal_id = NEW.id AND line = 1) THEN
    RAISE EXCEPTION 'LEDGER-216: journal % has no lines.', NEW.number USING ERRCODE = '23514';
  END IF;
  IF NEW.pair_id IS NOT NULL THEN
    PERFORM ledger_check_pair(NEW.pair_id, NEW.reverses_id);
  ELSIF NEW.reverses_id IS NOT NULL
      AND (SELECT pair_id FROM ledger_journal WHERE id = NEW.reverses_id) IS NOT NULL THEN
    RAISE EXCEPTION 'LEDGER-215: both journals of a pair are reversed together.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM set_config('app.centre', scope, true);
  RETURN NULL;
END $$;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'ledger_journal_whole') THEN
    CREATE CONSTRAINT TRIGGER ledger_journal_whole AFTER INSERT ON ledger_journal
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_commit();
  END IF;
END $$;

-- 8. Numbers: per agency, without gaps. `wanted` 0 only takes the lock. Returns the first number.
CREATE OR REPLACE FUNCTION ledger_reserve(agency uuid, wanted integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  reached bigint;
BEGIN
  IF wanted < 0 THEN
    RAISE EXCEPTION 'LEDGER-217: numbers are never given back.' USING ERRCODE = '23514';
  END IF;
  IF wanted = 0 THEN
    SELECT last INTO reached FROM ledger_counter WHERE agency_id = agency FOR UPDATE;
  END IF;
  IF reached IS NULL THEN
    INSERT INTO ledger_counter AS c (agency_id, last) VALUES (agency, wanted)
      ON CONFLICT (agency_id) DO UPDATE SET last = c.last + excluded.last
      RETURNING last INTO reached;
  END IF;
  RETURN reached - wanted + 1;
END $$;

-- 9. One journal in one call, with the caller's rights. `replayed` true: the key was known, and
--    id, number and hash are the original's.
CREATE OR REPLACE FUNCTION ledger_post(
  new_id uuid, agency uuid, period_code text, effective date, recorded timestamptz, about text,
  origin text, key text, hash text, money text, pair uuid, reversed uuid, accounts text[],
  funds text[], amounts bigint[], centres text[], services text[], objects text[],
  partners uuid[], refs text[],
  OUT replayed boolean, OUT id uuid, OUT number bigint, OUT known_hash text)
  LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  period uuid;
  account_ids uuid[];
  fund_ids uuid[];
BEGIN
  PERFORM ledger_reserve(agency, 0);
  SELECT j.id, j.number, j.payload_hash INTO ledger_post.id, ledger_post.number, known_hash
    FROM ledger_journal j
   WHERE j.agency_id = agency AND j.source = origin AND j.idempotency_key = key;
  replayed := FOUND;
  IF replayed THEN
    RETURN;
  END IF;
  SELECT p.id INTO period FROM ledger_period p
   WHERE p.agency_id = agency AND p.code = period_code;
  IF period IS NULL THEN
    RAISE EXCEPTION 'LEDGER-104: period % is not open in these books. Open it first.', period_code
      USING ERRCODE = '23503';
  END IF;
  SELECT array_agg(a.id ORDER BY t.o), array_agg(f.id ORDER BY t.o) INTO account_ids, fund_ids
    FROM unnest(accounts, funds) WITH ORDINALITY AS t(account, fund, o)
    LEFT JOIN ledger_account a ON a.agency_id = agency AND a.code = t.account
     AND (a.active OR reversed IS NOT NULL)
    LEFT JOIN ledger_fund f ON f.agency_id = agency AND f.code = t.fund;
  IF array_position(account_ids, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'LEDGER-105: line %: account % is not in use in these books. Add it first.',
      array_position(account_ids, NULL), accounts[array_position(account_ids, NULL)]
      USING ERRCODE = '23503';
  END IF;
  IF array_position(fund_ids, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'LEDGER-106: line %: fund % is not in these books. Add it first.',
      array_position(fund_ids, NULL), funds[array_position(fund_ids, NULL)]
      USING ERRCODE = '23503';
  END IF;
  ledger_post.id := new_id;
  ledger_post.number := ledger_reserve(agency, 1);
  known_hash := hash;
  INSERT INTO ledger_journal (id, agency_id, number, period_id, effective_date, recorded_at,
      description, source, idempotency_key, payload_hash, n_lines, currency, pair_id, reverses_id)
    VALUES (new_id, agency, ledger_post.number, period, effective, recorded,
      about, origin, key, hash, cardinality(amounts), money, pair, reversed);
  INSERT INTO ledger_posting (journal_id, line, agency_id, period_id, account_id, fund_id, amount,
      currency, cost_centre, service_code, object_code, trading_partner_id, reference)
    SELECT new_id, t.o, agency, period, t.account, t.fund, t.amount, money, t.centre, t.service,
           t.object, t.partner, t.ref
      FROM unnest(account_ids, fund_ids, amounts, centres, services, objects, partners, refs)
        WITH ORDINALITY AS t(account, fund, amount, centre, service, object, partner, ref, o);
END $$;
