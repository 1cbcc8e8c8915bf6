-- Takes back all that a role may do with the extension's objects, and USAGE on its schema: grant that again where the
-- role needs it for objects of its own.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner.
CREATE FUNCTION @extschema@.todo_revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    member regprocedure;
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;

    EXECUTE format('REVOKE ALL ON TABLE @extschema@.users, @extschema@.tasks, @extschema@.todo_users FROM %I', role);
    EXECUTE format('REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM %I', role);
    FOR member IN
        SELECT d.objid
        FROM pg_depend AS d
        JOIN pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_proc'::regclass
          AND d.refclassid = 'pg_extension'::regclass
          AND d.deptype = 'e'
          AND e.extname = 'todo'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', member, role);
    END LOOP;
    EXECUTE format('REVOKE USAGE ON SCHEMA @extschema@ FROM %I', role);
END
$$;

COMMENT ON FUNCTION @extschema@.todo_revoke(text) IS
    'Takes back what todo_grant gave a role';

REVOKE ALL ON FUNCTION @extschema@.todo_revoke(text) FROM PUBLIC;
