-- Checks the guard, for todo_check(), if there is one. It has a script of its own, and is a matter of choice.
CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH guard AS (
        SELECT obj_description(n.oid, 'pg_namespace') AS version, count(t.oid) AS triggers,
            string_agg(format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t.evtname), '; ' ORDER BY t.evtname) FILTER (WHERE t.evtenabled <> 'A') AS enable
        FROM pg_namespace AS n
        LEFT JOIN pg_proc AS p ON p.pronamespace = n.oid
        LEFT JOIN pg_event_trigger AS t ON t.evtfoid = p.oid
        WHERE n.nspname = 'todo_guard'
        GROUP BY n.oid
    )
    SELECT 'guard', coalesce(g.triggers = 3 AND g.enable IS NULL AND g.version = 'todo_guard ' || i.version, g.triggers IS NULL),
        CASE
            WHEN g.triggers IS NULL THEN 'none'
            WHEN g.triggers < 3 THEN 'an event trigger is missing'
            WHEN g.enable IS NOT NULL THEN 'an event trigger is disabled, or not always enabled'
            ELSE coalesce(g.version, 'no version') || ', on'
        END,
        CASE WHEN g.triggers = 3 AND g.enable IS NOT NULL THEN g.enable ELSE 'run the script of todo_guard ' || i.version || CASE g.triggers WHEN 0 THEN ', or DROP SCHEMA todo_guard CASCADE' ELSE '' END END
    FROM todo_internal.installed AS i
    LEFT JOIN guard AS g ON true
    WHERE i.name = 'todo';
END;

COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Checks the guard, if there is one';

REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC;
