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
    SELECT 'sequence ' || c.relation, c.found = c.expected,
        format('%s from %s to %s by %s', s.seqtypid::regtype, s.seqmin, s.seqmax, s.seqincrement) || CASE WHEN s.seqcycle THEN ', cycling' ELSE '' END,
        format('SET todo.guard = off; ALTER SEQUENCE %s AS integer MINVALUE 1 NO MAXVALUE INCREMENT 1 NO CYCLE', c.relid::regclass)
    FROM fact AS c
    JOIN pg_sequence AS s ON s.seqrelid = c.relid
    WHERE c.kind = 'sequence';
END;

COMMENT ON FUNCTION todo_internal.check_storage() IS
    'Checks that the tables are ordinary ones, and that their sequence has the right options';

REVOKE ALL ON FUNCTION todo_internal.check_storage() FROM PUBLIC;
