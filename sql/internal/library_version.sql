-- Returns the version of the library that this session has loaded, whatever version the SQL has.
CREATE FUNCTION todo_internal.library_version()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_library_version';

COMMENT ON FUNCTION todo_internal.library_version() IS
    'Returns the version of the library that this session has loaded';

REVOKE ALL ON FUNCTION todo_internal.library_version() FROM PUBLIC;
