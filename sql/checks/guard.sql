-- Checks whether the guard is on, for todo_check().
CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'guard', t.missing IS NULL AND t.disabled IS NULL AND s.setting,
        CASE
            WHEN t.missing THEN 'the event trigger is missing'
            WHEN t.disabled IS NOT NULL THEN 'the event trigger is disabled, or not always enabled'
            WHEN NOT s.setting THEN 'todo.guard is off'
            ELSE 'on'
        END,
        CASE
            WHEN t.missing THEN 'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
            WHEN t.disabled IS NOT NULL THEN t.disabled
            ELSE 'remove todo.guard from the settings of the server, the database and the role'
        END
    FROM (SELECT coalesce(nullif(current_setting('todo.guard', true), ''), 'on')::boolean) AS s (setting)
    CROSS JOIN (
        SELECT nullif(bool_or(e.oid IS NULL), false) AS missing,
            string_agg(format('ALTER EVENT TRIGGER %s ENABLE ALWAYS', e.evtname), '; ') FILTER (WHERE e.evtenabled <> 'A') AS disabled
        FROM (VALUES ('todo_guard'), ('todo_guard_end')) AS w (evtname)
        LEFT JOIN pg_event_trigger AS e USING (evtname)
    ) AS t;
END;

COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Checks whether the guard is on';

REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC;
