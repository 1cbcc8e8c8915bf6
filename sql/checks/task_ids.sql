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
    SELECT 'sequence tasks_id_seq below 75 %', n.given < 0.75 * n.total,
        format('%s %% of %s ids given', trunc(100 * n.given / n.total, 1), n.total),
        'plan ahead: move old tasks elsewhere before the ids run out, and RESTART the sequence in a range that has become free'
    FROM pg_extension AS e
    CROSS JOIN LATERAL todo_internal.task_ids(e.extnamespace) AS i
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = 'tasks_id_seq'
    JOIN pg_sequence AS s ON s.seqrelid = c.oid
    CROSS JOIN LATERAL (
        SELECT trunc((i.next - s.seqmin)::numeric / abs(s.seqincrement)) AS given, trunc((s.seqmax - s.seqmin)::numeric / abs(s.seqincrement)) + 1 AS total
    ) AS n
    WHERE e.extname = 'todo' AND i.next IS NOT NULL;
END;

COMMENT ON FUNCTION todo_internal.check_task_ids() IS
    'Checks whether new tasks get free ids, and whether ids are running out';

REVOKE ALL ON FUNCTION todo_internal.check_task_ids() FROM PUBLIC;
