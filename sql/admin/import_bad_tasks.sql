-- Removes the tasks that the table would refuse or change from the staging table, and returns their lines, names, and what is
-- wrong. $1 tells whether the tasks get new ids.
WITH judged AS (
    SELECT
        s.line,
        pg_catalog.concat_ws(
            '; ',
            CASE
                WHEN s.completed OPERATOR(pg_catalog.<>) (s.completed_at IS NOT NULL) THEN 'completed and completed_at do not agree'
            END,
            todo_internal.broken_rule('tasks.title', s.title),
            todo_internal.broken_rule('tasks.description', s.description),
            todo_internal.broken_time('tasks.created_at', s.created_at),
            todo_internal.broken_time('tasks.updated_at', s.updated_at),
            todo_internal.broken_time('tasks.completed_at', s.completed_at),
            CASE
                WHEN d.first OPERATOR(pg_catalog.<) s.line THEN 'the id is on an earlier line already'
                WHEN NOT $1 AND t.id IS NOT NULL THEN 'the id is taken'
            END,
            CASE WHEN u.id IS NULL AND i.id IS NULL THEN 'there is no such user' END
        ) AS reason
    FROM pg_temp.todo_import_tasks AS s
    JOIN (
        SELECT a.id, pg_catalog.min(a.line) AS first FROM pg_temp.todo_import_tasks AS a GROUP BY a.id
    ) AS d ON d.id OPERATOR(pg_catalog.=) s.id
    LEFT JOIN @extschema@.tasks AS t ON t.id OPERATOR(pg_catalog.=) s.id
    LEFT JOIN @extschema@.users AS u ON u.id OPERATOR(pg_catalog.=) s.user_id
    LEFT JOIN pg_temp.todo_import_users AS i ON i.id OPERATOR(pg_catalog.=) s.user_id
)
DELETE FROM pg_temp.todo_import_tasks AS s
USING judged AS j
WHERE j.line OPERATOR(pg_catalog.=) s.line
  AND j.reason OPERATOR(pg_catalog.<>) ''
RETURNING s.line, pg_catalog.concat('task ', s.id) AS name, j.reason, s.raw
