-- The guarantees of the ledger (design law 2, reference accounting-procurement §2.1). They hold
-- against raw SQL, for the app's role and for the owner. Messages carry the stable code first.
--
-- Checking functions run as the owner with the whole centre in scope: a check must see every row
-- that it judges, whatever the caller's scope is, and even at commit, when the scope has ended.
-- They set the scope and put it back themselves; where they refuse, the rollback puts it back. (A
-- SET clause on the function would need a superuser for a custom setting.)

-- 1. References. A posting belongs to its journal by foreign key. Its account, fund, period and
--    agency are bound through the balance row that the same statement moves: one row per key, so
--    the composite foreign keys there say it once per key, not once per line (measured:
--    a fifth of a bulk load each), and writers do not queue at the rows that all of them name.
DO $$
DECLARE
  item text[];
BEGIN
  FOREACH item SLICE 1 IN ARRAY ARRAY[
    ['posting', 'journal', 'journal_id', 'id'],
    ['balance', 'period', 'period_id, agency_id', 'id, agency_id'],
    ['balance', 'account', 'account_id, agency_id', 'id, agency_id'],
    ['balance', 'fund', 'fund_id, agency_id', 'id, agency_id']] LOOP
    IF NOT EXISTS (SELECT FROM pg_constraint
                    WHERE conname = format('ledger_%s_of_%s', item[1], item[2])) THEN
      EXECUTE format('ALTER TABLE ledger_%s ADD CONSTRAINT ledger_%s_of_%s'
                     ' FOREIGN KEY (%s) REFERENCES ledger_%s (%s)',
                     item[1], item[1], item[2], item[3], item[2], item[4]);
    END IF;
  END LOOP;
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

--    Balances move only with the postings that cause them: inside the trigger below (6).
CREATE OR REPLACE FUNCTION ledger_refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'LEDGER-220: % on % is refused: balances move only with postings.',
    TG_OP, TG_TABLE_NAME USING ERRCODE = '23514';
END $$;
CREATE OR REPLACE TRIGGER ledger_balance_by_postings
  BEFORE INSERT OR UPDATE OR DELETE ON ledger_balance
  FOR EACH STATEMENT WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_refuse_balance();
CREATE OR REPLACE TRIGGER ledger_balance_kept BEFORE TRUNCATE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_balance();

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
  each_agency uuid;
  found_state text;
  bad bigint;
  scope text := coalesce(current_setting('app.centre', true), '');
BEGIN
  PERFORM set_config('app.centre', 'on', true);
  FOR each_period, each_agency IN SELECT DISTINCT period_id, agency_id FROM fresh ORDER BY 1, 2 LOOP
    PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(each_period));
    IF current_setting('transaction_isolation') = 'read committed' THEN
      SELECT state INTO found_state FROM ledger_period
       WHERE id = each_period AND agency_id = each_agency;
    ELSE  -- An older snapshot could show a closed period as open: lock the row to find out.
      SELECT state INTO found_state FROM ledger_period
       WHERE id = each_period AND agency_id = each_agency FOR SHARE;
    END IF;
    IF found_state IS NULL THEN
      RAISE EXCEPTION 'LEDGER-218: the period is not one of the books of this agency.'
        USING ERRCODE = '23503';
    END IF;
    IF found_state <> 'open' THEN
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

-- 7. At commit: no header without lines; pairs are whole and cancel out. It runs once per header,
--    so it names its tables in full rather than pay for a search path each time.
CREATE OR REPLACE FUNCTION ledger_check_pair(pair uuid, reversed uuid) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  sides bigint;
  months bigint;
  currencies bigint;
BEGIN
  SELECT count(DISTINCT j.agency_id), count(DISTINCT p.code), count(DISTINCT j.currency)
    INTO sides, months, currencies
    FROM public.ledger_journal j JOIN public.ledger_period p ON p.id = j.period_id
   WHERE j.pair_id = pair;
  IF sides <> 2 OR months <> 1 OR currencies <> 1 THEN
    RAISE EXCEPTION 'LEDGER-212: a pair is two journals of two agencies in one period.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM FROM public.ledger_posting l JOIN public.ledger_journal j ON j.id = l.journal_id
    WHERE j.pair_id = pair AND l.trading_partner_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM public.ledger_journal o WHERE o.pair_id = pair AND o.id <> j.id
         AND o.agency_id = l.trading_partner_id);
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-213: the trading partner of a paired line is the other agency.'
      USING ERRCODE = '23514';
  END IF;
  PERFORM FROM public.ledger_posting l JOIN public.ledger_journal j ON j.id = l.journal_id
      JOIN public.ledger_account a ON a.id = l.account_id
    WHERE j.pair_id = pair AND l.trading_partner_id IS NOT NULL
    GROUP BY a.type IN ('revenue', 'expense') HAVING sum(l.amount) <> 0;
  IF FOUND THEN
    RAISE EXCEPTION 'LEDGER-214: the two sides of a pair must be equal and opposite.'
      USING ERRCODE = '23514';
  END IF;
  IF reversed IS NOT NULL AND 2 <> (
      SELECT count(*) FROM public.ledger_journal j
        JOIN public.ledger_journal o ON o.id = j.reverses_id
       WHERE j.pair_id = pair
         AND o.pair_id = (SELECT pair_id FROM public.ledger_journal WHERE id = reversed)) THEN
    RAISE EXCEPTION 'LEDGER-215: both journals of a pair are reversed together.'
      USING ERRCODE = '23514';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger_check_commit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  scope text := coalesce(current_setting('app.centre', true), '');
BEGIN
  IF scope <> 'on' THEN
    PERFORM set_config('app.centre', 'on', true);
  END IF;
  IF NOT EXISTS (SELECT FROM public.ledger_posting WHERE journal_id = NEW.id AND line = 1) THEN
    RAISE EXCEPTION 'LEDGER-216: journal % has no lines.', NEW.number USING ERRCODE = '23514';
  END IF;
  IF NEW.pair_id IS NOT NULL THEN
    PERFORM public.ledger_check_pair(NEW.pair_id, NEW.reverses_id);
  ELSIF NEW.reverses_id IS NOT NULL
      AND (SELECT pair_id FROM public.ledger_journal WHERE id = NEW.reverses_id) IS NOT NULL THEN
    RAISE EXCEPTION 'LEDGER-215: both journals of a pair are reversed together.'
      USING ERRCODE = '23514';
  END IF;
  IF scope <> 'on' THEN
    PERFORM set_config('app.centre', scope, true);
  END IF;
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
--    id, number and hash are the original's. Lines are arrays in the order of the columns below.
CREATE OR REPLACE FUNCTION ledger_unknown(kind text, line bigint, code text) RETURNS uuid
  LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: line %: % % is not in use in these books. Add it first.',
    CASE kind WHEN 'account' THEN 'LEDGER-105' ELSE 'LEDGER-106' END, line, kind, code
    USING ERRCODE = '23503';
END $$;

CREATE OR REPLACE FUNCTION ledger_post(
  agency uuid, origin text, key text, hash text, head jsonb, lines jsonb,
  OUT replayed boolean, OUT id uuid, OUT number bigint, OUT known_hash text)
  LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  period uuid;
  money text := head ->> 'currency';
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
   WHERE p.agency_id = agency AND p.code = head ->> 'period';
  IF period IS NULL THEN
    RAISE EXCEPTION 'LEDGER-104: period % is not open in these books. Open it first.',
      head ->> 'period' USING ERRCODE = '23503';
  END IF;
  id := head ->> 'id';
  number := ledger_reserve(agency, 1);
  known_hash := hash;
  INSERT INTO ledger_journal (id, agency_id, number, period_id, effective_date, recorded_at,
      description, source, idempotency_key, payload_hash, n_lines, currency, pair_id, reverses_id)
    VALUES (ledger_post.id, agency, ledger_post.number, period, (head ->> 'effective')::date,
      (head ->> 'recorded')::timestamptz, head ->> 'description', origin, key, hash,
      jsonb_array_length(lines), money, (head ->> 'pair')::uuid, (head ->> 'reverses')::uuid);
  INSERT INTO ledger_posting (journal_id, line, agency_id, period_id, account_id, fund_id, amount,
      currency, cost_centre, service_code, object_code, trading_partner_id, reference)
    SELECT ledger_post.id, t.o, agency, period,
           coalesce((SELECT a.id FROM ledger_account a
                      WHERE a.agency_id = agency AND a.code = t.l ->> 0
                        AND (a.active OR head ->> 'reverses' IS NOT NULL)),
                    ledger_unknown('account', t.o, t.l ->> 0)),
           coalesce((SELECT f.id FROM ledger_fund f
                      WHERE f.agency_id = agency AND f.code = t.l ->> 1),
                    ledger_unknown('fund', t.o, t.l ->> 1)),
           (t.l ->> 2)::bigint, money, t.l ->> 3, t.l ->> 4, t.l ->> 5, (t.l ->> 6)::uuid,
           t.l ->> 7
      FROM jsonb_array_elements(lines) WITH ORDINALITY AS t(l, o);
END $$;
