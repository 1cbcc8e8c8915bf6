-- The newest version of the extension whose files the server has; no row if it has none.
SELECT a.default_version::pg_catalog.text
FROM pg_catalog.pg_available_extensions AS a
WHERE a.name OPERATOR(pg_catalog.=) 'todo'
