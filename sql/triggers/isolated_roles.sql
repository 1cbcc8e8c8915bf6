-- The trigger fires for each row, because a subscription does not fire triggers for statements. Rows that a restore adds isolate their
-- roles. Deleting rows removes no policy, so that no restore can: only todo_grant() and todo_revoke() do that.
CREATE FUNCTION todo_internal.isolated_roles_written()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM todo_internal.keep_isolation();
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_internal.isolated_roles_written() IS
    'Makes the policies of roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.isolated_roles_written() FROM PUBLIC;

CREATE TRIGGER todo_isolation
    AFTER INSERT OR UPDATE ON todo_internal.isolated_roles
    FOR EACH ROW EXECUTE FUNCTION todo_internal.isolated_roles_written();

-- Also where session_replication_role is replica, as in some restores.
ALTER TABLE todo_internal.isolated_roles ENABLE ALWAYS TRIGGER todo_isolation;
