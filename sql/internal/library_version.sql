-- The version of the library that this session has loaded, whatever version the SQL is at.
CREATE FUNCTION todo_internal.library_version()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_library_version';

COMMENT ON FUNCTION todo_internal.library_version() IS
    'The version of the library that this session has loaded';

REVOKE ALL ON FUNCTION todo_internal.library_version() FROM PUBLIC;
