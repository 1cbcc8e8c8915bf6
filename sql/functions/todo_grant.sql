-- Lets a role use the extension. Call it again after an upgrade that brings new functions.
--   'api'     all functions except the administrative ones, the rows of tasks, and users without their hashes. Takes back what 'tables'
--             gave, but not what todo_auth.grant() gave
--   'isolated' the rights of 'api', but only on the rows of the current user (see todo_current_user_id). Row-level security binds the
--             role, and roles that are members of it, in all statements and functions, and in the tables and views of todo_auth
--   'tables'  the rights of 'api', and also the rows of users with their hashes, and REFERENCES on both tables. For applications that
--             write both tables with their own SQL
-- 'api' and 'tables' end an isolation. The caller must own the extension's tables, or be a superuser.
-- Errors: 23502 an argument is NULL; 42704 no such role; 22023 no such access; 42501 the caller is not the owner; 0LP01 row-level
-- security does not bind the role, or it is todo_owner, or owns the SQL edition; 0A000 'isolated' before PostgreSQL 15; 25001 a role is
-- isolated, and the isolation level is above READ COMMITTED.
CREATE FUNCTION @extschema@.todo_grant(
    role text,
    access text DEFAULT 'api'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_internal.schema_for_grants(role);
    api regprocedure;
    relation regclass;
BEGIN
    IF access IS NULL THEN
        RAISE EXCEPTION 'argument access must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    IF access NOT IN ('api', 'tables', 'isolated') THEN
        RAISE EXCEPTION 'access must be api, tables or isolated' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Before it has any right. And before GRANT and REVOKE write the tables' rows in pg_class: an ANALYZE that waits for such a row would
    -- hold a lock that this waits for.
    IF access = 'isolated' THEN
        PERFORM todo_internal.isolate(role);
    ELSE
        PERFORM todo_internal.end_isolation(role);
    END IF;

    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', app, role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.tasks TO %I', app, role);
    EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s.tasks_id_seq TO %I', app, role);
    EXECUTE format('GRANT SELECT ON TABLE %s.todo_users TO %I', app, role);
    FOR api IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.oid IN (SELECT todo_internal.member_functions())
          AND p.pronamespace = app::regnamespace
          AND p.proname NOT IN ('todo_set_password_hash', 'todo_grant', 'todo_revoke', 'todo_release_tables')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', api, role);
    END LOOP;

    IF access = 'tables' THEN
        \i grants/tables.sql
    -- Not from the owner, with whose rights references are checked, nor what an extension that builds on this one granted.
    ELSIF role <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = (app || '.users')::regclass)
        AND NOT EXISTS (
            SELECT
            FROM todo_internal.extensions() AS n
            JOIN pg_extension AS e ON e.extname = n AND e.extname <> 'todo'
            JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
            JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'r'
            WHERE has_table_privilege(role, c.oid, 'INSERT')
        )
    THEN
        EXECUTE format('REVOKE ALL ON TABLE %s.users FROM %I', app, role);
        EXECUTE format('REVOKE REFERENCES ON TABLE %s.tasks FROM %I', app, role);
    END IF;
    IF access = 'isolated' THEN
        -- Row-level security does not keep a role from emptying a table, nor its triggers and foreign keys from reaching all rows.
        FOR relation IN SELECT i.relid FROM todo_internal.isolation() AS i WHERE NOT i.is_view LOOP
            EXECUTE format('REVOKE TRUNCATE, TRIGGER, REFERENCES ON TABLE %s FROM %I', relation, role);
        END LOOP;
    END IF;
    PERFORM todo_internal.grant_columns();
END
$$;

COMMENT ON FUNCTION @extschema@.todo_grant(text, text) IS
    'Lets a role use the functions and tasks (''api''), those of the current user alone (''isolated''), or the table users as well (''tables'')';

REVOKE ALL ON FUNCTION @extschema@.todo_grant(text, text) FROM PUBLIC;
