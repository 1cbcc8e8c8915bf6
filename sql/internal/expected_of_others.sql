-- Returns what the tables of extensions that build on this one must be like. An extension NAME takes part if it requires this one, and if
-- its script has created the function todo_internal.expected_NAME() with expect().
CREATE FUNCTION todo_internal.expected_of_others()
RETURNS TABLE (extension text, schema text, relation text, kind text, name text, definition text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    other record;
BEGIN
    -- Only a superuser can put a function into a schema that belongs to the extension.
    FOR other IN
        SELECT e.extname, f.oid::regprocedure AS made
        FROM pg_extension AS t
        JOIN pg_depend AS r ON r.refclassid = 'pg_extension'::regclass AND r.refobjid = t.oid
        JOIN pg_extension AS e ON r.classid = 'pg_extension'::regclass AND e.oid = r.objid
        JOIN pg_depend AS m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid AND m.deptype = 'e'
        JOIN pg_proc AS f ON m.classid = 'pg_proc'::regclass AND f.oid = m.objid
        JOIN pg_depend AS s ON s.classid = 'pg_namespace'::regclass AND s.objid = f.pronamespace AND s.deptype = 'e'
        WHERE t.extname = 'todo' AND s.refclassid = 'pg_extension'::regclass AND s.refobjid = t.oid
          AND f.proname = 'expected_' || e.extname
        ORDER BY e.extname
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, f.* FROM %s AS f', other.extname, other.made);
    END LOOP;
END
$$;

COMMENT ON FUNCTION todo_internal.expected_of_others() IS
    'Returns what the tables of extensions that build on this one must be like';

REVOKE ALL ON FUNCTION todo_internal.expected_of_others() FROM PUBLIC;
