-- From 0.2.0 back to 0.1.0: drops the table of tasks, as the specification's migration does; not while it holds rows,
-- unless todo.guard is off.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Rather fail than make everybody wait behind a lock; a caller's own setting counts.
SELECT set_config('lock_timeout', '10s', true)
WHERE current_setting('lock_timeout') = '0';

LOCK TABLE @extschema@.tasks, @extschema@.users IN ACCESS EXCLUSIVE MODE;

-- Planning a query folds expressions of indexes: a superuser must not run those that another role may have made.
DO $$
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_class AS c
        WHERE c.oid = '@extschema@.tasks'::regclass
          AND (
              EXISTS (
                  SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
              )
              OR EXISTS (SELECT FROM pg_statistic_ext AS s WHERE s.stxrelid = c.oid)
          )
    ) THEN
        RAISE EXCEPTION 'indexes or statistics of table tasks may run code of others'
            USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'tasks',
                HINT = 'Drop indexes on expressions, partial ones, and statistics first.';
    END IF;
END
$$;

DO $$
BEGIN
    IF NOT coalesce(nullif(current_setting('todo.guard', true), ''), 'on')::boolean THEN
        RETURN;
    END IF;
    -- An older snapshot would not see rows that were committed before the lock was had.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'version 0.1.0 of extension todo is to be had in a READ COMMITTED transaction only'
            USING ERRCODE = 'active_sql_transaction';
    END IF;
    IF EXISTS (SELECT FROM @extschema@.tasks) THEN
        RAISE EXCEPTION 'cannot drop table tasks, as it holds rows'
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = 'Version 0.1.0 of extension todo has no tasks. SET todo.guard = off lets them go.';
    END IF;
END
$$;

-- Dumps would go on looking for a table that is a member when it is dropped.
ALTER EXTENSION todo DROP SEQUENCE @extschema@.tasks_id_seq;
ALTER EXTENSION todo DROP TABLE @extschema@.tasks;
DROP TABLE @extschema@.tasks;
