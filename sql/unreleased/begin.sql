SET LOCAL search_path = pg_catalog, pg_temp;
-- Definitions are compared as PostgreSQL prints them by default.
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Rather fail than make everybody wait behind a lock; a caller's own setting counts.
SELECT set_config('lock_timeout', '10s', true)
WHERE current_setting('lock_timeout') = '0';

DO $$
BEGIN
    -- An older snapshot would not see rows that were committed before the lock was had.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'extension todo is to be updated in a READ COMMITTED transaction'
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
END
$$;

LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;
