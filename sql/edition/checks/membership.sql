-- Checks whether all tables, views and functions, and the sequence, are there, for todo_check().
CREATE FUNCTION todo_internal.check_membership()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'relation ' || w.relation, c.oid IS NOT NULL, coalesce('in schema ' || n.oid::regnamespace, 'missing'),
        'rename it back, or restore it from a backup'
    FROM (
        -- Of a view, triggers are expected.
        SELECT x.schema, x.relation FROM todo_internal.expected() AS x WHERE x.kind IN ('storage', 'trigger')
        UNION
        SELECT '@', 'todo_users'
    ) AS w
    JOIN todo_internal.extension AS t ON t.extname = 'todo'
    JOIN pg_namespace AS n ON CASE w.schema WHEN '@' THEN n.oid = t.extnamespace ELSE n.nspname = w.schema END
    LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.relation
    UNION ALL
    SELECT concat('functions', ' of ' || nullif(e.extname, 'todo')), m.missing IS NULL, coalesce('missing: ' || m.missing, 'in place'),
        format('rename them back, or run the script of %s again', e.extname)
    FROM todo_internal.extension AS e
    JOIN todo_internal.installed AS i ON i.name = e.extname
    CROSS JOIN LATERAL (
        SELECT string_agg(f.name, ', ' ORDER BY f.name) AS missing
        FROM (
            SELECT unnest(i.functions)
            EXCEPT
            SELECT CASE WHEN n.oid = e.oid THEN n.nspname || '.' ELSE '' END || todo_internal.signature(p.oid)
            FROM pg_namespace AS n
            JOIN pg_proc AS p ON p.pronamespace = n.oid
            -- Only those that may be among them are looked at closely.
            WHERE n.oid = e.oid OR n.oid = e.extnamespace AND p.proname ~ '^todo_'
        ) AS f (name)
    ) AS m;
END;

COMMENT ON FUNCTION todo_internal.check_membership() IS
    'Checks whether all tables, views and functions, and the sequence, are there';

REVOKE ALL ON FUNCTION todo_internal.check_membership() FROM PUBLIC;
