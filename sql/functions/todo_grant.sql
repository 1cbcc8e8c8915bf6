-- Lets a role use the extension; to be called again after an upgrade that brings new functions.
--   'api'     every function but the administrative ones, rows of tasks, and users without their hashes
--   'tables'  that, and rows of users with their hashes, for applications that write both tables with SQL of their own
-- The caller must own the extension's objects, or be superuser.
-- Errors: 23502 an argument is NULL; 42704 no such role; 22023 no such access; 42501 not the owner.
CREATE FUNCTION @extschema@.todo_grant(
    role text,
    access text DEFAULT 'api'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    api regprocedure;
BEGIN
    IF role IS NULL OR access IS NULL THEN
        RAISE EXCEPTION 'argument % must not be null', CASE WHEN role IS NULL THEN 'role' ELSE 'access' END
            USING ERRCODE = 'not_null_violation';
    END IF;
    IF access NOT IN ('api', 'tables') THEN
        RAISE EXCEPTION 'access must be api or tables' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    EXECUTE format('GRANT USAGE ON SCHEMA @extschema@ TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE @extschema@.tasks TO %I', role);
    EXECUTE format('GRANT USAGE ON SEQUENCE @extschema@.tasks_id_seq TO %I', role);
    EXECUTE format('GRANT SELECT ON TABLE @extschema@.todo_users TO %I', role);
    FOR api IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE p.pronamespace = '@extschema@'::regnamespace
          AND p.oid IN (
              SELECT d.objid
              FROM pg_depend AS d
              JOIN pg_extension AS e ON e.oid = d.refobjid
              WHERE d.classid = 'pg_proc'::regclass
                AND d.refclassid = 'pg_extension'::regclass
                AND d.deptype = 'e'
                AND e.extname = 'todo'
          )
          AND p.proname NOT IN ('todo_set_password_hash', 'todo_grant', 'todo_revoke')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', api, role);
    END LOOP;

    IF access = 'tables' THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE @extschema@.users TO %I', role);
    END IF;
END
$$;

COMMENT ON FUNCTION @extschema@.todo_grant(text, text) IS
    'Lets a role use the functions and tasks (''api''), or the table users as well (''tables'')';

REVOKE ALL ON FUNCTION @extschema@.todo_grant(text, text) FROM PUBLIC;
