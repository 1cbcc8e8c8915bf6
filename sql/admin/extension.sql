-- The extension in this database, and the version that the server's files make; NULL for what is not there.
SELECT e.extversion AS version,
    pg_catalog.quote_ident(n.nspname) AS schema,
    a.default_version::pg_catalog.text AS default_version
FROM (SELECT) AS one
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name OPERATOR(pg_catalog.=) 'todo'
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname OPERATOR(pg_catalog.=) 'todo'
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
