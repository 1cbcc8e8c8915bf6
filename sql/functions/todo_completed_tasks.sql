-- Returns the completed tasks of a user, last completed first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_completed_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      AND task.completed_at IS NOT NULL
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_completed_tasks(text) IS
    'Returns the completed tasks of a user, last completed first';

REVOKE ALL ON FUNCTION @extschema@.todo_completed_tasks(text) FROM PUBLIC;
