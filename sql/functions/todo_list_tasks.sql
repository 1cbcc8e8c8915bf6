-- Returns all tasks of a user, newest first.
-- Plain SQL without a SET clause, so that PostgreSQL inlines it: the caller's WHERE, ORDER BY and LIMIT can use the indexes.
CREATE FUNCTION @extschema@.todo_list_tasks(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT task.*
    FROM @extschema@.tasks AS task
    WHERE task.user_id OPERATOR(pg_catalog.=) $1
    ORDER BY task.created_at DESC, task.id DESC
$$;

COMMENT ON FUNCTION @extschema@.todo_list_tasks(text) IS
    'Returns all tasks of a user, newest first';

REVOKE ALL ON FUNCTION @extschema@.todo_list_tasks(text) FROM PUBLIC;
