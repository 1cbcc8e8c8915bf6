-- The version of extension $1 that CREATE EXTENSION installs on this server; no row if it has none.
SELECT a.default_version
FROM pg_catalog.pg_available_extensions AS a
WHERE a.name OPERATOR(pg_catalog.=) $1::pg_catalog.text
