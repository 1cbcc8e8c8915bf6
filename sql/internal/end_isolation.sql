-- No longer binds a role to the rows of the current user. Does nothing if it is not bound.
-- Errors: 42501 it is bound, and the caller may not write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.end_isolation(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_bound CONSTANT boolean := EXISTS (
        SELECT FROM todo_internal.isolation() AS i WHERE to_regrole(quote_ident(end_isolation.role))::oid = ANY (i.bound)
    );
    was_listed boolean;
BEGIN
    -- The owner of adopted tables does not own isolated_roles.
    IF is_bound OR has_table_privilege('todo_internal.isolated_roles', 'DELETE') THEN
        -- The row before the mark: after REVOKE, the guard isolates the roles that are listed and have no policy yet.
        DELETE FROM todo_internal.isolated_roles AS i WHERE i.role = end_isolation.role;
        was_listed := FOUND;
        EXECUTE format('REVOKE ALL ON TABLE todo_internal.isolated_roles FROM %I', role);
        IF was_listed OR is_bound THEN
            PERFORM todo_internal.keep_isolation(ARRAY[role]);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.end_isolation(text) IS
    'No longer binds a role to the rows of the current user';

REVOKE ALL ON FUNCTION todo_internal.end_isolation(text) FROM PUBLIC;
