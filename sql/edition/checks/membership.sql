-- Checks whether all tables, and the sequence, are there, for todo_check().
CREATE FUNCTION todo_internal.check_membership()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'relation ' || w.relation, c.oid IS NOT NULL, coalesce('in schema ' || n.oid::regnamespace, 'missing'),
        'rename it back, or restore it from a backup'
    FROM (SELECT DISTINCT x.schema, x.relation FROM todo_internal.expected() AS x WHERE x.kind = 'storage') AS w
    JOIN todo_internal.extension AS t ON t.extname = 'todo'
    JOIN pg_namespace AS n ON CASE w.schema WHEN '@' THEN n.oid = t.extnamespace ELSE n.nspname = w.schema END
    LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.relation;
END;

COMMENT ON FUNCTION todo_internal.check_membership() IS
    'Checks whether all tables, and the sequence, are there';

REVOKE ALL ON FUNCTION todo_internal.check_membership() FROM PUBLIC;
