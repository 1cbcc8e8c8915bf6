-- Checks the columns of the tables and their defaults, for todo_check(). The application may have columns of its own.
CREATE FUNCTION todo_internal.check_columns()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH fact AS (
        SELECT c.* FROM todo_internal.compared() AS c WHERE c.relid IS NOT NULL AND c.kind IN ('column', 'default')
    )
    SELECT format('column %s.%s', f.relation, f.name), (f.found = f.expected) IS TRUE, coalesce(f.found, 'missing'), 'expected ' || f.expected
    FROM fact AS f
    WHERE f.kind = 'column' AND f.extension IS NOT NULL
    UNION ALL
    SELECT format('default of %s.%s', f.relation, f.name), (f.found = f.expected) IS TRUE, coalesce(f.found, 'none'),
        format(
            'SET todo.guard = off; ALTER TABLE %s ALTER COLUMN %I %s', f.relid::regclass, f.name,
            CASE f.expected WHEN 'none' THEN 'DROP DEFAULT' ELSE 'SET DEFAULT ' || f.expected END
        )
    FROM fact AS f
    WHERE f.kind = 'default' AND f.extension IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_columns() IS
    'Checks the columns of the tables and their defaults';

REVOKE ALL ON FUNCTION todo_internal.check_columns() FROM PUBLIC;
