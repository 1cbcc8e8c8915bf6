-- Returns the tables and views of this extension and of those that build on it, and what isolates them. For a table, user_column is the
-- column that says whose a row is: the user's own id, or the foreign key to users. A table without such a column belongs to no user. rows
-- is the condition of the policy. bound are the roles that the policy todo_isolated is for, and is_sound tells whether that policy is as
-- keep_isolation() makes it. is_on tells whether row-level security is on (of a view, whether it shows what its reader may see in the
-- tables), and is_ours whether that is not the application's own doing.
CREATE FUNCTION todo_internal.isolation()
RETURNS TABLE (relid oid, relation text, is_view boolean, rows text, bound oid[], is_sound boolean, is_on boolean, is_ours boolean)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
-- The condition is compared as PostgreSQL prints it by default.
SET quote_all_identifiers = off
BEGIN ATOMIC
    WITH member AS (
        SELECT e.extname, c.oid, c.relname, c.relkind, c.relrowsecurity, c.reloptions, h.extnamespace AS home
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind IN ('r', 'v')
        JOIN pg_extension AS h ON h.extname = 'todo'
        WHERE e.extname IN (SELECT n FROM todo_internal.extensions() AS n) AND c.relnamespace <> 'todo_internal'::regnamespace
    )
    SELECT m.oid, m.oid::regclass::text, m.relkind = 'v',
        CASE WHEN m.relkind = 'r' THEN
            coalesce(u.name || format(' OPERATOR(pg_catalog.=) (SELECT %s.todo_current_user_id())', m.home::regnamespace), 'false')
        END,
        coalesce(p.polroles, '{}'),
        (
            NOT p.polpermissive AND p.polcmd = '*' AND p.polwithcheck IS NULL
            AND pg_get_expr(p.polqual, p.polrelid) = coalesce(
                '((' || u.name || format(')::text = ( SELECT %s.todo_current_user_id() AS todo_current_user_id))', m.home::regnamespace), 'false'
            )
        ) IS TRUE,
        CASE m.relkind
            WHEN 'v' THEN coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(m.reloptions) AS o WHERE o.option_name = 'security_invoker'), false)
            ELSE m.relrowsecurity
        END,
        m.relkind = 'v' OR EXISTS (SELECT FROM pg_policy AS o WHERE o.polrelid = m.oid AND o.polname = 'todo_everyone')
    FROM member AS m
    LEFT JOIN LATERAL (
        SELECT quote_ident(a.attname) AS name
        FROM todo_internal.expected() AS x
        JOIN pg_constraint AS k ON k.conrelid = m.oid AND k.conname = x.name AND k.contype = 'f' AND cardinality(k.conkey) = 1
        JOIN pg_class AS r ON r.oid = k.confrelid AND r.relname = 'users' AND r.relnamespace = m.home
        JOIN pg_attribute AS a ON a.attrelid = m.oid AND a.attnum = k.conkey[1]
        WHERE x.extension = m.extname AND x.relation = m.relname AND x.kind = 'constraint'
        UNION ALL
        SELECT 'id' WHERE m.extname = 'todo' AND m.relname = 'users'
    ) AS u ON true
    LEFT JOIN pg_policy AS p ON p.polrelid = m.oid AND p.polname = 'todo_isolated';
END;

COMMENT ON FUNCTION todo_internal.isolation() IS
    'Returns the tables and views of the extensions, and what isolates them';

REVOKE ALL ON FUNCTION todo_internal.isolation() FROM PUBLIC;
