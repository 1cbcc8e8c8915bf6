-- Deletes all completed tasks of a user. Returns them as they were, in no particular order.
-- Errors: 23502 user_id is NULL.
CREATE FUNCTION @extschema@.todo_clear_completed(
    user_id text DEFAULT @extschema@.todo_current_user_id()
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_clear_completed';

COMMENT ON FUNCTION @extschema@.todo_clear_completed(text) IS
    'Deletes the completed tasks of a user and returns them as they were';

REVOKE ALL ON FUNCTION @extschema@.todo_clear_completed(text) FROM PUBLIC;
