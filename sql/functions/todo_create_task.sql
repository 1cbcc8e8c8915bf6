-- Creates a pending task; returns it. The title is trimmed, an empty description is none.
-- Errors: 23502 user_id or title is NULL; 23503 no such user (also '' and over 36 characters); 22001 title over 200
-- characters; 23514 title empty or with control characters, description over 1000 characters or with control characters.
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
