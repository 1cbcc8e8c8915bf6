-- Checks whether the guard is on, for todo_check().
CREATE FUNCTION todo_internal.check_guard()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'guard', coalesce(t.evtenabled = 'A', false) AND s.setting,
        CASE
            WHEN t.evtenabled IS NULL THEN 'the event trigger is missing'
            WHEN t.evtenabled <> 'A' THEN 'the event trigger is disabled, or not always enabled'
            WHEN NOT s.setting THEN 'todo.guard is off'
            ELSE 'on'
        END,
        CASE
            WHEN t.evtenabled = 'A' THEN 'take todo.guard out of the settings of server, database and role'
            WHEN t.evtenabled IS NOT NULL THEN 'ALTER EVENT TRIGGER todo_guard ENABLE ALWAYS'
            ELSE 'ALTER EXTENSION todo UPDATE TO ''0.2.0'', and back; then todo_grant'
        END
    FROM (SELECT coalesce(nullif(current_setting('todo.guard', true), ''), 'on')::boolean) AS s (setting)
    LEFT JOIN pg_event_trigger AS t ON t.evtname = 'todo_guard';
END;

COMMENT ON FUNCTION todo_internal.check_guard() IS
    'Checks whether the guard is on';

REVOKE ALL ON FUNCTION todo_internal.check_guard() FROM PUBLIC;
