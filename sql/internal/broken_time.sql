-- Says which rule of its column ('users.created_at', 'tasks.completed_at', ...) a time breaks; NULL if none.
-- Errors: 42703 there is no rule for this column.
CREATE FUNCTION todo_internal.broken_time(
    column_name text,
    value timestamp
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_time';

COMMENT ON FUNCTION todo_internal.broken_time(text, timestamp) IS
    'Says which rule of its column a time breaks';

REVOKE ALL ON FUNCTION todo_internal.broken_time(text, timestamp) FROM PUBLIC;
