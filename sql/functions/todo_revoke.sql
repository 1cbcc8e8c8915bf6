-- Takes back all that a role may do with the extension's objects, and USAGE on its schema: grant that again where the
-- role needs it for objects of its own.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner of the extension's tables.
CREATE FUNCTION @extschema@.todo_revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_internal.schema_for_grants(role);
    member regprocedure;
BEGIN
    EXECUTE format('REVOKE ALL ON TABLE %1$s.users, %1$s.tasks, %1$s.todo_users FROM %2$I', app, role);
    EXECUTE format('REVOKE ALL ON SEQUENCE %s.tasks_id_seq FROM %I', app, role);
    FOR member IN SELECT todo_internal.member_functions() LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', member, role);
    END LOOP;
    EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %I', app, role);
END
$$;

COMMENT ON FUNCTION @extschema@.todo_revoke(text) IS
    'Takes back what todo_grant gave a role';

REVOKE ALL ON FUNCTION @extschema@.todo_revoke(text) FROM PUBLIC;
