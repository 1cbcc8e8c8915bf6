-- Returns the pending tasks of a user, newest first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_pending_tasks(
    user_id text
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
      AND NOT task.completed
    ORDER BY task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_pending_tasks(text) IS
    'Returns the pending tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_pending_tasks(text) FROM PUBLIC;
