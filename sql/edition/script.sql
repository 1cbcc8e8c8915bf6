-- todo @version@, SQL edition: users and tasks of a to-do application, with their rules, for servers where extensions cannot be installed.
-- Run it as the role that is to own everything, in a database with encoding UTF8 and the extension pgcrypto. It creates its tables and
-- functions in the first schema of search_path, and its helpers in schema todo_internal.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT text := pg_catalog.current_setting('search_path');
    home CONSTANT text := pg_catalog.current_schema();
    before record;
    statement text;
    made text[] := '{}';
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT
        (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto') AS pgcrypto,
        EXISTS (SELECT FROM pg_extension AS e WHERE e.extname = 'todo') AS is_extension,
        to_regnamespace('todo_internal') AS helpers,
        (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS is_superuser,
        (
            SELECT string_agg(c.relname, ' and ' ORDER BY c.relname DESC)
            FROM pg_class AS c
            WHERE c.relnamespace = to_regnamespace(quote_ident(home)) AND c.relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')
        ) AS relations
    INTO before;
    IF current_setting('server_version_num')::integer < 140000 THEN
        RAISE EXCEPTION 'todo needs PostgreSQL 14 or newer' USING ERRCODE = 'feature_not_supported';
    ELSIF home IS NULL THEN
        RAISE EXCEPTION 'there is no schema to create todo in'
            USING ERRCODE = 'invalid_schema_name', HINT = 'SET search_path to a schema that exists.';
    ELSIF home ~ '["$''\\]' THEN
        RAISE EXCEPTION 'schema % has a quote, a dollar sign or a backslash in its name', home USING ERRCODE = 'invalid_name';
    ELSIF before.is_extension THEN
        RAISE EXCEPTION 'this database has todo as an extension' USING ERRCODE = 'duplicate_object';
    ELSIF before.helpers IS NOT NULL THEN
        RAISE EXCEPTION 'this database has todo already: there is a schema todo_internal' USING ERRCODE = 'duplicate_schema';
    ELSIF before.relations IS NOT NULL THEN
        RAISE EXCEPTION 'schema % already has %', home, before.relations
            USING ERRCODE = 'duplicate_table', HINT = 'Rename or drop what is there, or SET search_path to another schema.';
    ELSIF before.pgcrypto IS NULL THEN
        RAISE EXCEPTION 'todo needs the extension pgcrypto' USING ERRCODE = 'undefined_object', HINT = 'CREATE EXTENSION pgcrypto;';
    ELSIF before.is_superuser THEN
        RAISE EXCEPTION 'a superuser must not own todo'
            USING ERRCODE = 'invalid_grant_operation',
                DETAIL = 'Its functions run with the rights of its owner.', HINT = 'SET ROLE to the role that owns the application''s database.';
    ELSIF NOT has_database_privilege(current_database(), 'CREATE') OR NOT has_schema_privilege(home, 'CREATE') THEN
        RAISE EXCEPTION 'role % needs the privilege CREATE on database % and on schema %', current_user, current_database(), home
            USING ERRCODE = 'insufficient_privilege';
    END IF;

    FOREACH statement IN ARRAY ARRAY[
\statements
    ]
    LOOP
        made := made || substring(statement FROM '^CREATE FUNCTION @extschema@[.](\w+)');
        EXECUTE replace(replace(statement, '@extschema@', quote_ident(home)), '@pgcrypto@', quote_ident(before.pgcrypto));
    END LOOP;
    UPDATE todo_internal.installed SET functions = made WHERE name = 'todo';
    PERFORM todo_internal.own('todo');
    PERFORM set_config('search_path', path, true);
END
$todo$;
