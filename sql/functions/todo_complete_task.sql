-- Marks a task as completed, or as pending, and returns it. Returns no row if the user has no such task. A task that is already in
-- this state keeps its times.
-- Errors: 23502 an argument is NULL.
CREATE FUNCTION @extschema@.todo_complete_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_task';

COMMENT ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) IS
    'Marks a user''s task as completed, or as pending, and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_task(bigint, text, boolean) FROM PUBLIC;
