-- Takes over tables that exist already, whatever made them, as the extension does. The script runs this when it has made patterns of the
-- tables, and before other objects use them.
\pattern todo--0.2.0.sql
SELECT todo_internal.expect('specified', 'todo', 'todo_internal');
\i upgrade/shape.sql
\i edition/target.sql
\i upgrade/make_way.sql
-- The application's triggers do not fire, so updated_at stays as it is. The setting holds those that are to fire again, each with how.
CREATE FUNCTION todo_internal.fire(
    fires boolean
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    off CONSTANT text[] := string_to_array(current_setting('todo.disabled', true), ',');
    changed record;
    disabled text[] := '{}';
BEGIN
    FOR changed IN
        SELECT t.tgname, t.tgrelid::regclass AS tab, m.mark,
            CASE WHEN NOT fires THEN 'DISABLE' WHEN t.oid || 'A' = ANY (off) THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END AS change
        FROM pg_trigger AS t
        CROSS JOIN LATERAL (SELECT t.oid || t.tgenabled::text AS mark) AS m
        WHERE t.tgrelid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass) AND NOT t.tgisinternal
          AND CASE WHEN fires THEN t.oid || 'O' = ANY (off) OR t.oid || 'A' = ANY (off) ELSE t.tgenabled IN ('O', 'A') END
    LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER %I', changed.tab, changed.change, changed.tgname);
        disabled := disabled || changed.mark;
    END LOOP;
    PERFORM set_config('todo.disabled', array_to_string(disabled, ','), true);
END
$$;
SELECT todo_internal.fire(false);
-- broken_rule() has a block that catches errors, which parallel workers cannot run.
SELECT set_config('max_parallel_workers_per_gather', '0', true);
\i upgrade/rows.sql
SELECT todo_internal.fire(true);
DROP FUNCTION todo_internal.fire(boolean);
\i upgrade/complete.sql
DROP FUNCTION todo_internal.target(), todo_internal.specified();
