-- Takes all rights on a part's objects from everyone but their owner, because ALTER DEFAULT PRIVILEGES may have given some. Only the tables
-- users and tasks keep their rights, because they may be older. An update calls it with the objects that were there before, as CLASS OID:
-- what was granted on them stays.
CREATE FUNCTION todo_internal.own(
    extension text,
    present text[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT m.kind, m.identity, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
        FROM todo_internal.extension AS e
        JOIN todo_internal.depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        CROSS JOIN LATERAL (
            SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS identity, p.proowner AS owner,
                coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, format('%s %s', d.classid, d.objid) AS key
            FROM pg_proc AS p
            WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            UNION ALL
            SELECT 'SCHEMA', n.oid::regnamespace::text, n.nspowner, n.nspacl, format('%s %s', d.classid, d.objid)
            FROM pg_namespace AS n
            WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, format('%s %s', 'pg_class'::regclass::oid, c.oid)
            FROM pg_class AS c
            WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
              AND (e.extname <> 'todo' OR c.relkind = 'v')
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, format('%s %s', 'pg_class'::regclass::oid, c.oid)
            FROM pg_class AS c
            WHERE d.classid = 'pg_namespace'::regclass AND c.relnamespace = d.objid AND c.relkind IN ('r', 'v')
        ) AS m
        CROSS JOIN LATERAL aclexplode(m.acl) AS a
        WHERE e.extname = own.extension AND a.grantee <> m.owner AND m.key <> ALL (present)
          -- An index for the search calls these with the rights of the role that writes a task.
          AND NOT (a.grantee = 0 AND m.identity ~ '(^|[.])todo_search_(text|words)[(]')
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.identity, granted.grantee);
    END LOOP;
    FOR granted IN
        SELECT p.oid::regprocedure AS identity
        FROM pg_proc AS p
        WHERE extension = 'todo' AND p.oid IN (SELECT todo_internal.member_functions()) AND p.proname IN ('todo_search_text', 'todo_search_words')
          AND NOT has_function_privilege('public', p.oid, 'EXECUTE')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', granted.identity);
    END LOOP;
    -- For new tables, and for views that have been replaced.
    PERFORM todo_internal.keep_isolation();
END
$$;

COMMENT ON FUNCTION todo_internal.own(text, text[]) IS
    'Takes all rights on a part''s objects from everyone but their owner';

REVOKE ALL ON FUNCTION todo_internal.own(text, text[]) FROM PUBLIC;
