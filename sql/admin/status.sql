-- Numbers of rows, sizes in bytes, the task id that comes next, how many are left, and the isolated roles.
SELECT
    pg_catalog.current_setting('server_version') AS server_version,
    pg_catalog.current_database()::pg_catalog.text AS database,
    (SELECT pg_catalog.count(*) FROM @extschema@.todo_users) AS users,
    (SELECT pg_catalog.count(*) FROM @extschema@.todo_users AS u WHERE u.is_active) AS active_users,
    t.pending,
    t.completed,
    pg_catalog.pg_total_relation_size('@extschema@.users') AS users_bytes,
    pg_catalog.pg_total_relation_size('@extschema@.tasks') AS tasks_bytes,
    pg_catalog.pg_database_size(pg_catalog.current_database()) AS database_bytes,
    i.next_task_id,
    GREATEST((i.largest_task_id OPERATOR(pg_catalog.-) i.next_task_id) OPERATOR(pg_catalog./) i.step OPERATOR(pg_catalog.+) 1, 0) AS task_ids_left,
    ARRAY(
        SELECT r.rolname::pg_catalog.text
        FROM pg_catalog.pg_policy AS p
        JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) ANY (p.polroles)
        WHERE p.polrelid OPERATOR(pg_catalog.=) '@extschema@.tasks'::pg_catalog.regclass AND p.polname OPERATOR(pg_catalog.=) 'todo_isolated'
        ORDER BY r.rolname
    ) AS isolated_roles
FROM (
    SELECT
        pg_catalog.count(*) FILTER (WHERE NOT task.completed) AS pending,
        pg_catalog.count(*) FILTER (WHERE task.completed) AS completed
    FROM @extschema@.tasks AS task
) AS t
CROSS JOIN (
    SELECT s.last_value OPERATOR(pg_catalog.+) CASE WHEN s.is_called THEN q.seqincrement ELSE 0 END AS next_task_id, q.seqmax AS largest_task_id,
        q.seqincrement AS step
    FROM @extschema@.tasks_id_seq AS s
    JOIN pg_catalog.pg_sequence AS q ON q.seqrelid OPERATOR(pg_catalog.=) '@extschema@.tasks_id_seq'::pg_catalog.regclass
) AS i
