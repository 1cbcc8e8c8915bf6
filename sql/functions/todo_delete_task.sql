-- Deletes a task and returns it as it was. Returns no row if the user has no such task.
-- Errors: 23502 task_id or user_id is NULL.
CREATE FUNCTION @extschema@.todo_delete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_delete_task';

COMMENT ON FUNCTION @extschema@.todo_delete_task(bigint, text) IS
    'Deletes a user''s task and returns it as it was';

REVOKE ALL ON FUNCTION @extschema@.todo_delete_task(bigint, text) FROM PUBLIC;
