-- Returns what pg_dump leaves out because the tables belong to an extension: a row for each object or setting that the application has
-- added to a table, view or sequence of this extension, or of one that builds on it. ddl makes it again after a restore; the rows are
-- in an order in which these statements can run. severity is 'error' if a restore without it shows someone more than before, otherwise
-- 'warning'. Reads only catalogs: it neither executes nor plans anything that it prints.
-- Runs with the owner's rights: the caller needs no rights on the functions that this one calls.
CREATE FUNCTION @extschema@.todo_not_in_dumps()
RETURNS TABLE (object text, severity text, ddl text)
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT a.object, a.severity, a.ddl
    FROM (
        SELECT array_agg(DISTINCT e.extension) AS extensions,
            array_agg(format('%s %s', e.relation, e.name)) FILTER (WHERE e.kind IN ('constraint', 'index')) AS made
        FROM todo_internal.expected() AS e
    ) AS w
    CROSS JOIN LATERAL todo_internal.additions(w.extensions, w.made) AS a;
END;

COMMENT ON FUNCTION @extschema@.todo_not_in_dumps() IS
    'Returns additions to the extension''s tables that dumps leave out, with the statements that make them again';

REVOKE ALL ON FUNCTION @extschema@.todo_not_in_dumps() FROM PUBLIC;
