-- What is wrong with a time by the rule of its column ('users.created_at', 'tasks.completed_at', ...); NULL if nothing is.
-- Errors: 42703 no rule for this column.
CREATE FUNCTION todo_internal.broken_time(
    column_name text,
    value timestamp
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_time';

COMMENT ON FUNCTION todo_internal.broken_time(text, timestamp) IS
    'What is wrong with a time by the rule of its column';

REVOKE ALL ON FUNCTION todo_internal.broken_time(text, timestamp) FROM PUBLIC;
