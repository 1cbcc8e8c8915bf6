-- Returns what the objects of todo were like after the last command that touched them, a row for each fact. object is a schema, relation or
-- function; expected is what the fact should be, and found what it is, or NULL if the part is missing.
-- The facts are the comment of this function: a table would be in publications FOR ALL TABLES, and in the way of dumps by other roles.
CREATE FUNCTION todo_guard.known()
RETURNS TABLE (object oid, kind text, name text, expected text, found text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.object, r.kind, r.name, r.expected, r.found
    FROM pg_description AS d
    CROSS JOIN LATERAL jsonb_to_recordset(d.description::jsonb) AS r (object oid, kind text, name text, expected text, found text)
    WHERE d.classoid = 'pg_proc'::regclass AND d.objoid = 'todo_guard.known'::regproc
$$;
