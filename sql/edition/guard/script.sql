-- todo_guard @version@, SQL edition: event triggers that refuse commands which would drop users and tasks, or change what todo needs.
-- Run it after the scripts of todo and todo_auth, and again after each of their updates, as a role that may create event triggers. It
-- creates schema todo_guard. DROP SCHEMA todo_guard CASCADE takes the guard away.
-- A dump restores the guard only for a role that may create event triggers. Others leave it out by a list: pg_restore --list, then --use-list.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    messages CONSTANT pg_catalog.text := pg_catalog.current_setting('client_min_messages');
    -- Qualified, as search_path could lead to a type of this name.
    old pg_catalog.record;
    statement pg_catalog.text;
    granted pg_catalog.record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    -- PostgreSQL would list what an older guard consisted of.
    PERFORM set_config('client_min_messages', 'warning', true);
    IF NOT EXISTS (
        SELECT
        FROM pg_namespace AS n
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'installed'
        JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = 'expected_todo'
        WHERE n.nspname = 'todo_internal'
    ) THEN
        RAISE EXCEPTION 'todo_guard needs the SQL edition of todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run its script first.';
    END IF;
    SELECT pg_get_userbyid(n.nspowner) AS owner, EXISTS (
        SELECT FROM pg_proc AS p WHERE p.pronamespace = n.oid AND p.proname = 'judge'
    ) AS is_guard
    INTO old
    FROM pg_namespace AS n
    WHERE n.nspname = 'todo_guard';
    IF NOT old.is_guard OR old.owner <> current_user THEN
        RAISE EXCEPTION 'there is a schema todo_guard already, of role %', old.owner
            USING ERRCODE = 'duplicate_schema', HINT = 'If it is an older guard, its owner can replace it. If not: DROP SCHEMA todo_guard CASCADE.';
    ELSIF old.is_guard THEN
        DROP SCHEMA todo_guard CASCADE;
    END IF;

    BEGIN
        FOREACH statement IN ARRAY ARRAY[
\statements install pg_catalog
        ]
        LOOP
            EXECUTE replace(statement, 'todo_internal.', 'todo_guard.');
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may not create the guard: %', current_user, SQLERRM
            USING ERRCODE = 'insufficient_privilege',
                HINT = 'Run it as a role that may create schemas and event triggers: a superuser, or the main user of the database service.';
    END;
    -- ALTER DEFAULT PRIVILEGES may have given rights to others.
    FOR granted IN
        SELECT DISTINCT o.kind, o.identity, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
        FROM pg_namespace AS n
        CROSS JOIN LATERAL (
            SELECT 'SCHEMA' AS kind, n.nspname::text AS identity, n.nspacl AS acl
            UNION ALL
            SELECT 'FUNCTION', p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc AS p WHERE p.pronamespace = n.oid
        ) AS o
        CROSS JOIN LATERAL aclexplode(o.acl) AS a
        WHERE n.nspname = 'todo_guard' AND a.grantee <> n.nspowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.identity, granted.grantee);
    END LOOP;
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true), set_config('client_min_messages', messages, true);
END
$todo$;
