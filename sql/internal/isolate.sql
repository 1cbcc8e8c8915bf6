-- Binds a role to the rows of the current user, for todo_grant().
-- Errors: 0LP01 row-level security does not bind the role; 42501 the caller may not write isolated_roles, or change the tables and views.
CREATE FUNCTION todo_internal.isolate(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    above text;
BEGIN
    SELECT coalesce('is the owner of ' || (
            SELECT i.relation
            FROM todo_internal.isolation() AS i
            JOIN pg_class AS c ON c.oid = i.relid
            WHERE pg_has_role(r.oid, c.relowner, 'USAGE')
            ORDER BY i.relation
            LIMIT 1
        ), 'has the attribute BYPASSRLS')
    INTO above
    FROM pg_roles AS r
    WHERE r.rolname = isolate.role
      AND (
          r.rolbypassrls
          OR EXISTS (
              SELECT
              FROM todo_internal.isolation() AS i
              JOIN pg_class AS c ON c.oid = i.relid
              -- A superuser has the rights of every role.
              WHERE pg_has_role(r.oid, c.relowner, 'USAGE')
          )
      );
    IF FOUND THEN
        RAISE EXCEPTION 'row-level security does not bind role %', isolate.role
            USING ERRCODE = 'invalid_grant_operation', DETAIL = format('It %s, or has the rights of such a role.', above);
    END IF;
    -- Its trigger makes the policies.
    INSERT INTO todo_internal.isolated_roles (role)
    SELECT isolate.role WHERE NOT EXISTS (SELECT FROM todo_internal.isolated_roles AS i WHERE i.role = isolate.role);
    \i grants/isolated.sql
END
$$;

COMMENT ON FUNCTION todo_internal.isolate(text) IS
    'Binds a role to the rows of the current user';

REVOKE ALL ON FUNCTION todo_internal.isolate(text) FROM PUBLIC;
