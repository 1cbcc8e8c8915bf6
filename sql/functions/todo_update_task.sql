-- Changes a user's task; returns it, or no row when the user has no such task. NULL keeps, '' clears the description.
-- Errors: 23502 task_id or user_id is NULL; 22001, 23514 as in todo_create_task.
CREATE FUNCTION @extschema@.todo_update_task(
    task_id bigint,
    user_id text,
    title text DEFAULT NULL,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_update_task';

COMMENT ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) IS
    'Changes title and description of a user''s task and returns it; NULL keeps, an empty description clears';

REVOKE ALL ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) FROM PUBLIC;
