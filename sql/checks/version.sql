-- Checks the version of the extension and the encoding of the database, for todo_check().
CREATE FUNCTION todo_internal.check_version()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'version', e.extversion = a.default_version, format('%s, installed on the server: %s', e.extversion, coalesce(a.default_version, 'none')),
        CASE WHEN a.default_version IS NULL THEN 'install the extension''s files' ELSE 'ALTER EXTENSION todo UPDATE' END
    FROM pg_extension AS e
    LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
    WHERE e.extname = 'todo'
    UNION ALL
    SELECT 'encoding', getdatabaseencoding() = 'UTF8', getdatabaseencoding()::text, 'restore a dump into a database with encoding UTF8';
END;

COMMENT ON FUNCTION todo_internal.check_version() IS
    'Checks version and encoding';

REVOKE ALL ON FUNCTION todo_internal.check_version() FROM PUBLIC;
