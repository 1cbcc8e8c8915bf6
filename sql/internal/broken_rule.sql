-- What is wrong with a value by the rule of its column ('users.email', 'tasks.title', ...); NULL if nothing is.
-- Errors: 42703 no rule for this column.
CREATE FUNCTION todo_internal.broken_rule(
    column_name text,
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_broken_rule';

COMMENT ON FUNCTION todo_internal.broken_rule(text, text) IS
    'What is wrong with a value by the rule of its column';

REVOKE ALL ON FUNCTION todo_internal.broken_rule(text, text) FROM PUBLIC;
