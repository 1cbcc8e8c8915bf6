-- Checks, for todo_check(), whether row-level security binds the roles in isolated_roles, and no others.
CREATE FUNCTION todo_internal.check_isolation()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH listed AS MATERIALIZED (
        SELECT DISTINCT i.role AS name, r.oid
        FROM todo_internal.isolated_roles AS i
        LEFT JOIN pg_roles AS r ON r.rolname = i.role
    ), relation AS MATERIALIZED (
        SELECT i.* FROM todo_internal.isolation() AS i
    ), fault (role, what, fix) AS (
        SELECT quote_ident(l.name), 'does not exist', format('create the role, then SELECT todo_grant(%L, ''isolated''); or SELECT todo_revoke(%1$L)', l.name)
        FROM listed AS l
        WHERE l.oid IS NULL
        UNION ALL
        SELECT quote_ident(l.name), todo_internal.unbound(l.oid),
            CASE
                WHEN r.rolcreaterole THEN format('ALTER ROLE %I NOCREATEROLE', l.name)
                WHEN r.rolreplication THEN format('ALTER ROLE %I NOREPLICATION', l.name)
                WHEN r.rolbypassrls THEN format('ALTER ROLE %I NOBYPASSRLS', l.name)
                ELSE 'take that away from the role'
            END
        FROM listed AS l
        JOIN pg_roles AS r ON r.oid = l.oid
        WHERE todo_internal.unbound(l.oid) IS NOT NULL
        UNION ALL
        SELECT quote_ident(l.name), 'sees all rows of ' || string_agg(r.relation, ', ' ORDER BY r.relation), 'SELECT todo_internal.keep_isolation()'
        FROM listed AS l
        JOIN relation AS r ON NOT r.is_on OR NOT r.is_view AND (NOT r.is_sound OR l.oid <> ALL (r.bound))
        WHERE l.oid IS NOT NULL
        GROUP BY l.name
        UNION ALL
        SELECT DISTINCT b.oid::regrole::text, 'is bound, but dumps do not say so',
            format('SELECT todo_grant(%L, ''isolated'')', pg_get_userbyid(b.oid))
        FROM relation AS r
        CROSS JOIN unnest(r.bound) AS b (oid)
        WHERE b.oid <> 0 AND b.oid NOT IN (SELECT l.oid FROM listed AS l WHERE l.oid IS NOT NULL)
        UNION ALL
        SELECT 'nobody', 'row-level security is still on: ' || string_agg(r.relation, ', ' ORDER BY r.relation), 'SELECT todo_internal.keep_isolation()'
        FROM relation AS r
        WHERE r.is_on AND r.is_ours AND NOT EXISTS (SELECT FROM relation AS b WHERE b.bound <> '{}') AND NOT EXISTS (SELECT FROM listed)
          AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = r.relid AND p.polname NOT IN ('todo_isolated', 'todo_everyone'))
        HAVING count(*) > 0
        UNION ALL
        SELECT 'other roles', format('policy %I of %s has no effect beside todo_everyone', p.polname, r.relation),
            format('DROP POLICY todo_everyone ON %s', r.relation)
        FROM relation AS r
        JOIN pg_policy AS p ON p.polrelid = r.relid AND p.polpermissive AND p.polname NOT IN ('todo_everyone', 'todo_isolated')
        WHERE r.is_ours AND NOT r.is_view
    )
    SELECT 'isolation of ' || f.role, false, f.what, f.fix
    FROM fault AS f
    UNION ALL
    SELECT 'isolation', true, coalesce(string_agg(quote_ident(l.name), ', ' ORDER BY l.name) || ' see only the rows of the current user', 'no role is isolated'), NULL
    FROM listed AS l
    HAVING NOT EXISTS (SELECT FROM fault)
    UNION ALL
    SELECT 'trigger todo_isolation of isolated_roles', t.oid IS NOT NULL AND t.tgenabled = 'A',
        CASE WHEN t.oid IS NULL THEN 'missing' WHEN t.tgenabled = 'A' THEN 'in place' ELSE 'disabled, or not always enabled' END,
        'ALTER TABLE todo_internal.isolated_roles ENABLE ALWAYS TRIGGER todo_isolation'
    FROM (VALUES ('todo_isolation')) AS w (name)
    LEFT JOIN pg_trigger AS t ON t.tgrelid = 'todo_internal.isolated_roles'::regclass AND t.tgname = w.name;
END;

COMMENT ON FUNCTION todo_internal.check_isolation() IS
    'Checks whether row-level security binds the roles that are to be isolated';

REVOKE ALL ON FUNCTION todo_internal.check_isolation() FROM PUBLIC;
