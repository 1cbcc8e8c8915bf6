-- Says why row-level security does not bind a role, or NULL if it does: the role can act as one that it does not bind, or can make itself
-- a member of one.
CREATE FUNCTION todo_internal.unbound(
    role oid
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.why
    FROM (
        SELECT 1, 'has the attribute ' || CASE WHEN r.rolcreaterole THEN 'CREATEROLE' ELSE 'REPLICATION' END
        FROM pg_roles AS r
        WHERE r.oid = role AND (r.rolcreaterole OR r.rolreplication) AND NOT r.rolsuper
        UNION ALL
        SELECT 2, CASE WHEN r.oid = role THEN 'is' ELSE 'can act as ' || r.oid::regrole || ', who is' END
            || CASE WHEN r.rolsuper THEN ' a superuser' WHEN r.rolbypassrls THEN ' not bound by row-level security' ELSE ' the owner of ' || o.relation END
        FROM pg_roles AS r
        LEFT JOIN LATERAL (
            SELECT i.relation
            FROM todo_internal.isolation() AS i
            JOIN pg_class AS c ON c.oid = i.relid
            WHERE c.relowner = r.oid
            ORDER BY i.relation
            LIMIT 1
        ) AS o ON true
        WHERE pg_has_role(role, r.oid, 'MEMBER') AND (r.rolsuper OR r.rolbypassrls OR o.relation IS NOT NULL)
          -- A superuser is a member of every role.
          AND (r.oid = role OR NOT (SELECT s.rolsuper FROM pg_roles AS s WHERE s.oid = role))
        UNION ALL
        SELECT 3, format('can act as %s, who is not isolated', r.oid::regrole)
        FROM pg_roles AS r
        WHERE r.oid <> role AND pg_has_role(role, r.oid, 'MEMBER') AND NOT r.rolsuper
          AND (
              -- Files of the server, and programs on it.
              r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
              OR NOT EXISTS (
                  SELECT
                  FROM todo_internal.isolation() AS i
                  CROSS JOIN unnest(i.bound) AS b (oid)
                  WHERE pg_has_role(r.oid, b.oid, 'USAGE')
              )
              AND (
                  EXISTS (
                      SELECT
                      FROM todo_internal.isolation() AS i
                      WHERE has_any_column_privilege(r.oid, i.relid, 'SELECT, INSERT, UPDATE')
                         OR has_table_privilege(r.oid, i.relid, 'DELETE, TRUNCATE, TRIGGER')
                  )
                  OR EXISTS (
                      SELECT
                      FROM pg_proc AS p
                      WHERE p.oid IN (SELECT todo_internal.member_functions()) AND p.prosecdef AND p.pronamespace <> 'todo_internal'::regnamespace
                        AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
                  )
              )
          )
    ) AS a (place, why)
    ORDER BY a.place, a.why
    LIMIT 1
$$;

COMMENT ON FUNCTION todo_internal.unbound(oid) IS
    'Says why row-level security does not bind a role';

REVOKE ALL ON FUNCTION todo_internal.unbound(oid) FROM PUBLIC;
