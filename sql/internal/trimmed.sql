-- A text without Unicode's white space at both ends, as titles and names are stored.
CREATE FUNCTION todo_internal.trimmed(
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_trimmed';

COMMENT ON FUNCTION todo_internal.trimmed(text) IS
    'A text without white space at both ends';

REVOKE ALL ON FUNCTION todo_internal.trimmed(text) FROM PUBLIC;
