-- Says which rule of its column ('users.email', 'tasks.title', ...) a value breaks; NULL if none.
-- Errors: 42703 there is no rule for this column.
CREATE FUNCTION todo_internal.broken_rule(
    column_name text,
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_rule';

COMMENT ON FUNCTION todo_internal.broken_rule(text, text) IS
    'Says which rule of its column a value breaks';

REVOKE ALL ON FUNCTION todo_internal.broken_rule(text, text) FROM PUBLIC;
