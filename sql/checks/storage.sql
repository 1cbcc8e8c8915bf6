-- Checks, for todo_check(), that the tables are ordinary ones, and that their sequence has the right options.
CREATE FUNCTION todo_internal.check_storage()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH fact AS MATERIALIZED (
        SELECT c.*
        FROM todo_internal.compared() AS c
        WHERE c.kind IN ('storage', 'sequence') AND c.found IS NOT NULL AND c.extension IS NOT NULL
    )
    SELECT 'storage of ' || c.relation, c.found = c.expected, c.found,
        CASE c.found
            WHEN 'lost in a crash' THEN
                format('SET todo.guard = off; ALTER %s %s SET LOGGED', CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relid::regclass)
            ELSE format('detach or drop what %s is bound to', c.relid::regclass)
        END
    FROM fact AS c
    JOIN pg_class AS r ON r.oid = c.relid
    WHERE c.kind = 'storage'
    UNION ALL
    SELECT 'sequence ' || c.relation, c.found = c.expected, c.found,
        format('SET todo.guard = off; ALTER SEQUENCE %s AS ', c.relid::regclass)
            || regexp_replace(c.expected, '^(.*) from (.*) to (.*) by (.*)$', '\1 MINVALUE \2 MAXVALUE \3 INCREMENT \4 NO CYCLE')
    FROM fact AS c
    WHERE c.kind = 'sequence';
END;

COMMENT ON FUNCTION todo_internal.check_storage() IS
    'Checks that the tables are ordinary ones, and that their sequence has the right options';

REVOKE ALL ON FUNCTION todo_internal.check_storage() FROM PUBLIC;
