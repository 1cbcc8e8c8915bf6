-- Returns what the tables of this extension, and of the extensions that build on it, must be like: rows as described() returns them.
-- The body is bound to functions, not to names, so that todo_check() answers even if something has been renamed.
CREATE FUNCTION todo_internal.expected()
RETURNS TABLE (extension text, schema text, relation text, kind text, name text, definition text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'todo', e.* FROM todo_internal.expected_todo() AS e
    UNION ALL
    SELECT o.* FROM todo_internal.expected_of_others() AS o;
END;

COMMENT ON FUNCTION todo_internal.expected() IS
    'Returns what the tables of this extension and of those that build on it must be like';

REVOKE ALL ON FUNCTION todo_internal.expected() FROM PUBLIC;
