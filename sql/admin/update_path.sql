-- The versions from $1 to $2; no row, or NULL, if no scripts lead there.
SELECT p.path
FROM pg_catalog.pg_extension_update_paths('todo') AS p
WHERE p.source OPERATOR(pg_catalog.=) $1::pg_catalog.text
  AND p.target OPERATOR(pg_catalog.=) $2::pg_catalog.text
