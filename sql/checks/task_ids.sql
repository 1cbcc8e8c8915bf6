-- Checks, for todo_check(), whether new tasks get free ids, and whether ids are running out.
CREATE FUNCTION todo_internal.check_task_ids()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'sequence tasks_id_seq ahead of tasks', i.problem IS NULL AND i.taken IS NULL,
        coalesce('cannot be read: ' || i.problem, format('next id %s, %s', i.next, coalesce('but there is a task ' || i.taken, 'free'))),
        CASE
            WHEN i.problem IS NULL THEN format('SELECT setval(%L, %s)', e.extnamespace::regnamespace || '.tasks_id_seq', i.largest)
            ELSE 'fix what else is reported first'
        END
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'sequence tasks_id_seq below 75 %', i.next < 0.75 * 2147483647,
        format('%s %% of 2147483647 ids given', trunc(100 * (i.next - 1) / 2147483647, 1)),
        'plan ahead: move old tasks elsewhere before the ids run out, and RESTART the sequence in a range that has become free'
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    WHERE e.extname = 'todo' AND i.next IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_task_ids() IS
    'Checks whether new tasks get free ids, and whether ids are running out';

REVOKE ALL ON FUNCTION todo_internal.check_task_ids() FROM PUBLIC;
