-- Where a role is isolated, todo_users shows what its reader may see in users. So whoever may read the view gets the right to read these
-- columns of the table.
CREATE FUNCTION todo_internal.grant_columns()
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    users CONSTANT regclass := (
        SELECT i.relid FROM todo_internal.isolation() AS i JOIN pg_class AS c ON c.oid = i.relid AND c.relname = 'users' AND c.relkind = 'r'
    );
    reader record;
BEGIN
    FOR reader IN
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS name,
            string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) AS columns
        FROM todo_internal.isolation() AS i
        JOIN pg_class AS v ON v.oid = i.relid
        JOIN pg_attribute AS c ON c.attrelid = v.oid AND c.attnum > 0
        -- The right to read all columns, or this one.
        CROSS JOIN LATERAL (SELECT x.* FROM aclexplode(v.relacl) AS x UNION SELECT x.* FROM aclexplode(c.attacl) AS x) AS a
        LEFT JOIN pg_roles AS r ON r.oid = a.grantee
        WHERE v.relname = 'todo_users' AND i.is_view AND i.is_on AND a.privilege_type = 'SELECT'
          AND NOT has_column_privilege(CASE a.grantee WHEN 0 THEN 'public' ELSE r.rolname END, users, c.attname::text, 'SELECT')
        GROUP BY a.grantee
    LOOP
        EXECUTE format('GRANT SELECT (%s) ON TABLE %s TO %s', reader.columns, users, reader.name);
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.grant_columns() IS
    'Gives readers of todo_users the right to read its columns in users, where a role is isolated';

REVOKE ALL ON FUNCTION todo_internal.grant_columns() FROM PUBLIC;
