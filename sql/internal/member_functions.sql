-- Returns the functions that belong to the extension.
CREATE FUNCTION todo_internal.member_functions()
RETURNS SETOF oid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.objid
    FROM pg_depend AS d
    JOIN pg_extension AS e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_proc'::regclass
      AND d.refclassid = 'pg_extension'::regclass
      AND d.deptype = 'e'
      AND e.extname = 'todo'
$$;

COMMENT ON FUNCTION todo_internal.member_functions() IS
    'Returns the functions that belong to the extension';

REVOKE ALL ON FUNCTION todo_internal.member_functions() FROM PUBLIC;
