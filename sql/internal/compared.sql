-- Compares what the tables must be like with what they are like. There is a row for each fact of expected(), with what described() finds
-- (found is NULL if it finds nothing), and a row for each further fact that described() finds (extension is NULL). relid is NULL if there
-- is no relation of that name. Definitions have the schema's name.
CREATE FUNCTION todo_internal.compared()
RETURNS TABLE (
    extension text, relid oid, relation text, kind text, name text, expected text, found text, weakness text, place bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH home AS (
        SELECT e.extnamespace AS oid FROM pg_extension AS e WHERE e.extname = 'todo'
    ), wanted AS MATERIALIZED (
        SELECT e.* FROM todo_internal.expected() AS e
    ), present AS MATERIALIZED (
        SELECT c.oid, r.schema, r.relation
        FROM (SELECT DISTINCT w.schema, w.relation FROM wanted AS w) AS r
        JOIN pg_namespace AS n ON CASE r.schema WHEN '@' THEN n.oid = (SELECT h.oid FROM home AS h) ELSE n.nspname = r.schema END
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = r.relation
    ), actual AS (
        SELECT d.*
        FROM home AS h
        CROSS JOIN LATERAL todo_internal.described(h.oid, ARRAY(SELECT p.oid FROM present AS p)) AS d
    )
    SELECT w.extension, coalesce(a.relid, p.oid), coalesce(w.relation, a.relation), coalesce(w.kind, a.kind), coalesce(w.name, a.name),
        todo_internal.located(w.definition, h.oid), todo_internal.located(a.definition, h.oid), a.weakness, a.place
    FROM wanted AS w
    LEFT JOIN present AS p ON p.schema = w.schema AND p.relation = w.relation
    FULL JOIN actual AS a ON a.schema = w.schema AND a.relation = w.relation AND a.kind = w.kind AND a.name = w.name
    CROSS JOIN home AS h;
END;

COMMENT ON FUNCTION todo_internal.compared() IS
    'Compares what the tables must be like with what they are like: one row for each fact';

REVOKE ALL ON FUNCTION todo_internal.compared() FROM PUBLIC;
