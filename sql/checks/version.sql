-- Checks the versions of the extensions and the encoding of the database, for todo_check().
CREATE FUNCTION todo_internal.check_version()
RETURNS TABLE (name text, ok boolean, detail text, fix text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE e.extname WHEN 'todo' THEN 'version' ELSE format('version of %s', e.extname) END, e.extversion IS NOT DISTINCT FROM a.default_version,
        format('%s, installed on the server: %s', e.extversion, coalesce(a.default_version, 'none')),
        CASE
            WHEN a.default_version IS NULL THEN 'install the extension''s files'
            WHEN EXISTS (
                SELECT
                FROM pg_extension_update_paths(e.extname) AS p
                WHERE p.source = e.extversion AND p.target = a.default_version AND p.path IS NOT NULL
            ) THEN format('ALTER EXTENSION %I UPDATE', e.extname)
            ELSE format('install the extension''s files of version %s', e.extversion)
        END
    FROM pg_extension AS e
    LEFT JOIN pg_available_extensions AS a ON a.name = e.extname
    WHERE e.extname IN (SELECT x FROM todo_internal.extensions() AS x)
    UNION ALL
    SELECT 'encoding', getdatabaseencoding() = 'UTF8', getdatabaseencoding()::text, 'restore a dump into a database with encoding UTF8';
END;

COMMENT ON FUNCTION todo_internal.check_version() IS
    'Checks version and encoding';

REVOKE ALL ON FUNCTION todo_internal.check_version() FROM PUBLIC;
