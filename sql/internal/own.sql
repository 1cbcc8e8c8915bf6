-- Makes the role todo_owner the owner of an extension's views, of its functions that run with the owner's rights, and of its tables that
-- belong to a superuser. All other objects still belong to a superuser: they run with the rights of their caller, or of the role whose
-- command fires them, so their owner could run code as any of these roles.
-- Also revokes all rights of others on these objects, because ALTER DEFAULT PRIVILEGES may have given some. Two functions for everyone
-- are an exception. Only the tables users and tasks keep their rights, because they may be older than the extension. A superuser calls it
-- at the end of the extensions' scripts.
-- An upgrade script calls it with the members that were there before, as CLASS OID: what was granted on them stays.
CREATE FUNCTION todo_internal.own(
    extension text,
    present text[] DEFAULT '{}'
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    member record;
    grantee text;
BEGIN
    FOR member IN
        SELECT m.kind, m.identity, m.owner, m.acl, m.is_table, m.is_for_owner, m.is_helper,
            m.identity ~ '(^|[.])todo_search_(text|words)[(]' AS is_everyones
        FROM pg_depend AS d
        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
        CROSS JOIN LATERAL (
            SELECT 'FUNCTION' AS kind, p.oid::regprocedure::text AS identity, p.proowner AS owner,
                coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, false AS is_table, p.prosecdef AS is_for_owner,
                NOT p.prosecdef AND (p.pronamespace = 'todo_internal'::regnamespace OR p.proname IN ('todo_not_in_dumps', 'todo_current_user_id')) AS is_helper
            FROM pg_proc AS p
            WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
            UNION ALL
            SELECT 'SCHEMA', quote_ident(n.nspname), n.nspowner, n.nspacl, false, false, true
            FROM pg_namespace AS n
            WHERE d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, c.relkind = 'r' AND c.relnamespace <> 'todo_internal'::regnamespace,
                c.relkind = 'v' OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = c.relowner), false
            FROM pg_class AS c
            WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        ) AS m
        WHERE e.extname = own.extension AND format('%s %s', d.classid, d.objid) <> ALL (present)
    LOOP
        -- The sequence of a table's ids goes with the table.
        IF member.is_for_owner THEN
            EXECUTE format('ALTER %s %s OWNER TO todo_owner', member.kind, member.identity);
        END IF;
        CONTINUE WHEN member.is_table AND extension = 'todo';
        -- PUBLIC in any case, so that PostgreSQL notes the rights of the new owner as those that the extension gives.
        FOR grantee IN
            SELECT 'PUBLIC' WHERE NOT member.is_everyones
            UNION
            SELECT quote_ident(r.rolname)
            FROM aclexplode(member.acl) AS a
            JOIN pg_roles AS r ON r.oid = a.grantee
            WHERE a.grantee NOT IN (member.owner, 'todo_owner'::regrole)
        LOOP
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', member.kind, member.identity, grantee);
        END LOOP;
        -- An index for the search calls these with the rights of the role that writes a task.
        IF member.is_everyones AND NOT EXISTS (SELECT FROM aclexplode(member.acl) AS a WHERE a.grantee = 0) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', member.identity);
        END IF;
        -- What functions with the owner's rights call.
        IF member.is_helper THEN
            EXECUTE format(
                'GRANT %s ON %s %s TO todo_owner', CASE member.kind WHEN 'SCHEMA' THEN 'USAGE' ELSE 'EXECUTE' END, member.kind, member.identity
            );
        END IF;
    END LOOP;
    -- For new tables, and for views that have been replaced.
    PERFORM todo_internal.keep_isolation();
END
$$;

COMMENT ON FUNCTION todo_internal.own(text, text[]) IS
    'Makes todo_owner the owner of an extension''s objects and takes all rights on them from everyone else';

REVOKE ALL ON FUNCTION todo_internal.own(text, text[]) FROM PUBLIC;
