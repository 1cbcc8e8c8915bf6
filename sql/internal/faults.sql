-- Returns what is not as the extensions made it: facts of compared() that are missing or differ, and additional ones that must not be
-- there, such as a column. What an application may add (indexes, constraints, triggers) is not a fault.
-- The argument limits it to some relations, and to facts whose relation does not exist; NULL means all.
CREATE FUNCTION todo_internal.faults(
    relations oid[]
)
RETURNS TABLE (relid oid, relation text, kind text, name text, expected text, found text, weakness text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT c.relid, c.relation, c.kind, c.name, c.expected, c.found, c.weakness
    FROM todo_internal.compared(relations) AS c
    WHERE CASE
        WHEN c.extension IS NOT NULL THEN (c.found = c.expected AND c.weakness IS NULL) IS NOT TRUE
        ELSE c.kind IN ('column', 'dependence of index', 'dependence of trigger')
    END;
END;

COMMENT ON FUNCTION todo_internal.faults(oid[]) IS
    'Returns what is not as the extensions made it';

REVOKE ALL ON FUNCTION todo_internal.faults(oid[]) FROM PUBLIC;
