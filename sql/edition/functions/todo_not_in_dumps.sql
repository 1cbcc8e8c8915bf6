-- Returns no row: the tables belong to no extension, so dumps include what an application adds to them.
CREATE FUNCTION @extschema@.todo_not_in_dumps()
RETURNS TABLE (object text, severity text, ddl text)
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT NULL::text, NULL::text, NULL::text WHERE false;
END;

COMMENT ON FUNCTION @extschema@.todo_not_in_dumps() IS
    'Returns additions to the extension''s tables that dumps leave out, with the statements that make them again';

REVOKE ALL ON FUNCTION @extschema@.todo_not_in_dumps() FROM PUBLIC;
