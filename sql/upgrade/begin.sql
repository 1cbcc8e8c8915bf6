SET LOCAL search_path = pg_catalog, pg_temp;
-- Definitions are compared as PostgreSQL prints them by default.
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Fail rather than make everyone wait behind the lock. A caller's own setting takes precedence.
SELECT set_config('lock_timeout', '10s', true)
WHERE current_setting('lock_timeout') = '0';

DO $$
BEGIN
    -- An older snapshot would not see rows that were committed just before the lock was taken.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'extension todo must be updated in a READ COMMITTED transaction'
            USING ERRCODE = 'active_sql_transaction',
                HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED; or SET default_transaction_isolation = ''read committed''.';
    END IF;
END
$$;

LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;

-- What follows runs as a superuser and refers to the tables by name. The owner of the schema could rename it and put another in its
-- place. So until the transaction ends, no one can create, rename or drop a schema.
LOCK TABLE pg_catalog.pg_namespace IN SHARE ROW EXCLUSIVE MODE;

DO $$
BEGIN
    IF (SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'todo')
        IS DISTINCT FROM to_regnamespace('@extschema@')::oid
    THEN
        RAISE EXCEPTION 'the schema of extension todo was renamed while this command waited for a lock'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Nothing has been changed. Try again.';
    END IF;
END
$$;

-- When the first lock was taken, the names may have meant other tables.
LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;
