
-- Lets a role use the router.
CREATE OR REPLACE FUNCTION todo_router.grant(role text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    function regprocedure;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', '@schema_name@', role);
    EXECUTE format('GRANT USAGE ON TYPE %1$I.tasks, %1$I.todo_users TO %2$I', '@schema_name@', role);
    FOR function IN
        SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = '@extschema@'::regnamespace AND p.proname LIKE 'todo\_%'
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', function, role);
    END LOOP;
END
$$;

-- Takes back what grant() has given to a role.
CREATE OR REPLACE FUNCTION todo_router.revoke(role text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    function regprocedure;
BEGIN
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', '@schema_name@', role);
    EXECUTE format('REVOKE USAGE ON TYPE %1$I.tasks, %1$I.todo_users FROM %2$I', '@schema_name@', role);
    FOR function IN
        SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = '@extschema@'::regnamespace AND p.proname LIKE 'todo\_%'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I', function, role);
    END LOOP;
END
$$;

DO $$
DECLARE
    function regprocedure;
BEGIN
    FOR function IN
        SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = '@extschema@'::regnamespace AND p.proname LIKE 'todo\_%'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function);
    END LOOP;
    PERFORM todo_router.grant(r.role) FROM pg_temp.todo_roles AS r;
END
$$;
