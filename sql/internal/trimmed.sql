-- Returns a text without the Unicode white space at both ends, which is how titles and names are stored.
CREATE FUNCTION todo_internal.trimmed(
    value text
)
RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_trimmed';

COMMENT ON FUNCTION todo_internal.trimmed(text) IS
    'Returns a text without white space at both ends';

REVOKE ALL ON FUNCTION todo_internal.trimmed(text) FROM PUBLIC;
