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

-- What follows names the tables, as a superuser, and what a name means must not change on the way: the owner of the schema could
-- rename it and put others in its place. Until the transaction ends nobody makes, renames or drops a schema.
LOCK TABLE pg_catalog.pg_namespace IN SHARE ROW EXCLUSIVE MODE;

DO $$
BEGIN
    IF (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo')
        IS DISTINCT FROM to_regnamespace('@extschema@')::oid
    THEN
        RAISE EXCEPTION 'the schema of extension todo has been renamed meanwhile'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Nothing has been changed. Try again.';
    END IF;
END
$$;

-- If these were others by then.
LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;
