-- Returns the pending tasks of a user, newest first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_pending_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      -- A task is pending if and only if this is NULL. So in the order of ix_tasks_user_completed_at, only created_at and id matter.
      AND task.completed_at IS NULL
    ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_pending_tasks(text) IS
    'Returns the pending tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_pending_tasks(text) FROM PUBLIC;
