-- Fails where a role is isolated, for what would end all isolation, so that no role gains a right unnoticed.
-- Errors: 55000.
CREATE FUNCTION todo_internal.refuse_isolation()
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    roles CONSTANT text := (
        SELECT string_agg(r.name, ', ' ORDER BY r.name)
        FROM (
            SELECT quote_ident(i.role) AS name FROM todo_internal.isolated_roles AS i
            UNION
            SELECT b.oid::regrole::text FROM todo_internal.isolation() AS i CROSS JOIN unnest(i.bound) AS b (oid)
        ) AS r
    );
BEGIN
    IF roles IS NOT NULL THEN
        RAISE EXCEPTION 'these roles are isolated and would see all rows: %', roles
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Take their rights back with todo_revoke(role).';
    END IF;
END
$$;

COMMENT ON FUNCTION todo_internal.refuse_isolation() IS
    'Fails where a role is isolated';

REVOKE ALL ON FUNCTION todo_internal.refuse_isolation() FROM PUBLIC;
