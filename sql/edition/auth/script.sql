-- todo_auth @version@, SQL edition: lets Better Auth sign in the users of todo, with the same passwords.
-- Run it as the role that has installed todo. It creates schema todo_auth. Where an older version is installed, it updates that one.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    home pg_catalog.text;
    is_update boolean;
    present pg_catalog.text[];
    statement pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    IF to_regclass('todo_internal.installed') IS NULL THEN
        RAISE EXCEPTION 'todo_auth needs the SQL edition of todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run its script first.';
    ELSIF NOT EXISTS (
        SELECT FROM pg_namespace AS n WHERE n.nspname = 'todo_internal' AND pg_get_userbyid(n.nspowner) = current_user
    ) THEN
        RAISE EXCEPTION 'must be the owner of todo to install todo_auth'
            USING ERRCODE = 'insufficient_privilege', HINT = 'SET ROLE to the owner of schema todo_internal.';
    END IF;
    SELECT e.extnamespace::regnamespace::text INTO STRICT home FROM todo_internal.extension AS e WHERE e.extname = 'todo';
    is_update := EXISTS (SELECT FROM todo_internal.extension AS e WHERE e.extname = 'todo_auth' AND pg_get_userbyid(e.extowner) = current_user);
    IF NOT is_update AND to_regnamespace('todo_auth') IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema todo_auth already' USING ERRCODE = 'duplicate_schema', HINT = 'Rename or drop it.';
    END IF;
    IF EXISTS (
        SELECT FROM todo_internal.installed AS i
        WHERE is_update AND i.name = 'todo_auth' AND string_to_array(i.version, '.')::integer[] > string_to_array('@version@', '.')::integer[]
    ) THEN
        RAISE EXCEPTION 'a newer version of todo_auth is installed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    present := ARRAY(
        SELECT format('%s %s', d.classid, d.objid)
        FROM todo_internal.depend AS d
        JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo_auth'
        WHERE d.deptype = 'e'
    );
    FOREACH statement IN ARRAY ARRAY[
\statements install
    ]
    LOOP
        IF is_update THEN
            -- The tables are those of every version so far.
            CONTINUE WHEN statement ~ '^(CREATE (SCHEMA|TABLE|INDEX|UNIQUE INDEX)|ALTER TABLE)';
            statement := regexp_replace(statement, '^CREATE (FUNCTION|VIEW|TRIGGER)', 'CREATE OR REPLACE \1');
        END IF;
        EXECUTE replace(replace(statement, '@extschema@', home), '@extschema:todo@', home);
    END LOOP;
    UPDATE todo_internal.installed AS i
    SET functions = ARRAY(
        SELECT 'todo_auth.' || todo_internal.signature(p.oid) FROM pg_proc AS p WHERE p.pronamespace = 'todo_auth'::regnamespace
    )
    WHERE i.name = 'todo_auth';
    PERFORM todo_internal.own('todo_auth', present);
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true);
END
$todo$;
