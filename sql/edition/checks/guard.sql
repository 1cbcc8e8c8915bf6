-- Reports, for todo_check(), whether there is a guard. It is a matter of choice.
CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'guard', true, 'none', NULL;
END;

COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Reports whether there is a guard';

REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC;
