-- Checks whether the rows of the tables and the sequence are in dumps, for todo_check().
CREATE FUNCTION todo_internal.check_registration()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'dump of ' || c.relname, (c.oid = ANY (e.extconfig)) IS TRUE,
        CASE WHEN c.oid = ANY (e.extconfig) THEN 'rows are in dumps' ELSE 'rows are not in dumps' END,
        'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
    FROM pg_extension AS e
    JOIN pg_class AS c
        ON c.relnamespace = e.extnamespace
        AND c.relname IN (SELECT x.relation FROM todo_internal.expected() AS x WHERE x.extension = 'todo' AND x.kind = 'storage')
        OR c.oid = 'todo_internal.isolated_roles'::regclass
    WHERE e.extname = 'todo';
END;

COMMENT ON FUNCTION todo_internal.check_registration() IS
    'Checks whether the rows of the tables and the sequence are in dumps';

REVOKE ALL ON FUNCTION todo_internal.check_registration() FROM PUBLIC;
