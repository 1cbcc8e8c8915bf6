-- Takes back all rights of a role on the extension's objects, except on tables that it owns. Also takes back USAGE on the schema (grant
-- that again if the role needs it for objects of its own) and what todo_auth.grant() gave. Ends the isolation of the role, even if the
-- role no longer exists. When a superuser calls it, it also removes the role, and roles that have been dropped, from the initial
-- privileges that PostgreSQL keeps.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 the caller does not own the tables of the extension, or those of todo_auth; 0LP01
-- the role is todo_owner, or owns the SQL edition; 25001 a role is isolated, and the isolation level is above READ COMMITTED.
CREATE FUNCTION @extschema@.todo_revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text;
    member regprocedure;
    relation regclass;
BEGIN
    IF todo_internal.forget_isolation(role) THEN
        RETURN;
    END IF;
    app := todo_internal.schema_for_grants(role);
    -- Before REVOKE writes the tables' rows in pg_class: an ANALYZE that waits for such a row would hold a lock that this waits for.
    PERFORM todo_internal.end_isolation(role);
    -- An extension that builds on this one has a function revoke(role) of its own.
    FOR member IN
        SELECT p.oid
        FROM todo_internal.extensions() AS n
        JOIN pg_extension AS e ON e.extname = n AND e.extname <> 'todo'
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.pronamespace = e.extnamespace
        WHERE p.proname = 'revoke' AND p.pronargs = 1
    LOOP
        EXECUTE format('SELECT %s($1)', member::regproc) USING role;
    END LOOP;
    -- Not from the owner of one, with whose rights references are checked.
    FOR relation IN
        SELECT c.oid
        FROM pg_class AS c
        WHERE c.relnamespace = app::regnamespace
          AND c.relname IN ('users', 'tasks', 'todo_users', 'tasks_id_seq')
          AND pg_get_userbyid(c.relowner) <> role
    LOOP
        EXECUTE format(
            'REVOKE ALL ON %s %s FROM %I',
            CASE WHEN relation = (app || '.tasks_id_seq')::regclass THEN 'SEQUENCE' ELSE 'TABLE' END, relation, role
        );
    END LOOP;
    FOR member IN SELECT todo_internal.member_functions() LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', member, role);
    END LOOP;
    IF (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        PERFORM todo_internal.forget_roles(role::name);
    END IF;
    EXECUTE format('REVOKE USAGE ON SCHEMA %s FROM %I', app, role);
END
$$;

COMMENT ON FUNCTION @extschema@.todo_revoke(text) IS
    'Takes back what todo_grant gave to a role';

REVOKE ALL ON FUNCTION @extschema@.todo_revoke(text) FROM PUBLIC;
