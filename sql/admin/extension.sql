-- The extension in this database, and the newest version whose files the server has; NULL for what is not there. Other
-- commands need todo_check(), which versions before 1.0.0 lack.
SELECT e.extversion AS version,
    pg_catalog.quote_ident(n.nspname) AS schema,
    pg_catalog.to_regprocedure(pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.todo_check()') IS NOT NULL AS has_check,
    a.default_version::pg_catalog.text AS default_version
FROM (SELECT) AS one
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name OPERATOR(pg_catalog.=) 'todo'
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname OPERATOR(pg_catalog.=) 'todo'
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
