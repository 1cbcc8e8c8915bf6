-- Numbers of rows, sizes in bytes, and the task id that is given next.
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
    (SELECT s.last_value OPERATOR(pg_catalog.+) s.is_called::pg_catalog.int4 FROM @extschema@.tasks_id_seq AS s) AS next_task_id
FROM (
    SELECT
        pg_catalog.count(*) FILTER (WHERE NOT task.completed) AS pending,
        pg_catalog.count(*) FILTER (WHERE task.completed) AS completed
    FROM @extschema@.tasks AS task
) AS t
