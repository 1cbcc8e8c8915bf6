-- Creates a pending task and returns it. The title is trimmed; an empty description is stored as NULL.
-- Errors: 23502 user_id or title is NULL; 23503 there is no such user; 22001 the title has more than 200 characters; 23514 the title is
-- empty or has control characters, or the description has more than 1000 characters or control characters.
CREATE FUNCTION @extschema@.todo_create_task(
    user_id text,
    title text,
    description text DEFAULT NULL
)
RETURNS SETOF @extschema@.tasks
LANGUAGE c VOLATILE ROWS 1 PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_create_task';

COMMENT ON FUNCTION @extschema@.todo_create_task(text, text, text) IS
    'Creates a pending task and returns it';

REVOKE ALL ON FUNCTION @extschema@.todo_create_task(text, text, text) FROM PUBLIC;
