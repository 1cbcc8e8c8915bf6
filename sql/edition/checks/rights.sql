-- Checks, for todo_check(), whether someone has rights that no function of this edition gave. They may come from ALTER DEFAULT PRIVILEGES,
-- when a dump is restored: this edition's objects are ordinary ones, to which PostgreSQL gives these rights.
CREATE FUNCTION todo_internal.check_rights()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH granted AS (
        -- The owner runs what is in these schemas, and trusts what these tables say.
        SELECT a.grantee, a.privilege_type, 'SCHEMA' AS kind, n.oid::regnamespace::text AS identity
        FROM todo_internal.extension AS e
        JOIN pg_namespace AS n ON n.oid = e.oid
        CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
        WHERE a.grantee <> n.nspowner AND a.privilege_type = 'CREATE'
        UNION ALL
        SELECT a.grantee, a.privilege_type, 'TABLE', c.oid::regclass::text
        FROM todo_internal.extension AS e
        JOIN pg_class AS c ON e.extname = 'todo' AND c.relnamespace = e.oid AND c.relkind IN ('r', 'v')
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE a.grantee <> c.relowner
    ), stray AS (
        SELECT s.role, s.what, s.fix
        FROM todo_internal.stray_rights() AS s
        UNION ALL
        SELECT r.role, format('%s on %s', string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type), g.identity),
            format('REVOKE ALL ON %s %s FROM %s', g.kind, g.identity, r.role)
        FROM granted AS g
        CROSS JOIN LATERAL (SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END AS role) AS r
        GROUP BY r.role, g.kind, g.identity
    )
    SELECT 'rights of ' || s.role, false, s.what, s.fix
    FROM stray AS s
    UNION ALL
    SELECT 'rights', true, 'nobody has a right on passwords that todo_grant did not give', NULL
    WHERE NOT EXISTS (SELECT FROM stray)
    UNION ALL
    SELECT 'grants of dropped roles', count(d.objoid) = 0,
        format('%s objects with initial privileges of roles that have been dropped; dumps with them cannot be restored', count(d.objoid)),
        'SELECT todo_internal.forget_roles()'
    FROM todo_internal.dangling_grants() AS d;
END;

COMMENT ON FUNCTION todo_internal.check_rights() IS
    'Checks whether someone has rights that no function of this edition gave';

REVOKE ALL ON FUNCTION todo_internal.check_rights() FROM PUBLIC;
