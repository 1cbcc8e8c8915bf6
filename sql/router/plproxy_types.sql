
-- The types of what functions return, with the columns that the tables have now.
DO $$
DECLARE
    kind name;
    item record;
BEGIN
    FOREACH kind IN ARRAY ARRAY['tasks', 'todo_users'] LOOP
        IF to_regclass(format('%I.%I', '@schema_name@', kind)) IS NULL THEN
            EXECUTE format('CREATE TYPE %I.%I AS ()', '@schema_name@', kind);
        END IF;
        FOR item IN
            SELECT
                coalesce(c.name, a.attname) AS name,
                c.type,
                format_type(a.atttypid, a.atttypmod) AS present
            FROM (SELECT * FROM pg_temp.todo_columns AS c WHERE c.relation = kind) AS c
            FULL JOIN (
                SELECT *
                FROM pg_attribute AS a
                WHERE a.attrelid = format('%I.%I', '@schema_name@', kind)::regclass AND a.attnum > 0 AND NOT a.attisdropped
            ) AS a ON a.attname = c.name
            ORDER BY c.place
        LOOP
            IF item.type IS NULL THEN
                EXECUTE format('ALTER TYPE %I.%I DROP ATTRIBUTE %I', '@schema_name@', kind, item.name);
            ELSIF item.present IS NULL THEN
                EXECUTE format('ALTER TYPE %I.%I ADD ATTRIBUTE %I %s', '@schema_name@', kind, item.name, item.type);
            ELSIF item.present <> item.type THEN
                EXECUTE format('ALTER TYPE %I.%I ALTER ATTRIBUTE %I TYPE %s', '@schema_name@', kind, item.name, item.type);
            END IF;
        END LOOP;
        EXECUTE format('REVOKE ALL ON TYPE %I.%I FROM PUBLIC', '@schema_name@', kind);
    END LOOP;
END
$$;

-- Drops functions that no longer exist, or have changed more than CREATE OR REPLACE can change.
DO $$
DECLARE
    function regprocedure;
BEGIN
    FOR function IN
        SELECT p.oid
        FROM pg_proc AS p
        JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname IN ('plproxy', 'plpgsql')
        LEFT JOIN pg_temp.todo_functions AS f ON f.name = p.proname
        WHERE p.proname LIKE 'todo\_%'
          AND (
              p.pronamespace = 'todo_router'::regnamespace
              OR p.pronamespace = '@extschema@'::regnamespace
              AND (f.arguments, f.result) IS DISTINCT FROM (pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
          )
    LOOP
        EXECUTE format('DROP FUNCTION %s', function);
    END LOOP;
END
$$;

-- Which database a user is in: the low bits are those by which PARTITION BY HASH chooses a partition. NULL is as good as any user, so
-- that the database refuses it or finds nothing.
CREATE OR REPLACE FUNCTION todo_router.user_hash(user_id text)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT coalesce(
        (
            (
                (pg_catalog.hashtextextended($1 COLLATE pg_catalog."C", 8816678312871386365) OPERATOR(pg_catalog.&) 1073741823)
                OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) 1073741823)
            ) OPERATOR(pg_catalog.&) 1073741823
        )::pg_catalog.int4,
        0
    )
$$;

CREATE OR REPLACE FUNCTION todo_router.task_hash(task @extschema@.tasks)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT todo_router.user_hash(($1).user_id)
$$;

-- Returns the current user, as in the databases. The router passes the id on as an argument, because the setting does not reach them.
CREATE OR REPLACE FUNCTION @extschema@.todo_current_user_id()
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN pg_catalog.current_setting('todo.user_id', true) OPERATOR(pg_catalog.<>) '' THEN pg_catalog.current_setting('todo.user_id', true)
        WHEN pg_catalog.current_setting('request.jwt.claims', true) OPERATOR(pg_catalog.<>) ''
            THEN pg_catalog.current_setting('request.jwt.claims', true)::pg_catalog.jsonb OPERATOR(pg_catalog.->>) 'sub'
    END
$$;

COMMENT ON FUNCTION @extschema@.todo_current_user_id() IS
    'Returns the id of the current user: todo.user_id, or else sub of request.jwt.claims';

