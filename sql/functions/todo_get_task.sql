-- Returns the task with this id. Returns no row if the user has no such task.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_get_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.id OPERATOR(pg_catalog.=) $1
      AND task.user_id OPERATOR(pg_catalog.=) $2
$$;

COMMENT ON FUNCTION @extschema@.todo_get_task(bigint, text) IS
    'Returns the task with this id, if it is the user''s';

REVOKE ALL ON FUNCTION @extschema@.todo_get_task(bigint, text) FROM PUBLIC;
