-- Checks, for todo_check(), whether the tables and the view have suitable owners: functions run with the rights of these roles. The
-- extensions and their other objects must belong to a superuser, because other roles run these functions. A role that is no longer a
-- superuser could replace them.
CREATE FUNCTION todo_internal.check_owners()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'owner of ' || r.relation,
        NOT o.rolsuper
            AND has_table_privilege(c.relowner, c.oid, 'SELECT') AND has_table_privilege(c.relowner, c.oid, 'INSERT')
            AND has_table_privilege(c.relowner, c.oid, 'UPDATE') AND has_table_privilege(c.relowner, c.oid, 'DELETE')
            AND has_schema_privilege(c.relowner, c.relnamespace, 'USAGE'),
        c.relowner::regrole || CASE
            WHEN o.rolsuper THEN ', a superuser'
            WHEN NOT has_schema_privilege(c.relowner, c.relnamespace, 'USAGE') THEN ', without USAGE on the schema'
            ELSE ''
        END,
        CASE
            WHEN o.rolsuper THEN format('ALTER TABLE %s OWNER TO todo_owner', c.oid::regclass)
            ELSE format(
                'GRANT ALL ON TABLE %1$s TO %2$s; GRANT USAGE ON SCHEMA %3$s TO %2$s', c.oid::regclass, c.relowner::regrole,
                c.relnamespace::regnamespace
            )
        END
    FROM (SELECT DISTINCT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'column') AS r
    JOIN pg_extension AS e ON e.extname = 'todo'
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = r.relation AND c.relkind = 'r'
    JOIN pg_roles AS o ON o.oid = c.relowner
    UNION ALL
    SELECT 'owner of todo_users', o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT') AND NOT s.are_hidden,
        v.relowner::regrole || CASE
            WHEN NOT has_table_privilege(v.relowner, u.oid, 'SELECT') THEN ', without SELECT on users'
            WHEN s.are_hidden THEN ', from which row-level security hides users'
            ELSE ''
        END,
        CASE
            WHEN o.rolname = 'todo_owner' AND has_table_privilege(v.relowner, u.oid, 'SELECT')
                THEN format('CREATE POLICY todo_owner ON %s TO todo_owner USING (true)', u.oid::regclass)
            ELSE format('ALTER VIEW %s OWNER TO todo_owner; GRANT SELECT ON TABLE %s TO todo_owner', v.oid::regclass, u.oid::regclass)
        END
    FROM pg_extension AS e
    JOIN pg_class AS v ON e.extname = 'todo' AND v.relnamespace = e.extnamespace AND v.relname = 'todo_users'
    JOIN pg_roles AS o ON o.oid = v.relowner
    JOIN pg_class AS u ON u.relnamespace = e.extnamespace AND u.relname = 'users'
    CROSS JOIN LATERAL (
        -- Policies bind every role but the table's owner.
        SELECT u.relrowsecurity AND (u.relforcerowsecurity OR u.relowner <> v.relowner) AND NOT EXISTS (
            SELECT
            FROM pg_policy AS p
            WHERE p.polrelid = u.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
              AND (v.relowner = ANY (p.polroles) OR 0 = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true')
        ) AS are_hidden
    ) AS s
    UNION ALL
    SELECT format('owner of extension %s', e.extname), o.roles IS NULL, coalesce(o.roles || ', not a superuser', 'a superuser'),
        'REASSIGN OWNED BY this role TO a superuser, or make it a superuser again'
    FROM pg_extension AS e
    CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT r.rolname, ', ') AS roles
        FROM (
            SELECT e.extowner AS oid
            UNION ALL
            SELECT p.proowner
            FROM pg_depend AS d
            JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND NOT p.prosecdef
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
            UNION ALL
            SELECT g.evtowner
            FROM pg_depend AS d
            JOIN pg_event_trigger AS g ON d.classid = 'pg_event_trigger'::regclass AND g.oid = d.objid
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        ) AS m
        JOIN pg_roles AS r ON r.oid = m.oid AND NOT r.rolsuper
    ) AS o
    WHERE e.extname IN (SELECT x.extension FROM todo_internal.expected() AS x);
END;

COMMENT ON FUNCTION todo_internal.check_owners() IS
    'Checks whether the tables and the view have suitable owners';

REVOKE ALL ON FUNCTION todo_internal.check_owners() FROM PUBLIC;
