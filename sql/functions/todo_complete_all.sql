-- Marks all tasks of a user as completed, or as pending. Returns the tasks that changed, in no particular order.
-- Errors: 23502 an argument is NULL.
CREATE FUNCTION @extschema@.todo_complete_all(
    user_id text DEFAULT @extschema@.todo_current_user_id(),
    completed boolean DEFAULT true
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_complete_all';

COMMENT ON FUNCTION @extschema@.todo_complete_all(text, boolean) IS
    'Marks all tasks of a user as completed, or as pending, and returns those that changed';

REVOKE ALL ON FUNCTION @extschema@.todo_complete_all(text, boolean) FROM PUBLIC;
