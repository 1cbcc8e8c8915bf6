-- Returns how many tasks a user has: always one row, with zeros for an unknown user.
CREATE FUNCTION @extschema@.todo_task_counts(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS TABLE (total bigint, pending bigint, completed bigint)
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
AS $$
    SELECT
        pg_catalog.count(*),
        pg_catalog.count(*) FILTER (WHERE NOT task.completed),
        pg_catalog.count(*) FILTER (WHERE task.completed)
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
$$;

COMMENT ON FUNCTION @extschema@.todo_task_counts(text) IS
    'Returns how many tasks a user has: total, pending and completed';

REVOKE ALL ON FUNCTION @extschema@.todo_task_counts(text) FROM PUBLIC;
