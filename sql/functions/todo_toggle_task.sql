-- Completes a pending task, or makes a completed one pending, in one step, and returns it. Returns no row if the user has no such task.
-- Errors: 23502 task_id or user_id is NULL.
CREATE FUNCTION @extschema@.todo_toggle_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_toggle_task';

COMMENT ON FUNCTION @extschema@.todo_toggle_task(bigint, text) IS
    'Completes a user''s pending task, or makes a completed one pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_toggle_task(bigint, text) FROM PUBLIC;
