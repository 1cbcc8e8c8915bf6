-- Isolates roles that should be, but are not: those that a restore has given the mark of keep_isolation() before the rows of
-- isolated_roles, those that were created after it, and those that DROP OWNED has taken out of the policies. The guard calls this after
-- such commands of a superuser, and after ALTER TABLE isolated_roles, with which pg_restore --disable-triggers ends.
CREATE FUNCTION todo_internal.complete_isolation()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    marked CONSTANT name[] := ARRAY(
        SELECT r.rolname
        FROM pg_attribute AS c
        CROSS JOIN LATERAL aclexplode(c.attacl) AS a
        JOIN pg_roles AS r ON r.oid = a.grantee
        WHERE c.attrelid = 'todo_internal.isolated_roles'::regclass AND c.attnum > 0
    );
    listed CONSTANT name[] := ARRAY(SELECT i.role FROM todo_internal.isolated_roles AS i);
BEGIN
    IF NOT marked <@ listed THEN
        INSERT INTO todo_internal.isolated_roles (role) SELECT m.name FROM unnest(marked) AS m (name) WHERE m.name <> ALL (listed);
    ELSIF EXISTS (
        SELECT
        FROM pg_roles AS r
        WHERE r.rolname = ANY (listed)
          AND EXISTS (SELECT FROM todo_internal.isolation() AS i WHERE NOT i.is_view AND r.oid <> ALL (i.bound))
    ) THEN
        PERFORM todo_internal.keep_isolation();
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.complete_isolation() IS
    'Isolates roles that should be, but are not';

REVOKE ALL ON FUNCTION todo_internal.complete_isolation() FROM PUBLIC;
