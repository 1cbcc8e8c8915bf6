-- Changes a user's task and returns it. Returns no row if the user has no such task. NULL keeps a value; '' clears the description.
-- Errors: 23502 task_id or user_id is NULL; 22001 and 23514 as in todo_create_task.
CREATE FUNCTION @extschema@.todo_update_task(
    task_id bigint,
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    title text DEFAULT NULL,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_update_task';

COMMENT ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) IS
    'Changes title and description of a user''s task and returns it; NULL keeps a value, an empty description clears it';

REVOKE ALL ON FUNCTION @extschema@.todo_update_task(bigint, text, text, text) FROM PUBLIC;
