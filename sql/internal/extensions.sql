-- Returns the names of this extension and of those that build on it: they require it, and take part in expected().
CREATE FUNCTION todo_internal.extensions()
RETURNS SETOF name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT e.extension::name FROM todo_internal.expected() AS e;
END;

COMMENT ON FUNCTION todo_internal.extensions() IS
    'Returns the names of this extension and of those that build on it';

REVOKE ALL ON FUNCTION todo_internal.extensions() FROM PUBLIC;
