-- Checks whether everything is as the extension made it, and returns a row for each check. detail is what was found. fix is the SQL or
-- the step that repairs it, or NULL if nothing is wrong. Reads catalogs, the sequence and the largest task id; works on a standby.
-- It always answers: its body is bound to objects, not to names, and whatever cannot be read is reported in a row.
-- Runs with the owner's rights: the caller needs no rights on what is checked.
CREATE FUNCTION @extschema@.todo_check()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Definitions are compared as PostgreSQL prints them by default.
SET quote_all_identifiers = off
SET standard_conforming_strings = on
BEGIN ATOMIC
    SELECT c.name, c.ok, c.detail, CASE WHEN NOT c.ok THEN c.fix END
    FROM (
        SELECT 1 AS place, t.* FROM todo_internal.check_version() AS t
        UNION ALL
        SELECT 2 AS place, t.* FROM todo_internal.check_membership() AS t
        UNION ALL
        SELECT 3 AS place, t.* FROM todo_internal.check_registration() AS t
        UNION ALL
        SELECT 4 AS place, t.* FROM todo_internal.check_columns() AS t
        UNION ALL
        SELECT 5 AS place, t.* FROM todo_internal.check_parts() AS t
        UNION ALL
        SELECT 6 AS place, t.* FROM todo_internal.check_storage() AS t
        UNION ALL
        SELECT 7 AS place, t.* FROM todo_internal.check_guard() AS t
        UNION ALL
        SELECT 8 AS place, t.* FROM todo_internal.check_owners() AS t
        UNION ALL
        SELECT 9 AS place, t.* FROM todo_internal.check_task_ids() AS t
        UNION ALL
        SELECT 10 AS place, t.* FROM todo_internal.check_rights() AS t
        UNION ALL
        SELECT 11 AS place, t.* FROM todo_internal.check_isolation() AS t
        UNION ALL
        SELECT 12 AS place, t.* FROM todo_internal.check_dumps() AS t
    ) AS c
    ORDER BY c.place, c.name;
END;

COMMENT ON FUNCTION @extschema@.todo_check() IS
    'Checks whether tables, rules, guard and sequence are as the extension made them: one row for each check';

REVOKE ALL ON FUNCTION @extschema@.todo_check() FROM PUBLIC;
