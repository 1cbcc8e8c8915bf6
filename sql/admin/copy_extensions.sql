-- The extensions of this database and their versions.
SELECT e.extname::pg_catalog.text AS name, e.extversion AS version
FROM pg_catalog.pg_extension AS e
WHERE e.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
ORDER BY e.extname
