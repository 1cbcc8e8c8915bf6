-- Returns rights with which a role could read hashes, set passwords or run its code with the rights of the tables' owner, if neither
-- todo_grant nor grant() of an extension that builds on this one gives them. Each row has the role, the rights, and the statement that
-- revokes them. Rights of owners and superusers are left out.
CREATE FUNCTION todo_internal.stray_rights()
RETURNS TABLE (role text, what text, fix text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, e.extnamespace, d.classid, d.objid
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        WHERE e.extname IN (SELECT n FROM todo_internal.extensions() AS n)
    ), relation AS (
        SELECT m.extname, c.oid, c.relname, c.relkind, c.relowner, c.relacl
        FROM member AS m
        JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('r', 'v')
    ), granted AS (
        SELECT r.extname, r.oid, r.relname, r.relkind, a.grantee, array_agg(a.privilege_type ORDER BY a.privilege_type) AS privileges
        FROM relation AS r
        CROSS JOIN LATERAL aclexplode(r.relacl) AS a
        WHERE a.grantee <> r.relowner
        GROUP BY r.extname, r.oid, r.relname, r.relkind, a.grantee
    ), trusted AS (
        -- Roles to which grant() of an extension that builds on this one gave its tables, and with them users.
        SELECT r.extname, g.grantee
        FROM relation AS r
        LEFT JOIN granted AS g ON g.oid = r.oid AND g.privileges @> ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
        WHERE r.extname <> 'todo'
        GROUP BY r.extname, g.grantee
        HAVING count(*) = (SELECT count(*) FROM relation AS a WHERE a.extname = r.extname)
    ), stray (grantee, what, revoke) AS (
        SELECT g.grantee, format('%s on %s', array_to_string(g.privileges, ', '), g.oid::regclass),
            format('REVOKE ALL ON TABLE %s FROM', g.oid::regclass)
        FROM granted AS g
        WHERE g.grantee IS DISTINCT FROM to_regrole('todo_owner')::oid
          AND CASE
              \i grants/stray.sql
              WHEN g.extname <> 'todo' THEN NOT EXISTS (SELECT FROM trusted AS t WHERE t.extname = g.extname AND t.grantee = g.grantee)
              WHEN g.relname = 'users' THEN NOT (
                  \i grants/given.sql
                  OR EXISTS (SELECT FROM trusted AS t WHERE t.grantee = g.grantee)
              )
              WHEN g.relname = 'todo_users' THEN g.privileges && ARRAY['INSERT', 'UPDATE', 'DELETE']
          END
        UNION ALL
        SELECT a.grantee, format('%s of column %s.%I', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), r.oid::regclass, t.attname),
            format(
                'REVOKE %s ON TABLE %s FROM', string_agg(format('%s (%I)', a.privilege_type, t.attname), ', ' ORDER BY a.privilege_type),
                r.oid::regclass
            )
        FROM relation AS r
        JOIN pg_attribute AS t ON t.attrelid = r.oid AND t.attnum > 0
        CROSS JOIN LATERAL aclexplode(t.attacl) AS a
        WHERE r.extname = 'todo' AND a.grantee <> r.relowner
          AND (
              \i grants/stray_column.sql
          )
        GROUP BY a.grantee, r.oid, t.attname
        UNION ALL
        SELECT a.grantee, 'EXECUTE on ' || p.oid::regprocedure, format('REVOKE ALL ON FUNCTION %s FROM', p.oid::regprocedure)
        FROM member AS m
        JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
        CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE a.grantee <> p.proowner
          AND a.grantee IS DISTINCT FROM to_regrole('todo_owner')::oid
          AND (
              p.pronamespace <> m.extnamespace
              OR p.proname IN ('todo_set_password_hash', 'todo_grant', 'todo_revoke', 'todo_release_tables', 'grant', 'revoke')
          )
        UNION ALL
        SELECT m.member, 'membership in todo_owner', 'REVOKE todo_owner FROM'
        FROM pg_auth_members AS m
        JOIN pg_roles AS r ON r.oid = m.member AND NOT r.rolsuper
        WHERE m.roleid = to_regrole('todo_owner')
    )
    SELECT g.name, s.what, s.revoke || ' ' || g.name
    FROM stray AS s
    CROSS JOIN LATERAL (SELECT CASE s.grantee WHEN 0 THEN 'PUBLIC' ELSE s.grantee::regrole::text END AS name) AS g;
END;

COMMENT ON FUNCTION todo_internal.stray_rights() IS
    'Returns rights on hashes and passwords that no function of the extensions has given';

REVOKE ALL ON FUNCTION todo_internal.stray_rights() FROM PUBLIC;
